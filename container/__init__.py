"""One image for all row work: prepare, train, evaluate and serve."""
