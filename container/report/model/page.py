"""The model report of one run as one HTML page that loads nothing else, and its plots as files."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from container.evaluate.bootstrap import CONFIDENCE
from container.report.model import importance, learned
from container.report.model.chart import Plot
from container.report.model.comparison import improvement
from container.report.model.cost import PRICES_OF, cost
from container.report.model.examples import examples
from container.report.model.gallery import gallery
from container.report.model.headline import cautions, headline, lead
from container.report.model.metrics import NAMES, metric_rows, models, number, slice_rows
from container.report.model.subject import Subject
from container.report.page import environment
from evergreen.layout import RunLayout
from evergreen.metrics import counts_rows_with_event_only


@dataclass(frozen=True)
class Report:
    """A rendered page and the plots in it."""

    html: str
    plots: tuple[Plot, ...]

    def write(self, folder: Path) -> None:
        """report.html, and every plot below plots/."""
        (folder / "report.html").write_text(self.html, encoding="utf-8")
        (folder / "plots").mkdir(exist_ok=True)
        for plot in self.plots:
            (folder / "plots" / f"{plot.name}.svg").write_text(plot.standalone, encoding="utf-8")


def report(subject: Subject, day: date | None = None) -> Report:
    """Tell what was decided, what it rests on, and why the challenger says what it says; `day` is today without it."""
    evaluation, contract, manifest = subject.evaluation, subject.contract, subject.manifest
    layout = RunLayout(manifest.dataset, manifest.run_id)
    compared = improvement(evaluation, contract.gate.min_improvement)
    groups, weights = gallery(subject), importance.plots(subject)
    html = (
        environment()
        .get_template("model.html.j2")
        .render(
            subject=subject,
            contract=contract,
            evaluation=evaluation,
            verdict=subject.verdict,
            run_id=manifest.run_id,
            champion=manifest.champion,
            day=day or datetime.now(UTC).date(),
            headline=headline(subject),
            lead=lead(subject),
            cautions=cautions(subject),
            models=models(evaluation),
            metric=NAMES.get(evaluation.metric, evaluation.metric),
            metrics=metric_rows(evaluation, contract.gate),
            with_event_only=any(counts_rows_with_event_only(evaluation.task, name) for name in evaluation.challenger),
            deciding=_deciding(subject),
            compared=compared,
            confidence=CONFIDENCE,
            slices=slice_rows(evaluation, contract.gate),
            groups=groups,
            importance=weights,
            examples=examples(subject),
            data=subject.data,
            moved=sorted((each for each in subject.data.drift if each.level != "none"), key=lambda each: -each.psi)
            if subject.data
            else [],
            trained=learned.facts(subject),
            hyperparameters=learned.hyperparameters(subject),
            validation=learned.validation(subject),
            cost=cost(subject),
            prices_of=PRICES_OF,
            place=f"s3://{manifest.bucket}/{layout.prefix}/" if manifest.bucket else f"{layout.prefix}/",
        )
    )
    plots = [*([compared] if compared else []), *(plot for group in groups for plot in group.plots), *weights]
    return Report(html, tuple(plots))


def _deciding(subject: Subject) -> list[str]:
    """The metric that decides, of every model in the order of the table."""
    evaluation = subject.evaluation
    found = (evaluation.baseline, evaluation.champion, evaluation.challenger)
    return [number(evaluation.metric, each.get(evaluation.metric)) for each in found if each]
