"""`python -m evergreen.contract_reference > docs/contract.md`: the contract field by field, out of its models."""

import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from evergreen.columns import Column, Input, RowRule
from evergreen.contract import Contract
from evergreen.contract_shape import fields_of
from evergreen.endpoint import Endpoint, Instances, Serverless
from evergreen.gate import Gate
from evergreen.keeping import Keeping
from evergreen.metrics import HIGHER_IS_BETTER, OF_TASK
from evergreen.observed_yield import Yield
from evergreen.pacing import Pacing
from evergreen.schedule import Schedule
from evergreen.segments import Bounds, Conditions, Values
from evergreen.targets import ColumnTarget, CutoffSplit, EventTarget, RandomSplit, TimeSplit
from evergreen.teachers import Teachers
from evergreen.training import Training
from evergreen.tuning import Range, Tune

INTRODUCTION = Path(__file__).with_name("contract_introduction.md")
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The data set", Contract),
    ("input", Input),
    ("input.columns.NAME", Column),
    ("input.rules[]", RowRule),
    ("target of an event log", EventTarget),
    ("target of a table", ColumnTarget),
    ("split by: cutoffs", CutoffSplit),
    ("split by: time", TimeSplit),
    ("split by: random", RandomSplit),
    ("training", Training),
    ("training.tune", Tune),
    ("training.tune.ranges.NAME", Range),
    ("gate", Gate),
    ("yield", Yield),
    ("teachers", Teachers),
    ("predictions", Keeping),
    ("endpoint", Endpoint),
    ("endpoint.serverless", Serverless),
    ("endpoint.instance", Instances),
    ("segments.NAME", Conditions),
    ("segments.NAME.prediction", Values),
    ("segments.NAME.probability", Bounds),
    ("runs", Pacing),
    ("schedule", Schedule),
)
_NAMES: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false", NoneType: ""}
_NAMES |= {date: "date", datetime: "time"}
_BOUNDS = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}", "multiple_of": "a multiple of {}"}
_BOUNDS |= {"max_length": "at most {} long", "min_length": "at least {}", "pattern": "`{}`"}


def schema() -> dict[str, Any]:
    """The JSON Schema of dataset.yaml."""
    of_model = Contract.model_json_schema(by_alias=True)
    return {"$schema": SCHEMA_DIALECT, **of_model, "title": "dataset.yaml of Evergreen"}


def reference() -> str:
    """The whole page."""
    introduction = INTRODUCTION.read_text(encoding="utf-8").rstrip()
    return "\n".join([introduction, _metrics(), "\n## Every key\n", *map(_section, SECTIONS)])


def _metrics() -> str:
    """Which metrics a task has."""
    rows = "\n".join(f"| `{task}` | {_listed(names[:1])} | {_listed(names[1:])} |" for task, names in OF_TASK.items())
    higher = _listed([name for name, is_better in HIGHER_IS_BETTER.items() if is_better])
    words = f"As scikit-learn defines them, where it does. Of {higher} more is better, of the others less."
    words += " The mae of `time_to_event` is told over the rows whose event came."
    head = "| task | decides by default | others |\n|---|---|---|"
    return f"\n## Metrics\n\n{words}\n\n{head}\n{rows}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(section: tuple[str, type[BaseModel]]) -> str:
    title, model = section
    rows = "\n".join(_row(name, field) for name, field in fields_of(model).items())
    head = "| key | type | default | allowed | meaning |\n|---|---|---|---|---|"
    return f"### {title}\n\n{(model.__doc__ or '').strip()}\n\n{head}\n{rows}\n"


def _row(name: str, field: FieldInfo) -> str:
    allowed = ", ".join([*_choices(field.annotation), *_bounds(field.metadata), *_bounds_within(field.annotation)])
    cells = (f"`{name}`", _type(field.annotation), _default(field), allowed, field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _type(kind: Any) -> str:
    kind = _bare(kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(name for each in get_args(kind) if (name := _type(each))))
    if origin is tuple:
        return f"list of {_type(get_args(kind)[0])}s"
    if origin is dict:
        inner = _type(get_args(kind)[1])
        return "mapping by name" if inner == "mapping" else f"mapping to {inner}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "mapping"
    return "one of" if origin is Literal else _NAMES[kind]


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "**needed**"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default in (None, "", (), {}) or isinstance(default, BaseModel):
        return ""
    return f"`{default}`" if not isinstance(default, int) else f"`{default:_}`".replace("_", "")


def _choices(kind: Any) -> Iterator[str]:
    kind = _bare(kind)
    if get_origin(kind) is Literal:
        yield from (f"`{_visible(each)}`" for each in get_args(kind))
    elif get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from _choices(each)
    elif get_origin(kind) is dict:
        yield from _choices(get_args(kind)[0])


def _visible(choice: str) -> str:
    return choice.encode("unicode_escape").decode()


def _bounds_within(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Annotated:
        for each in get_args(kind)[1:]:
            yield from _bounds(each.metadata if isinstance(each, FieldInfo) else [each])


def _bounds(metadata: list[Any]) -> Iterator[str]:
    for each in metadata:
        for attribute, words in _BOUNDS.items():
            value = getattr(each, attribute, None)
            if value is not None:
                yield words.format(value)


if __name__ == "__main__":
    sys.stdout.write(reference())
