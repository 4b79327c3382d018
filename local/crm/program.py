"""The CRM, on the socket that is its standard input."""

import os
import sys
from pathlib import Path

import uvicorn

from local.crm.app import application
from local.crm.customers import Customers

_STANDARD_INPUT = 0


def main(database: str) -> None:
    """Serves until it is ended."""
    app = application(Customers(Path(database)), os.environ["CRM_TOKEN"])
    uvicorn.run(app, fd=_STANDARD_INPUT, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
