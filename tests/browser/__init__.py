"""What people see of a search in the programs that they open, seen by a real browser."""
