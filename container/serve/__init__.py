"""`serve`: a model over HTTP, for batch transform and endpoints."""
