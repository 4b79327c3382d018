"""The verb `label`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from container.clock import Clock
from container.directories import Directories
from container.fold import Fold
from container.label.agreement import Agreement, Asked, Labels, chosen
from container.label.teacher import train_teachers
from container.log import log
from container.provenance import OBSERVED_NAME, SOURCES_NAME
from container.rows import LabelledRows, matrix
from container.signature import AS_OF, Signature
from container.train.taught import FILE, REPORT
from evergreen.contract import Contract

SEED = 17
WEIGHT, RUN, CONFIDENCES = "\nweight", "\nrun", ("\nfirst teacher", "\nsecond teacher")


def run(directories: Directories, prefix: str) -> None:
    """Train two teachers on labelled rows, and label the samples that both are sure of, if that is right often enough.

    The training rows get another file beside them, or none; validation and hold-out rows never do.
    """
    clock, source = Clock(), directories.processing_input
    signature = Signature.from_json((source / "train" / "signature.json").read_bytes())
    contract = Contract.model_validate_json((source / "samples" / "dataset.json").read_bytes())
    if contract.teachers is None:
        raise ValueError(f"the contract of {contract.id} names no teachers")
    rows, judges = (
        LabelledRows.read(source / "train" / f"{name}.parquet", signature) for name in ("train", "validation")
    )
    audit = LabelledRows.read(source / "samples" / "audit.parquet", signature)
    samples = pq.read_table(source / "samples" / "samples.parquet")
    train, validation, audited = (Fold.of(each, signature) for each in (rows, judges, audit))
    first, second = train_teachers(train.where(_unseen(rows, audit, signature)), validation, signature, SEED)
    confidence = contract.teachers.confidence
    values = matrix(samples, signature)
    told = Agreement.of(first(values), second(values), confidence)
    on_audit = Agreement.of(first(audited.values), second(audited.values), confidence)
    places, report = chosen(Asked(told, on_audit, audit.targets), train.targets, signature.classes, contract.teachers)
    report = report.model_copy(update={"seconds": clock.seconds, "instance": clock.instance})
    folder = directories.processing_output / "labelled"
    folder.mkdir(parents=True, exist_ok=True)
    if report.used:
        table = _labelled(samples, told, places, signature)
        table = table.append_column(WEIGHT, pa.array(np.full(len(places), report.weight)))
        table = table.append_column(RUN, pa.array([prefix.rpartition("/")[2]] * len(places), pa.string()))
        pq.write_table(table, folder / FILE)
    (folder / REPORT).write_text(report.model_dump_json(indent=1))
    log("labelled", **report.model_dump(exclude={"classes"}))


def _unseen(rows: LabelledRows, audit: LabelledRows, signature: Signature) -> NDArray[np.bool_]:
    """Which training rows are of no audited entity."""
    hidden = pc.is_in(rows.table.column(signature.entity), value_set=_values(audit, signature))
    return np.asarray(~hidden.to_numpy(zero_copy_only=False).astype(bool))


def _values(audit: LabelledRows, signature: Signature) -> pa.Array:
    return audit.table.column(signature.entity).combine_chunks()


def _labelled(samples: pa.Table, told: Agreement, places: Labels, signature: Signature) -> pa.Table:
    """Training rows, with where each comes from and how sure both teachers were."""
    taken = samples.take(pa.array(places))
    names = [signature.entity, AS_OF, *(feature.name for feature in signature.features)]
    table = taken.select(names).append_column(signature.target, pa.array(told.labels[places].astype(np.float64)))
    for name in (SOURCES_NAME, OBSERVED_NAME):
        table = table.append_column(name, taken.column(name))
    for name, sure in zip(CONFIDENCES, told.confidences, strict=True):
        table = table.append_column(name, pa.array(sure[places]))
    return table
