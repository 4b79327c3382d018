"""What passes between the functions and the container: small JSON documents in the run's S3 prefix."""

from typing import Literal

from pydantic import Field

from evergreen.strict import Strict


class InputFile(Strict):
    """One dropped object version, frozen under the run's prefix."""

    arrival_id: str
    source: str  # s3://bucket/key as it was dropped: what a person recognises
    version_id: str
    key: str  # of the frozen copy
    size: int  # bytes


class ChampionModel(Strict):
    """The model in use, as the run found it."""

    run_id: str
    model_key: str
    model_sha256: str | None = None  # as it was when it was judged; champions of before have none
    promoted_at: str | None = None  # ISO 8601


class Collection(Strict):
    """Observed items that CollectSamples looks at, and where it puts what it makes of them."""

    since: str  # ISO 8601; items of this time and later are what the champion is judged by now
    items: tuple[str, ...]  # keys of checked items of inference logs
    earlier: str | None = None  # key of the outcomes that an earlier run has collected; they are taken over
    outcomes: InputFile  # rows of the contract, of items whose outcome is known
    samples: str  # key of items without an outcome


class RunManifest(Strict):
    """run.json: everything the run is allowed to look at."""

    run_id: str
    dataset: str
    fence: int
    inputs: tuple[InputFile, ...]
    history: tuple[str, ...]  # keys of accepted Parquet files of earlier runs
    champion: ChampionModel | None = None
    champion_profile: str | None = None  # key of the profile of the data that the champion learned from
    bucket: str | None = None  # where all these keys are
    asked_by: tuple[str, ...] = ()  # the kinds of the arrivals that asked for the run
    collection: Collection | None = None  # of a run that learns from recent items
    earlier_outcomes: str | None = None  # which of `history` this run's outcomes take the place of, if there are any
    unlearned: tuple[str, ...] = ()  # sources, and runs, whose rows are left out


UNUSABLE_DATA = "unusable_data"  # the rule of a rejection that is about the data set as a whole
UNUSABLE_WITH_IT = "unusable_with_it"  # of one that keeps a file out of the history for that


class Rejection(Strict):
    """Why a row or a whole file was set aside, so that its owner can mend it."""

    file: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    rule: str
    reason: str

    def sentence(self) -> str:
        """The rejection as a person reads it: file, line, column, value, and what would be right."""
        place = self.file + (f", line {self.line}" if self.line else "")
        place += f", column {self.column!r}" if self.column else ""
        return f"{place}: {self.reason}"


class FileReport(Strict):
    """What became of one dropped file; accepted + rejected = rows, always."""

    arrival_id: str
    source: str
    rows: int
    accepted: int
    rejected: int
    duplicates: int = 0
    refused: bool = False
    superseded: bool = False  # a newer snapshot in the same run took its place
    notes: tuple[str, ...] = ()  # how the file was read, where that was not plain: encoding, ignored columns, dates
    accepted_key: str | None = None


class CollectedReport(Strict):
    """What became of recent items, and whether they are what models are judged by."""

    since: str
    outcomes: FileReport | None = None  # None: no item has an outcome
    samples: FileReport | None = None
    teachable: int = 0  # samples that the teachers are shown; none of them is drawn for validation or hold-out
    audit_rows: int = 0  # recent training rows that no teacher sees
    recent_holdout: bool = False  # whether the hold-out is of recent items alone
    holdout: str = ""  # in words, which rows judge and why


class ColumnDrift(Strict):
    """How far the newly accepted rows are from what the champion learned from, in one column."""

    column: str
    psi: float  # population stability index, over the champion's own bins
    level: Literal["none", "moderate", "large"]


class DataReport(Strict):
    """report.json of PrepareData: counts, cut-offs and whether the data can be trained on."""

    usable: bool
    files: tuple[FileReport, ...]
    rejections: tuple[Rejection, ...]  # the first few; the rest are in quarantine
    rejected_by_rule: dict[str, int] = Field(default={})  # of rows and whole files; a row may break several rules
    drift: tuple[ColumnDrift, ...] = ()
    rows: int  # distinct rows of history that the run uses
    first_day: str | None = None
    last_day: str | None = None
    train_cutoffs: tuple[str, ...] = ()
    holdout_cutoff: str | None = None
    scoring_cutoff: str | None = None
    train_rows: int = 0
    validation_rows: int = 0
    holdout_rows: int = 0
    scoring_rows: int = 0
    rows_by_source: dict[str, int] = Field(default={})  # of the training rows: dropped, or of recent items
    collected: CollectedReport | None = None
    features_hash: str | None = None
    seconds: float | None = None  # that preparing took
    instance: str | None = None  # that it ran on


class DataSummary(Strict):
    """summary.json: the few facts of the report that the workflow chooses by; small enough for its state."""

    usable: bool
    reason: str  # in words, whichever way it went
    rows: int
    scoring_rows: int
    samples: int = 0  # for the teachers
