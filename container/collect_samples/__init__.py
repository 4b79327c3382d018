"""`collect_samples`: what inference logs tell, as rows to learn from and samples for the teachers."""
