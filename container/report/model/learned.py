"""How the challenger was trained, as its training.json says it."""

from collections.abc import Iterator, Mapping
from typing import Any

from container.report.figures import figure
from container.report.model.metrics import NAMES, number
from container.report.model.subject import Subject

Fact = tuple[str, str]
SOURCES = {
    "dropped": "Of these dropped",
    "outcomes": "Of these recent items with their outcome",
    "teachers": "Besides, samples that teachers labelled",
}


def facts(subject: Subject) -> list[Fact]:
    """What, with which library, how many rows, how many rounds."""
    training = subject.challenger.training
    found = [("Algorithm", str(training.get("algorithm") or subject.contract.training.algorithm))]
    library = training.get("library") or (f"xgboost {training['xgboost']}" if training.get("xgboost") else None)
    found += [("Library", str(library))] if library else []
    for name, words in (("rows", "Rows learned from"), ("validation_rows", "Rows to choose by")):
        if isinstance(training.get(name), int):
            found.append((words, f"{training[name]:,}"))
    found += _sources(subject)
    found += _rounds(training.get("best_iterations"))
    found += [("Learned labels until", str(training["labels_until"])[:10])] if training.get("labels_until") else []
    found.append(("Features", f"{len(subject.challenger.signature.features):,}"))
    found += _interval(subject)
    return found


def hyperparameters(subject: Subject) -> list[Fact]:
    """Every one, by name."""
    return sorted((name, _text(value)) for name, value in _mapping(subject, "hyperparameters").items())


def validation(subject: Subject) -> list[Fact]:
    """What the rows said that chose the number of rounds; never compared with the hold-out's."""
    metrics = _mapping(subject, "validation_metrics")
    return [(NAMES.get(name, name), number(name, float(value))) for name, value in metrics.items()]


def _sources(subject: Subject) -> Iterator[Fact]:
    """Where the rows came from, and by which it was judged, of a run that learned from recent items."""
    counts = _mapping(subject, "rows_by_source")
    if not subject.data or not subject.data.collected:
        return
    for name, words in SOURCES.items():
        if name in counts:
            yield words, f"{int(counts[name]):,}"
    if teachers := subject.challenger.training.get("teachers"):
        yield "Teachers", str(teachers)
    if subject.data.collected.holdout:
        yield "Hold-out", subject.data.collected.holdout


def _interval(subject: Subject) -> Iterator[Fact]:
    """How sure the predictions are, as their interval said and as the hold-out said."""
    interval = subject.evaluation.prediction_interval
    if interval:
        words = (
            f"held for {interval.coverage:.1%} of {interval.judged_rows:,} hold-out rows; {figure(interval.width)} wide"
        )
        yield f"Prediction interval of {interval.level:.0%}", words


def _rounds(best: object) -> Iterator[Fact]:
    if not isinstance(best, Mapping):
        return
    for name, iteration in best.items():
        words = "Rounds" if len(best) == 1 else f"Rounds ({name})"
        yield words, f"{int(iteration) + 1:,}"


def _mapping(subject: Subject, name: str) -> Mapping[str, Any]:
    found = subject.challenger.training.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: object) -> str:
    return figure(float(value)) if isinstance(value, int | float) and abs(value) < 1e9 else str(value)
