"""A look at the rows before any model sees them: their profile, and how far the new ones are from the champion's."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from pydantic import ValidationError

from container.log import log
from container.prepare.accepted import ORDER, ROWS_PER_FILE
from container.prepare.engine import quoted
from container.prepare.history import History
from container.report import drift, profiling
from container.report.profile import Counts, Profile
from evergreen.contract import Contract
from evergreen.manifest import ColumnDrift
from evergreen.targets import ColumnTarget


@dataclass(frozen=True)
class Examination:
    """What the data report shows of columns."""

    profile: Profile  # of all the rows that the run uses
    champion: Profile | None = None  # of those that the champion learned from
    fresh: Counts | None = None  # the newly accepted rows, by the champion's bins
    drift: tuple[ColumnDrift, ...] = ()

    @classmethod
    def of(
        cls,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        history: History,
        first_new: int,
        champion: Path | None,
    ) -> "Examination":
        """Profile all rows, and compare those of files from `first_new` on with what the champion learned from."""
        profile = profiling.take(connection, history.relation, contract, quoted(ORDER))
        known = _read(champion)
        if known is None or not any(history.new_rows):
            return cls(profile)
        rows = f"(FROM {history.relation} WHERE {quoted(ORDER)} >= {first_new * ROWS_PER_FILE})"
        counted = drift.counts(connection, rows, known, contract)
        return cls(profile, known, counted, drift.compare(known, counted, _target(contract)))

    def blocked(self, contract: Contract) -> str | None:
        """Why the contract wants no run on such rows, or None."""
        large = [f"{each.column} (PSI {each.psi:.2f})" for each in self.drift if each.level == "large"]
        if contract.drift != "block" or not large:
            return None
        return (
            f"the new rows are far from what the champion learned from in {', '.join(large)}: correct them, "
            "or say drift: warn in the contract if the world has changed"
        )


def _target(contract: Contract) -> str | None:
    return contract.target.column if isinstance(contract.target, ColumnTarget) else None


def _read(path: Path | None) -> Profile | None:
    """The champion's profile; one of another version is as good as none."""
    if path is None:
        return None
    try:
        return Profile.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        log("champion_profile_unreadable", error=str(error))
        return None
