"""`label`: samples without an outcome to training rows, where two teachers agree."""
