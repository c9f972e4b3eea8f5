// Draws the figures when they come into view, in the reader's colours; makes tables sortable; shows a search's file.
const { jQuery: $ } = await import(bundle);
const page = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 640px)");

// ---- figures

function template() {
  const style = getComputedStyle(document.documentElement);
  const [ink, quiet, line, paper] = ["--ink", "--quiet", "--line", "--paper"].map((name) => style.getPropertyValue(name).trim());
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { color: quiet } };
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, family: "system-ui, sans-serif", size: 13 },
      xaxis: axis, yaxis: axis, hoverlabel: { bgcolor: paper, bordercolor: line, font: { color: ink } },
    },
  };
}

function draw(figure, index) {
  const section = figure.dataset.section;
  const content = page.figures[section][index];
  const layout = { ...content.layout, template: template(), autosize: true };
  const plot = figure.querySelector(".plot");
  if (narrow.matches) fit(layout, content, plot);
  Plotly.purge(plot);
  Plotly.newPlot(plot, content.data, layout, { responsive: true, displayModeBar: false });
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", content.caption);
  figure.querySelector("figcaption").textContent = content.caption;
  figure.dataset.drawn = index;
  if (content.faces) showFaces(plot, content.faces);
}

// On a narrow screen: thin margins, titles of side by side maps in short lines, and an own scroll for what needs its width.
function fit(layout, content, plot) {
  layout.margin = { ...layout.margin, l: 44, r: 8, t: (layout.margin?.t ?? 24) + (layout.annotations ? 24 : 0) };
  layout.annotations = layout.annotations?.map((each) => ({ ...each, text: each.text.replace(/[-,/ ]/g, "$&<br>"), font: { size: 11 } }));
  const wide = content.data[0].type === "parcoords";
  plot.style.minWidth = wide ? "720px" : "";
  if (wide) plot.closest("figure").tabIndex = 0; // scrolled by keys, too
}

function showFaces(plot, faces) {
  const face = document.getElementById("face");
  plot.on("plotly_hover", ({ points, event }) => {
    const place = points[0].customdata;
    const side = 2 * faces.side;
    face.style.backgroundImage = `url(${faces.sheet})`;
    face.style.backgroundSize = `${faces.across * side}px`;
    face.style.backgroundPosition = `-${(place % faces.across) * side}px -${Math.floor(place / faces.across) * side}px`;
    face.style.left = `${Math.min(event.clientX + 14, innerWidth - side - 12)}px`;
    face.style.top = `${Math.max(event.clientY - side - 14, 4)}px`;
    face.hidden = false;
  });
  plot.on("plotly_unhover", () => { face.hidden = true; });
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting && target.dataset.drawn === undefined) draw(target, 0);
  }
}, { rootMargin: "300px" });
const figures = [...document.querySelectorAll("figure[data-section]")];
figures.forEach((figure) => near.observe(figure));
for (const picker of document.querySelectorAll("select[data-section]")) {
  const figure = figures.find((each) => each.dataset.section === picker.dataset.section);
  picker.addEventListener("change", () => draw(figure, Number(picker.value)));
}
const paint = () => document.documentElement.classList.toggle("dark", dark.matches); // the tables' own switch
paint();
dark.addEventListener("change", () => {
  paint();
  figures.filter((each) => each.dataset.drawn !== undefined).forEach((each) => draw(each, Number(each.dataset.drawn)));
});

// ---- tables

const words = { search: "Search", lengthMenu: "_MENU_ rows", info: "_START_ to _END_ of _TOTAL_", infoEmpty: "none", zeroRecords: "nothing found" };
const numbers = (table) => [...table.tHead.rows[0].cells].flatMap((cell, place) => (cell.classList.contains("number") ? [place] : []));
const board = $("#board").DataTable({
  paging: document.querySelectorAll("#board tbody tr").length > 50, pageLength: 50, info: false, order: [], language: words,
  layout: { topStart: null, topEnd: "search", bottomStart: null, bottomEnd: "paging" },
});
for (const [name, column] of [["dataset", 1], ["method", 2]]) {
  const filter = document.getElementById(`filter-${name}`);
  filter.addEventListener("change", () => {
    const wanted = $.fn.dataTable.util.escapeRegex(filter.value);
    const pattern = name === "dataset" ? `^${wanted}(\\W|$)` : `^${wanted}$`;
    board.column(column).search(filter.value ? pattern : "", true, false).draw();
  });
}
for (const table of document.querySelectorAll("table.paged")) {
  const rows = page.tables[table.id];
  $(table).DataTable({
    data: rows, deferRender: true, pageLength: 25, order: [], language: words,
    columnDefs: [{ targets: numbers(table), className: "number" }],
    columns: [...table.tHead.rows[0].cells].map(() => ({ render: $.fn.dataTable.render.text() })),
  });
}

// ---- a search's file

const dialog = document.getElementById("file");
const shown = (id) => document.getElementById(`file-${id}`);
function open(search) {
  const file = page.files[search];
  if (!file) return;
  shown("title").textContent = file.title;
  shown("name").textContent = `${search}.yaml`;
  shown("command").textContent = file.command;
  shown("text").textContent = file.text || "This search keeps no search file.";
  shown("copied").textContent = "";
  dialog.showModal();
}
document.querySelector("#board tbody").addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-search]");
  if (row && !getSelection().toString()) open(row.dataset.search);
});
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page opened from a file may not be let near the clipboard
    getSelection().selectAllChildren(shown("text"));
    document.execCommand("copy");
    getSelection().removeAllRanges();
  }
}
shown("copy").addEventListener("click", async () => {
  await copy(shown("text").textContent);
  shown("copied").textContent = "Copied.";
});
shown("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
document.documentElement.dataset.ready = "yes";
