"""From a survey to a contract that its owner can read, change and deploy."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from evergreen.metrics import OF_TASK
from evergreen.proposal_columns import Part, Role, entity_candidates, parts, warnings
from evergreen.proposal_yaml import column_lines, scalar
from evergreen.survey import ColumnSurvey, Survey, TargetUnfit

_LONGEST_ID = 30
_POSITIVE = ("1", "true", "yes", "y", "t", "fail", "failed", "failure", "churned", "positive", "bad", "defect")
_HOLDOUT_SHARE = 0.2
_LEAST_HOLDOUT = 50
_FEW_ROWS_OF_CLASS = 50


@dataclass(frozen=True)
class Asked:
    """What the owner said of the file."""

    id: str
    file: str
    target: str
    entity: str | None = None
    time: str | None = None
    arrives: str | None = None


@dataclass(frozen=True)
class Proposal:
    """The contract's text, each column's part, and sentences for its owner."""

    text: str
    parts: list[Part]
    warnings: list[str]
    hints: list[str]


def dataset_id(file_name: str) -> str:
    """A data set's id out of a file's name: small letters, digits, single underscores, at most 30."""
    stem = re.sub(r"(\.(csv|tsv|txt|gz))+$", "", unicodedata.normalize("NFKD", file_name.casefold()))
    stem = "".join(letter for letter in stem if not unicodedata.combining(letter))
    words = re.findall(r"[a-z0-9]+", stem)
    if not words or not words[0][0].isalpha():
        words.insert(0, "data")
    return "_".join(words)[:_LONGEST_ID].rstrip("_")


def propose(survey: Survey, asked: Asked) -> Proposal:
    """The contract that suits a file. Raises TargetUnfit when what was asked for cannot be."""
    columns = {column.name: column for column in survey.columns}
    if asked.time and columns[asked.time].type != "timestamp":
        shown = columns[asked.time].values[:1]
        raise TargetUnfit(f"--time {asked.time!r} holds no times, but values like {shown[0][0] if shown else ''!r}")
    if asked.target in (asked.entity, asked.time):
        raise TargetUnfit(f"--target {asked.target!r} cannot be the entity or the time, too")
    found = parts(survey, asked.target, asked.entity, asked.time)
    lines = [*_head(survey, asked), *_input(survey, asked, found), *_rest(survey, asked, columns[asked.target])]
    told = [*warnings(survey, found), *_of_the_target(survey, columns[asked.target])]
    if not any(part.role is Role.FEATURE for part in found):
        told.insert(0, "No column is left to learn from: look at the ones left out.")
    return Proposal("\n".join(lines) + "\n", found, told, list(_hints(survey, asked, columns)))


def _head(survey: Survey, asked: Asked) -> Iterator[str]:
    yield f"# Proposed by `evergreen init` from {_one_line(asked.file)} ({survey.rows:,} rows). It is yours: read it,"
    yield "# and change what is not so. docs/contract.md explains each key; `evergreen contract check` checks them."
    yield f"id: {asked.id}"
    yield f"description: {scalar(f'{asked.target} of {asked.file}')}"
    if asked.entity:
        yield f"entity: {scalar(asked.entity)}"
    else:
        yield "# entity: COLUMN               # who or what is predicted for; without it, the number of the row"
    yield f"task: {survey.task}"


def _input(survey: Survey, asked: Asked, found: list[Part]) -> Iterator[str]:
    yield ""
    yield "input:"
    arrives, why = _arrives(survey, asked)
    yield f"  arrives: {arrives:<21}# {why}"
    if survey.delimiter != ",":
        yield f"  delimiter: {scalar(survey.delimiter)}"
    if survey.encoding != "utf-8":
        yield f"  encoding: {survey.encoding}"
    if survey.decimal != ".":
        yield f"  decimal: {scalar(survey.decimal)}"
    yield "  columns:"
    yield from column_lines(found)
    yield "  # rules:                      # what every row must fulfil across columns, in DuckDB's SQL, for instance:"
    yield "  #   - {name: no_time_travel, sql: ended >= started, reason: it ended before it started}"
    yield "  reject_file_above: 0.5        # a file with a larger share of rejected rows is refused whole"


def _arrives(survey: Survey, asked: Asked) -> tuple[str, str]:
    entity = next((column for column in survey.columns if column.name == asked.entity), None)
    repeats = entity is not None and entity.distinct < survey.rows - entity.missing
    arrives = asked.arrives or ("append" if asked.time and repeats else "replace")
    if arrives == "append":
        return arrives, "a file brings further rows; `replace` if each file holds all of them"
    return arrives, "the newest file is all the data; `append` if a file brings only what is new"


def _rest(survey: Survey, asked: Asked, target: ColumnSurvey) -> Iterator[str]:
    yield ""
    positive = f", positive: {scalar(_positive(target))}" if survey.task == "binary" else ""
    yield f"target: {{column: {scalar(asked.target)}{positive}}}"
    if asked.time:
        yield f"split: {{by: time, column: {scalar(asked.time)}, holdout_share: {_HOLDOUT_SHARE}}}"
    else:
        of = "entities" if asked.entity else "rows"
        yield f"split: {{by: random, holdout_share: {_HOLDOUT_SHARE}}}   # the same {of} in every run"
    metrics = OF_TASK[survey.task]
    yield ""
    yield "gate:"
    yield f"  metric: {metrics[0]:<22}# or {', '.join(metrics[1:])}"
    yield "  min_improvement: 0.01         # a challenger must be better by this share, and beyond noise"
    floors = f"# floors: {{{metrics[1]}: …}}"
    yield f"  {floors:<29} # the worst value that may ship; set it once you know what is good"


def _positive(target: ColumnSurvey) -> str:
    """The value that says so itself, else the rarer one."""
    classes = [value for value, _ in target.values]
    telling = [value for value in classes if value.casefold() in _POSITIVE]
    return telling[0] if len(telling) == 1 else classes[-1]


def _of_the_target(survey: Survey, target: ColumnSurvey) -> Iterator[str]:
    labelled = survey.rows - target.missing
    if labelled * _HOLDOUT_SHARE < _LEAST_HOLDOUT:
        yield (
            f"Only {labelled:,} rows have a target. A model is judged by a fifth of them, and {_LEAST_HOLDOUT} are "
            f"needed: bring {int(_LEAST_HOLDOUT / _HOLDOUT_SHARE)}, or lower `gate: {{min_rows: …}}`."
        )
    if survey.task in ("binary", "multiclass") and target.values:
        rarest, count = target.values[-1]
        if count < _FEW_ROWS_OF_CLASS:
            yield f"{rarest!r} is the target of only {count:,} rows: expect wide intervals and few promotions."


def _hints(survey: Survey, asked: Asked, columns: dict[str, ColumnSurvey]) -> Iterator[str]:
    candidates = entity_candidates(survey, asked.target)
    if not asked.entity and candidates:
        named = ", ".join(map(repr, candidates[:5]))
        yield f"Each row has its own {named}: pass --entity to have predictions under that name, not the row's number."
    times = [name for name, column in columns.items() if column.type == "timestamp" and name != asked.target]
    if not asked.time and times:
        named = ", ".join(map(repr, times[:5]))
        yield f"{named} holds times: pass --time to judge models on the newest rows, as in use they will be."
    entity = columns.get(asked.entity or "")
    if entity and not asked.time and entity.distinct < survey.rows - entity.missing:
        yield f"{asked.entity!r} has several rows each; without --time, its last row in the file is the one predicted."


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
