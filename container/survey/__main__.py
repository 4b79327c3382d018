"""`python -m container.survey FILE --target COLUMN`: prints a survey as JSON; exits with 2 on what a user must mend."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import container.survey.alone  # noqa: F401  before what imports XGBoost
from container.survey.reading import NotReadable
from container.survey.survey import NoSuchColumn, survey
from evergreen.metrics import Task
from evergreen.survey import TargetUnfit


def main(arguments: list[str]) -> int:
    """Survey one file."""
    parser = argparse.ArgumentParser(prog="python -m container.survey")
    parser.add_argument("file", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--entity")
    parser.add_argument("--time")
    parser.add_argument("--task", choices=get_args(Task))
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as scratch:
            found = survey(
                options.file, Path(scratch), options.target, entity=options.entity, time=options.time, task=options.task
            )
    except (NotReadable, NoSuchColumn, TargetUnfit) as error:
        print(error, file=sys.stderr)
        return 2
    print(found.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
