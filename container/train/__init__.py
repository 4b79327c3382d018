"""`train`: prepared rows to a challenger."""
