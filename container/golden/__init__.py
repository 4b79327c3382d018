"""Golden rows: rows of the hold-out, whose outcome is known."""
