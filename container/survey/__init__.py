"""Looking at a file before there is a contract for it, and at a contract's SQL before there is data."""
