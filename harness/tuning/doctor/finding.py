"""What the doctor says of a search, and where he puts what he takes away. It knows no file of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from harness.atomic import whole_file


class Verdict(StrEnum):
    """How a search stands."""

    WELL = "well"
    MENDED = "mended"
    IN_USE = "in use"
    INCURABLE = "cannot be mended"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes:
        what: It, in words.
        done: What was done about it, or what the user can do.
        verdict: WELL if it is no harm.
    """

    what: str
    done: str
    verdict: Verdict


@dataclass
class Examination:
    """All that was found in one folder.

    Attributes:
        folder: Of the search.
        dry: Whether nothing is to be changed.
        findings: In the order in which they were found.
    """

    folder: Path
    dry: bool
    findings: list[Finding] = field(default_factory=list)
    _aside: Path | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings'."""
        found = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in reversed(Verdict) if verdict in found), Verdict.WELL)

    def note(self, what: str, done: str, verdict: Verdict) -> None:
        """Adds a finding."""
        self.findings.append(Finding(what=what, done=done, verdict=verdict))

    def aside(self, name: str) -> Path:
        """Where what is called so in the folder is moved to: `aside/N/NAME`, with an N of this examination's own."""
        if self._aside is None:
            number = 1
            while (self.folder / "aside" / str(number)).exists():
                number += 1
            self._aside = self.folder / "aside" / str(number)
        return self._aside / name

    def move(self, path: Path, what: str) -> None:
        """Moves a file aside, and says so."""
        target = self.aside(str(path.relative_to(self.folder)))
        if not self.dry:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        self.note(what, f"moved to {target.relative_to(self.folder)}", Verdict.MENDED)

    def keep(self, name: str, content: bytes, what: str) -> None:
        """Keeps aside what a file held that is replaced, and says so."""
        target = self.aside(name)
        with whole_file(target) as temporary:
            temporary.write_bytes(content)
        self.note(what, f"moved to {target.relative_to(self.folder)}", Verdict.MENDED)
