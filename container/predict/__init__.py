"""`predict`: rows scored now, by the code that prepares, trains and serves."""
