"""A whole file: every column, what is to be predicted, and which columns know it too well."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from container.prepare.engine import connect
from container.survey.leakage import TargetKnower
from container.survey.profile import TABLE, decimal_mark, load, survey_column
from container.survey.reading import NotReadable, read_plain
from evergreen.contract_errors import nearest
from evergreen.metrics import Task
from evergreen.survey import ColumnSurvey, Leak, Survey, task_of

MOSTLY = 0.5


class NoSuchColumn(ValueError):
    """A named column is not in the file; says the nearest."""


def survey(
    path: Path,
    scratch: Path,
    target: str,
    *,
    entity: str | None = None,
    time: str | None = None,
    task: Task | None = None,
) -> Survey:
    """Survey one file. Raises NotReadable, NoSuchColumn and TargetUnfit."""
    file = read_plain(path, scratch)
    places, doubled = _places(file.names)
    for option, name in (("--target", target), ("--entity", entity), ("--time", time)):
        if name is not None and name not in places:
            raise NoSuchColumn(f"{option}: the file has no column {name!r}; {nearest(name, places)}")
    with connect(scratch, "survey") as connection:
        rows, malformed = load(connection, file)
        if not rows:
            raise NotReadable(f"{path}: the file has a header but no rows")
        decimal = decimal_mark(connection, file)
        found = {name: survey_column(connection, place, name, decimal) for name, place in places.items()}
        columns, typed = {n: each[0] for n, each in found.items()}, {n: each[1] for n, each in found.items()}
        decided = task_of(columns[target], task)
        knower = TargetKnower(connection, places[target], typed[target], decided)
        for name in [name for name in columns if name not in (target, entity, time)]:
            leak = _later(connection, places, typed, columns[name], columns.get(time or ""))
            leak = leak or knower.suspicion(places[name], columns[name], typed[name])
            columns[name] = columns[name].model_copy(update={"leak": leak})
    return Survey(
        rows=rows,
        malformed=malformed,
        delimiter=file.delimiter,
        encoding=file.encoding,
        decimal=decimal,
        columns=tuple(columns.values()),
        doubled=doubled,
        unnamed=sum(not name for name in file.names),
        task=decided,
    )


def _places(names: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each name stands first; SQL takes names that differ in case only for one."""
    places: dict[str, int] = {}
    folded: set[str] = set()
    doubled = []
    for place, name in enumerate(names):
        if name and name.casefold() in folded:
            doubled.append(name)
        elif name:
            places[name] = place
            folded.add(name.casefold())
    return places, tuple(dict.fromkeys(doubled))


def _later(
    connection: duckdb.DuckDBPyConnection,
    places: dict[str, int],
    typed: dict[str, str],
    column: ColumnSurvey,
    time: ColumnSurvey | None,
) -> Leak | None:
    """A time that mostly lies after the row's own was written down afterwards."""
    if time is None or time.type != "timestamp" or column.type != "timestamp":
        return None
    values = (
        f"(SELECT {typed[name]} AS x FROM (SELECT c{places[name]} AS v FROM {TABLE} AS inside "
        f"WHERE inside.row = {TABLE}.row))"
        for name in (column.name, time.name)
    )
    own, rows = values
    found = connection.execute(
        f"SELECT AVG(CASE WHEN own > rows THEN 1 ELSE 0 END) FROM "
        f"(SELECT {own} AS own, {rows} AS rows FROM {TABLE}) WHERE own IS NOT NULL"
    ).fetchone()
    share = (found[0] if found else None) or 0.0
    return Leak(kind="later", words=f"lies after {time.name!r} in {share:.0%} of the rows") if share > MOSTLY else None
