"""The HTTP API's function, warm and cold."""
