"""The folders of one run of `prepare`, as SageMaker would lay them out."""

from pathlib import Path

from cdk_app.synth import ROOT
from evergreen.contract_file import read_folder
from evergreen.layout import RunLayout
from evergreen.manifest import InputFile, RunManifest


def lay_out(source: Path, base: Path) -> str:
    """Make one dropped file of next_purchase the run's only input; returns the run's prefix."""
    folder = read_folder(ROOT / "datasets" / "next_purchase")
    layout = RunLayout("next_purchase", "next-purchase-00001-00000000")
    inputs = base / "processing" / "input"
    key = layout.input_file(0, source.name)
    file = InputFile(
        arrival_id="only", source=f"s3://bucket/{source.name}", version_id="1", key=key, size=source.stat().st_size
    )
    manifest = RunManifest(run_id=layout.run_id, dataset="next_purchase", fence=1, inputs=(file,), history=())
    documents = {
        layout.manifest: manifest.model_dump_json(),
        layout.contract_file("dataset.json"): folder.contract.model_dump_json(by_alias=True, exclude_none=True),
        **{layout.contract_file(name): text for name, text in folder.sql.items()},
    }
    for name, text in documents.items():
        (inputs / name).parent.mkdir(parents=True, exist_ok=True)
        (inputs / name).write_text(text)
    (inputs / key).parent.mkdir(parents=True)
    (inputs / key).symlink_to(source)
    return layout.prefix
