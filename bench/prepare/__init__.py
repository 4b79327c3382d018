"""How fast `prepare` is: against pandas, with and without pandera, and against just reading the file."""
