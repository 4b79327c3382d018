"""The model report of what nobody wishes for, and of very much."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from container.model import Model
from container.report.model.page import report
from container.rows import LabelledRows
from container.signature import Feature, Signature
from evergreen.metrics import Task
from tests.integration.container.pages import (
    AWKWARD,
    NO_PLACE,
    are_pictures_of_their_own,
    is_whole_and_loads_nothing,
    text,
)
from tests.integration.container.subjects import comparison, subject, trained_table, with_contract
from tests.integration.container.tables import TableStage

Pair = tuple[TableStage, TableStage]
TASKS: tuple[Task, ...] = ("regression", "binary", "multiclass")


@pytest.fixture(scope="module", params=TASKS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A challenger and a champion that learned less, of each task."""
    challenger = trained_table(tmp_path_factory.mktemp("challenger"), request.param, 600)
    return challenger, trained_table(tmp_path_factory.mktemp("champion"), request.param, 120)


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> TableStage:
    return trained_table(tmp_path_factory.mktemp("binary"), "binary")


def test_values_that_are_no_numbers_are_shown_as_none(binary: TableStage) -> None:
    nothing = {"pr_auc": math.nan, "roc_auc": math.nan}
    changes = {
        "challenger": nothing,
        "baseline": nothing,
        "champion": nothing,
        "against_baseline": comparison("baseline", low=math.nan, high=math.nan, improvement=math.nan),
        "against_champion": comparison("champion", low=math.nan, high=math.nan, improvement=math.nan),
    }
    made = report(subject(binary, champion=binary, changes=changes))
    assert is_whole_and_loads_nothing(made.html)
    assert "improvement" not in {plot.name for plot in made.plots}
    assert are_pictures_of_their_own(made)
    assert ">–<" in made.html


def test_names_and_values_with_markup_aretext(binary: TableStage) -> None:
    made = subject(binary)
    features = tuple(replace(each, name=f"{AWKWARD} {each.name}") for each in made.signature.features)
    signature = replace(made.signature, entity=AWKWARD, features=features, classes=(AWKWARD, f"{AWKWARD} 2"))
    names = {old.name: new.name for old, new in zip(made.signature.features, features, strict=True)}
    table = made.rows.table.rename_columns(
        [{"machine": AWKWARD, **names}.get(n, n) for n in made.rows.table.column_names]
    )
    where = table.column_names.index(f"{AWKWARD} kind")
    table = table.set_column(where, f"{AWKWARD} kind", pa.array([AWKWARD] * table.num_rows))
    model = Model(made.challenger.predictors, signature, {**made.challenger.training, "library": AWKWARD})
    odd = replace(made, signature=signature, rows=LabelledRows(table, made.rows.targets), challenger=model)
    page = report(odd)
    assert is_whole_and_loads_nothing(page.html)
    assert page.html.count("</style>") == 1
    assert "<script" not in page.html
    assert are_pictures_of_their_own(page)


def test_of_600_features_twenty_are_shown_and_the_rest_summed(tmp_path: Path) -> None:
    stage = Wide(tmp_path, task="binary").prepare_rows(300, 100, 200)
    assert stage.train(num_round="30", max_depth="3").returncode == 0
    made = report(subject(stage, champion=stage))
    (importance,) = (plot for plot in made.plots if plot.name.startswith("importance"))
    assert importance.body.count("<rect") == 21
    assert "580 others together" in importance.body
    shares = [float(told.strip("<>%")) for told in re.findall(r'end challenger"[^>]*>([^<]*)<', importance.body)]
    assert sum(shares) == pytest.approx(100, abs=1.5)
    assert is_whole_and_loads_nothing(made.html)
    assert len(made.html.encode()) < 300_000


@dataclass
class Wide(TableStage):
    """Rows of very many features; some of them know a little."""

    features: int = 600

    @property
    def signature(self) -> Signature:
        listed = tuple(Feature(f"f{place}", "number") for place in range(self.features))
        return replace(super().signature, features=listed)

    def rows(self, number: int, seed: int) -> pa.Table:
        table, random = super().rows(number, seed), np.random.default_rng(seed)
        result = np.array(table["result"])
        for place in range(self.features):
            known = result * (place < 40) / 9
            table = table.append_column(f"f{place}", pa.array(random.normal(0, 1, number) + known))
        return table


@pytest.mark.parametrize("task", TASKS)
def test_a_hundred_thousand_rows_make_no_large_page(task: Task, tmp_path: Path) -> None:
    stage = trained_table(tmp_path / "small", task, 300)
    stage.prepare_rows(300, 100, 100_000)
    made = report(subject(stage, champion=stage))
    assert len(made.html.encode()) < 2_000_000
    assert len(made.html.encode()) < 200_000, "in fact it is far below"
    assert are_pictures_of_their_own(made)
    assert is_whole_and_loads_nothing(made.html)


def test_a_holdout_of_a_few_rows_has_a_page_too(pair: Pair) -> None:
    made = subject(pair[0], champion=pair[1])
    for count in (1, 2, 7):
        rows = LabelledRows(made.rows.table.slice(0, count), made.rows.targets[:count])
        predictions = {role: each[:count] for role, each in made.predictions.items()}
        page = report(replace(made, rows=rows, predictions=predictions))
        assert not NO_PLACE.search(page.html)
        assert is_whole_and_loads_nothing(page.html)
        assert are_pictures_of_their_own(page)


def test_rows_whose_answers_and_predictions_are_all_the_same_have_a_page_too(
    pair: Pair,
) -> None:
    made = subject(pair[0], champion=pair[1])
    same = LabelledRows(made.rows.table, np.ones(len(made.rows.targets)))
    predictions = {role: np.tile(each[:1], (len(each), 1)) for role, each in made.predictions.items()}
    page = report(replace(made, rows=same, predictions=predictions))
    assert is_whole_and_loads_nothing(page.html)
    assert not NO_PLACE.search(page.html)
    assert are_pictures_of_their_own(page)


def test_of_an_unjudgeable_holdout_nothing_is_shown_but_why(pair: Pair) -> None:
    why = "all of the 300 rows are alike"
    nothing = {"challenger": {}, "baseline": {}, "champion": None, "against_champion": None}
    made = subject(pair[0], champion=pair[1], changes={"unjudgeable": why, **nothing})
    made = with_contract(made, gate={"min_rows": 10_000})
    page = report(replace(made, predictions={}, champion=None))
    assert is_whole_and_loads_nothing(page.html)
    assert why in text(page.html)
    assert {plot.name for plot in page.plots} <= {"improvement"}
    assert 'id="plots"' not in page.html
