"""The data report of a run: what its data looks like, how it differs from the champion's, and a page about it."""
