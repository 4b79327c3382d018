"""`evergreen yield`: the observed yield of a data set against its threshold, with alarms and promotions."""

from pathlib import Path
from typing import Annotated

import boto3
import typer

from evergreen.cli.deployment import Deployment, stack_name
from evergreen.cli.output import Output, console, print_json
from evergreen.cli.runs import OutputOption
from evergreen.errors import UserMustAct
from evergreen.layout import ObservedLayout
from evergreen.yield_chart import chart
from evergreen.yield_series import YieldSeries
from evergreen.yield_story import YieldStory, story

_WIDEST = 120
_NEWEST = 8  # happenings that are listed


def observed_yield(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    plot: Annotated[Path | None, typer.Option(help="A PNG file to draw it to.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """Show the observed yield over time: the share, its lower bound, the threshold, alarms, promotions, rollbacks.

    Examples: `evergreen yield line_yield`, `evergreen yield line_yield --plot yield.png`,
    `evergreen yield line_yield -o json`
    """
    deployment = Deployment.find()
    told = _story(deployment, deployment.check(dataset))
    if plot:
        from evergreen.cli.yield_plot import draw  # noqa: PLC0415 - a second that no other command should take

        draw(told, plot)
    if output is Output.json:
        print_json(told.model_dump(mode="json"))
        return
    _show(told)
    _say_what_was_set_aside(deployment, dataset)
    if plot:
        console.print(f"Drawn to {plot}.", markup=False)


def _story(deployment: Deployment, dataset: str) -> YieldStory:
    series = deployment.files.find(ObservedLayout(dataset).series, YieldSeries)
    if series is None or series.measure is None:
        _say_what_was_set_aside(deployment, dataset)
        raise UserMustAct(
            f"no inference of {dataset} was measured yet: put an inference log to s3://{deployment.bucket}/inference/"
            f"{dataset}/ (see docs/contract.md, Inference logs); its contract must say yield.good_when"
        )
    prefix = f"{stack_name()}-{dataset}-"
    pages = boto3.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    alarms = {each["AlarmName"]: str(each["StateValue"]) for page in pages for each in page["MetricAlarms"]}
    return story(series, deployment.registry.history(dataset), deployment.runs.of(dataset), alarms)


def _show(told: YieldStory) -> None:
    if told.points:
        for line in chart(told, min(_WIDEST, console.width)):
            console.print(line, markup=False, soft_wrap=True)
        console.print()
    for each in told.happenings[-_NEWEST:]:
        console.print(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.words}", markup=False)
    console.print(_now(told), markup=False)
    for name, state in told.alarms.items():
        console.print(f"  {name}: {state}", markup=False)


def _say_what_was_set_aside(deployment: Deployment, dataset: str) -> None:
    prefix = ObservedLayout(dataset).quarantine("")
    logs = sum(key.endswith("/rejected.csv") for key in deployment.files.keys(prefix))
    if logs:
        said = "1 log has rows" if logs == 1 else f"{logs:,} logs have rows"
        console.print(
            f"{said} that were set aside or whose item is unknown; each rejected.csv says line, column and reason: "
            f"{deployment.files.uri(prefix)}",
            markup=False,
        )


def _now(told: YieldStory) -> str:
    if told.observed_yield is None or told.bound is None:
        return f"{told.samples} judged items of {told.stated.samples_needed} that a verdict needs."
    side = "below" if told.bound < told.stated.threshold else "not below"
    of_model = f" of {told.model}" if told.model else ""
    return (
        f"The yield{of_model} is {told.observed_yield:.3f} over {told.samples} items; its lower bound, "
        f"{told.bound:.3f}, is {side} the threshold {told.stated.threshold:g}."
    )
