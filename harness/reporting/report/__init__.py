"""The report: one HTML page of everything in a results folder, which opens offline. It knows no journal and runs nothing."""
