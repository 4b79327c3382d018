"""What a run has scored, as inference logs: later outcomes of the same items tell how good it was."""
