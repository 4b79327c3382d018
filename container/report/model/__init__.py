"""The model report of a run: the verdict, what it rests on, and why the challenger says what it says."""
