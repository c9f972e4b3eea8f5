"""The figures of a report, a module each: a function from tables to one of Plotly's figures, with its words."""
