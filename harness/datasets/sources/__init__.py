"""The datasets of the field, a file each, found by name. They list what is on the disk and open no picture."""
