"""What a contract may take for a good inference, and how `evergreen contract check` refuses the rest."""

import pytest

from container.measure_yield.good_when import good_when_fault
from container.survey.queries import faults
from evergreen.contracts import DatasetFolder
from tests.integration.container.logs import contract


@pytest.mark.parametrize(
    "good_when",
    ["prediction = outcome", "outcome <> 'bad' AND confidence >= 0.5", "CASE WHEN confidence > 0.8 THEN true END"],
)
def test_an_expression_over_an_inference_is_taken(good_when: str) -> None:
    assert good_when_fault(contract(good_when=good_when)) is None


@pytest.mark.parametrize(
    ("good_when", "words"),
    [
        ("predicton = outcome", "names 'predicton', which no inference has; did you mean 'prediction'?"),
        ("speed > 1", "There are: outcome, prediction, confidence"),
        ("confidence", "BOOLEAN"),
        ("prediction =", "no DuckDB expression"),
        ("true; DROP TABLE judged", "no DuckDB expression"),
        ("confidence > random()", "random"),
        ("(SELECT true)", "subquery"),
    ],
)
def test_anything_else_is_refused_in_words_and_never_computed(good_when: str, words: str) -> None:
    (fault,) = faults(DatasetFolder(contract=contract(good_when=good_when), sql={}))
    assert fault.startswith("yield.good_when: ")
    assert words in fault
