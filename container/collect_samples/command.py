"""What CollectSamples does with the files of a run."""

from pathlib import Path
from tempfile import TemporaryDirectory

from container.collect_samples.items import ItemColumns, Items
from container.collect_samples.outcomes import write_outcomes
from container.collect_samples.samples import write_samples
from container.directories import Directories
from container.log import log
from container.prepare.engine import connect
from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.manifest import Collection, RunManifest


def run(directories: Directories, prefix: str) -> None:
    """Write the items whose outcome is known as rows of the contract, and the others as samples; either may be none."""
    source, target = directories.processing_input, directories.processing_output / "collected"
    manifest = RunManifest.model_validate_json((source / prefix / "run.json").read_bytes())
    layout = RunLayout(manifest.dataset, manifest.run_id)
    contract = Contract.model_validate_json((source / layout.contract_file("dataset.json")).read_bytes())
    if manifest.collection is None or contract.teachers is None:
        raise ValueError(f"{manifest.run_id} collects nothing: neither its manifest nor its contract says so")
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        connection = connect(Path(scratch), "collect", _size(source, manifest.collection))
        try:
            files = [source / key for key in manifest.collection.items]
            columns = ItemColumns.of(contract)
            items = Items.read(connection, columns, files, manifest.unlearned)
            earlier = source / manifest.collection.earlier if manifest.collection.earlier else None
            outcomes = write_outcomes(items, earlier, manifest, target / "outcomes.parquet")
            since, most = manifest.collection.since, contract.teachers.max_samples
            samples = write_samples(items, since, most, manifest.run_id, target / "samples.parquet")
        finally:
            connection.close()
    log("collected", files=len(files), outcomes=outcomes, samples=samples)


def _size(source: Path, collection: Collection) -> int:
    packed = 10
    return packed * sum((source / key).stat().st_size for key in collection.items)
