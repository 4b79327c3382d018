"""One module per AWS service: the resource types it has, created through its ordinary API."""
