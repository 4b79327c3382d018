"""`prepare`: dropped files to accepted rows, quarantine, and training, hold-out and scoring rows."""
