"""Putting together what is known of a run: its record, and the documents under its prefix."""

from evergreen.contract import Contract
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.lineage import Lineage, Origin
from evergreen.manifest import DataReport
from evergreen.runs import dataset_of
from evergreen.stores.files import Files
from evergreen.stores.runs import RunRecords
from evergreen.teachers import TeachersReport
from evergreen.verdict import Verdict


class Lineages:
    """Of every run that has a record, however far it came."""

    def __init__(self, files: Files, runs: RunRecords) -> None:
        self._files = files
        self._runs = runs

    def of(self, run_id: str) -> Lineage:
        """All that is known of one run. Raises StoreUnavailable."""
        record = self._runs.get(run_id) or {}
        dataset = dataset_of(run_id)
        layout, files = RunLayout(dataset, run_id), self._files
        contract = files.find(layout.contract_file("dataset.json"), Contract)
        data = files.find(layout.report, DataReport)
        asked = data is not None and data.collected is not None
        return Lineage(
            dataset=dataset,
            run_id=run_id,
            manifest_uri=files.uri(layout.manifest),
            report_uri=files.uri(layout.model_report),
            algorithm=contract.training.algorithm if contract else "",
            hyperparameters=record.get("hyperparameters") or (contract.hyperparameters if contract else {}),
            record=record,
            data=data,
            teachers=files.find(layout.teachers_report, TeachersReport) if asked else None,
            evaluation=files.find(layout.evaluation_file, Evaluation),
            verdict=files.find(layout.verdict, Verdict),
            origin=Origin(record["git_commit"], record["image"]) if "git_commit" in record else None,
            model_uri=record.get("model_uri"),
        )
