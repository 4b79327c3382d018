"""`python -m container <verb>`: what SageMaker runs."""

import argparse
import os
import sys
import traceback
from importlib import import_module

from container.directories import Directories
from container.log import log, log_lines_of_libraries
from container.stopping import STOPPED, Stopped, heed_sigterm

FAILURE_FILES = {
    "prepare": "message",
    "label": "message",
    "train": "failure",
    "evaluate": "message",
    "serve": "failure",
}
MOST_CHARACTERS = 1024  # of a failure reason that SageMaker shows


def main(arguments: list[str]) -> int:
    """Run one verb; a failure is written where SageMaker looks for it."""
    parser = argparse.ArgumentParser(prog="container")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in FAILURE_FILES:
        verbs.add_parser(verb)
    for verb in ("prepare", "label", "evaluate"):
        verbs.choices[verb].add_argument("--run", required=True, help="the run's prefix, as in runs/<dataset>/<run_id>")
    options = parser.parse_args(arguments)
    directories = Directories.of_sagemaker()
    # Where we have threads of our own, those of numpy's matrix products wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    log_lines_of_libraries()
    if options.verb != "serve":  # whose server heeds it on its own
        heed_sigterm()
    log("started", verb=options.verb)
    try:
        verb_module = import_module(f"container.{options.verb}.command")
        verb_module.run(directories, **({"prefix": options.run} if "run" in options else {}))
    except Stopped:
        log("stopped", verb=options.verb)
        return STOPPED
    except Exception as error:
        reason = str(error) or type(error).__name__
        log("failed", verb=options.verb, reason=reason, traceback=traceback.format_exc())
        directories.output.mkdir(parents=True, exist_ok=True)
        (directories.output / FAILURE_FILES[options.verb]).write_text(reason[:MOST_CHARACTERS])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
