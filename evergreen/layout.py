"""Where everything lies in the data bucket: the one place that knows S3 keys."""

from dataclasses import dataclass

INCOMING = "incoming/"
CHECKPOINTS = "checkpoints/"  # of training jobs; they go after some days
INFERENCE = "inference/"
OBSERVED = "observed/"
MLFLOW = "mlflow/"  # the artifacts that MLflow shows
OWN_PREFIXES = (
    "accepted/",
    CHECKPOINTS,
    INFERENCE,
    MLFLOW,
    OBSERVED,
    "quarantine/",
    "runs/",
)  # never an arrival, or a run would start itself


@dataclass(frozen=True)
class RunLayout:
    """The keys of one run; every key is relative to the data bucket."""

    dataset: str
    run_id: str

    @property
    def prefix(self) -> str:
        return f"runs/{self.dataset}/{self.run_id}"

    @property
    def manifest(self) -> str:
        """The run's frozen description (`RunManifest`)."""
        return f"{self.prefix}/run.json"

    def contract_file(self, name: str) -> str:
        """A frozen file of the contract: dataset.json, features.sql or target.sql."""
        return f"{self.prefix}/contract/{name}"

    def input_file(self, number: int, name: str) -> str:
        """The frozen copy of one dropped object version."""
        return f"{self.prefix}/input/{number:04d}/{name}"

    @property
    def prepare_inputs(self) -> str:
        """S3 ManifestFile naming every object that PrepareData reads."""
        return f"{self.prefix}/prepare.manifest"

    @property
    def evaluate_inputs(self) -> str:
        """S3 ManifestFile naming run.json, the data report and, if there is one, the champion's model."""
        return f"{self.prefix}/evaluate.manifest"

    @property
    def collect_inputs(self) -> str:
        """S3 ManifestFile naming every object that CollectSamples reads."""
        return f"{self.prefix}/collect.manifest"

    @property
    def collected(self) -> str:
        return f"{self.prefix}/collected"

    @property
    def outcomes(self) -> str:
        """Recent items whose outcome is known, as rows of the contract (CollectSamples)."""
        return f"{self.collected}/outcomes.parquet"

    @property
    def samples(self) -> str:
        """Recent items without an outcome, most informative first (CollectSamples)."""
        return f"{self.collected}/samples.parquet"

    @property
    def prepared(self) -> str:
        return f"{self.prefix}/prepared"

    @property
    def checkpoints(self) -> str:
        """How far training has come: of the run, for each attempt is another job."""
        return f"{CHECKPOINTS}{self.dataset}/{self.run_id}"

    @property
    def train(self) -> str:
        """What training jobs are given: the prepared rows, and what LabelWithTeachers adds to them."""
        return f"{self.prepared}/train"

    @property
    def teachers_report(self) -> str:
        """What the teachers said (`TeachersReport`), where there are any."""
        return f"{self.train}/teachers.json"

    @property
    def report(self) -> str:
        return f"{self.prepared}/report.json"

    @property
    def summary(self) -> str:
        """The few facts of the data report that the workflow itself chooses by (`DataSummary`)."""
        return f"{self.prepared}/summary.json"

    @property
    def scoring_parts(self) -> str:
        """The files of rows to score and how many each has (`ScoringPart`): what the workflow maps over."""
        return f"{self.prepared}/scoring_parts.json"

    def scoring_part(self, part: str) -> str:
        """One file of rows to score: the entity, then its features."""
        return f"{self.prepared}/scoring/{part}"

    def logged_part(self, part: str) -> str:
        """The rows of such a file as they were dropped, where the contract wants an inference log of them."""
        return f"{self.prepared}/logged/{part}.parquet"

    @property
    def signature(self) -> str:
        """What a model of these rows takes and gives."""
        return f"{self.train}/signature.json"

    @property
    def report_page(self) -> str:
        """The data report as a page for people."""
        return f"{self.prepared}/report.html"

    @property
    def profile(self) -> str:
        """What the raw columns looked like, for a later run to tell drift by."""
        return f"{self.prepared}/profile.json"

    @property
    def models(self) -> str:
        return f"{self.prefix}/models"

    @property
    def evaluation(self) -> str:
        return f"{self.prefix}/evaluation"

    @property
    def evaluation_file(self) -> str:
        return f"{self.evaluation}/evaluation.json"

    @property
    def model_report(self) -> str:
        """The model report as a page for people."""
        return f"{self.evaluation}/report.html"

    @property
    def plots(self) -> str:
        """The prefix of the model report's plots, one SVG each."""
        return f"{self.evaluation}/plots/"

    @property
    def verdict(self) -> str:
        return f"{self.prefix}/verdict.json"

    @property
    def predictions(self) -> str:
        return f"{self.prefix}/predictions"

    def predictions_part(self, part: str) -> str:
        """What batch transform made of one file of rows to score."""
        return f"{self.predictions}/{part}.out"

    def loaded_part(self, part: str) -> str:
        """What became of it when it was loaded (`LoadedPart`)."""
        return f"{self.prefix}/loaded/{part}.json"

    def loaded_entities(self, part: str) -> str:
        """Who is in it, as digests (`evergreen.entities`): a later generation tells by them who came and who went."""
        return f"{self.prefix}/loaded/{part}.entities"

    @property
    def accepted(self) -> str:
        return f"accepted/{self.dataset}/{self.run_id}"

    @property
    def accepted_by_all_runs(self) -> str:
        """The prefix of the data set's history."""
        return f"accepted/{self.dataset}/"

    @property
    def quarantine(self) -> str:
        return f"quarantine/{self.dataset}/{self.run_id}"


@dataclass(frozen=True)
class ObservedLayout:
    """The keys of what a data set's inference logs told; every key is relative to the data bucket."""

    dataset: str

    @property
    def items(self) -> str:
        """The prefix of all observed items, below which there is one folder for each day, as 2026-03-01."""
        return f"{OBSERVED}{self.dataset}/items/"

    def day(self, day: str) -> str:
        """The prefix of the observed items of one day."""
        return f"{self.items}{day}/"

    def items_file(self, day: str, log_id: str) -> str:
        """The Parquet file of one log's items of one day."""
        return f"{self.day(day)}{log_id}.parquet"

    @property
    def joined(self) -> str:
        """The prefix of files that hold the rows of many, one for each crowded day."""
        return f"{OBSERVED}{self.dataset}/joined/"

    def joined_file(self, day: str) -> str:
        """The one Parquet file that holds what measuring reads of a day's many."""
        return f"{self.joined}{day}.parquet"

    @property
    def series(self) -> str:
        """The series of the observed yield (`YieldSeries`)."""
        return f"{OBSERVED}{self.dataset}/series.json"

    def quarantine(self, log_id: str) -> str:
        """The prefix for what of one log was rejected."""
        return f"quarantine/{self.dataset}/inference/{log_id}"


def dataset_of_series(key: str) -> str:
    """The data set whose series lies at this key."""
    return key.removeprefix(OBSERVED).partition("/")[0]
