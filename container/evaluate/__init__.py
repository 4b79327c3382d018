"""`evaluate`: challenger, champion and naive baseline on the same hold-out rows."""
