"""A data set's inference log as a contract, so that logs are checked by the very code that checks dropped files."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from evergreen.column_names import MOST_COLUMNS, RESERVED, name_fault
from evergreen.columns import Column, Input
from evergreen.contract import Contract
from evergreen.inference import OWN_COLUMNS, is_own, logged_columns
from evergreen.targets import ColumnTarget, RandomSplit

CLOCKS_DIFFER = timedelta(minutes=5)
OLDEST = timedelta(days=3650)
_TEXT = Column(type="text", feature=False)
_CONFIDENCE = Column(type="number", feature=False, min=0, max=1)


def log_contract(contract: Contract, features: Sequence[str]) -> Contract:
    """What a row of a log must look like: its own columns, typed by the data set's, and features as they come."""
    columns = {
        "item_id": _entity(contract),
        "time": Column(type="timestamp", feature=False, required=True),
        "prediction": _predicted(contract, ()),
        "confidence": _CONFIDENCE,
        "outcome": _predicted(contract, _target_names(contract)),
        "model": _TEXT,
    } | dict.fromkeys(features, _TEXT)
    assert set(OWN_COLUMNS) <= set(columns)
    return Contract(
        id=contract.id,
        entity="item_id",
        task="multiclass",
        input=Input(columns=columns, reject_file_above=1.0, max_bytes=contract.input.max_bytes),
        target=ColumnTarget(column="model"),  # a text, as a target of this task must be; nothing is learned
        split=RandomSplit(by="random"),
    )


def feature_columns(contract: Contract, header: Sequence[str]) -> tuple[str, ...]:
    """Which columns of a log are the data set's; an event log's features are whatever the log has besides its own."""
    if isinstance(contract.target, ColumnTarget):
        return logged_columns(contract)
    found: dict[str, str] = {}
    for name in header:
        if not (is_own(name) or name == contract.entity or name.casefold() in RESERVED or name_fault(name)):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[: MOST_COLUMNS - len(OWN_COLUMNS)]


def of_another(contract: Contract, header: Sequence[str]) -> str | None:
    """Why the columns are those of another data set's log, in words, or None."""
    if not isinstance(contract.target, ColumnTarget):
        return None
    own = {*OWN_COLUMNS, *contract.input.columns}
    known = [name for name in header if name in contract.input.columns]
    strange = [name for name in header if name and name not in own]
    if len(strange) <= len(known):
        return None
    return (
        f"this is a log of another data set: {contract.id} has no column {', '.join(strange[:5])}; "
        "drop it under that data set's name, or leave columns out that are none of its"
    )


def _entity(contract: Contract) -> Column:
    names = (contract.entity,) if contract.entity and not is_own(contract.entity) else ()
    column = contract.input.columns[contract.entity] if contract.entity else _TEXT
    if column.type not in ("text", "integer"):
        column = _TEXT
    return column.model_copy(update={"required": True, "unique": False, "feature": False, "aliases": names})


def _predicted(contract: Contract, names: Sequence[str]) -> Column:
    target = contract.target
    if not isinstance(target, ColumnTarget) or contract.task == "regression":
        return Column(type="number", feature=False, aliases=tuple(names))
    column = contract.input.columns[target.column]
    return column.model_copy(update={"required": False, "unique": False, "feature": False, "aliases": tuple(names)})


def _target_names(contract: Contract) -> tuple[str, ...]:
    target = contract.target
    return (target.column,) if isinstance(target, ColumnTarget) and not is_own(target.column) else ()


def span(now: datetime) -> tuple[datetime, datetime]:
    """Between which times a row must lie."""
    return now - OLDEST, now + CLOCKS_DIFFER
