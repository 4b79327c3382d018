"""A champion's answers to rows that are sent: as batch transform would write them, and why."""

from collections.abc import Callable, Sequence
from typing import Any

from container.explanation import explain_row
from container.model import Model
from container.predict.features import features_of
from container.predict.given import Form, Row
from container.rows import Matrix
from container.serve.encode import to_csv
from container.signature import Signature, positive_of
from evergreen.contract import Contract
from evergreen.inference import confidence
from evergreen.predictions import read_answers
from evergreen.scoring import RowFault
from evergreen.segments import segment_of

Ask = Callable[[Matrix, Signature], list[str] | None]
_TOLD = ("prediction", "lower", "upper", "probability")
Answers = tuple[list[dict[str, Any]], list[RowFault]]


def answer(
    rows: Sequence[Row],
    model: Model,
    contract: Contract,
    run_id: str,
    *,
    prepared: bool,
    explain: bool,
    ask: Ask | None = None,
) -> Answers:
    """One answer for each row in its order, or what is wrong with the rows; `ask` comes before the model."""
    if not rows:
        return [], []
    values, faults = features_of(rows, Form.of(contract, model.signature, prepared=prepared), model.signature)
    if values is None:
        return [], faults
    lines = (ask(values, model.signature) if ask else None) or _lines(model, values)
    answers = _predictions(lines, model, contract, run_id)
    if explain:
        answers = [
            {**each, "explanation": why} for each, why in zip(answers, _explanations(model, values, rows), strict=True)
        ]
    return answers, []


def _lines(model: Model, values: Matrix) -> list[str]:
    """Those that batch transform gets, so that both say the same to the last digit."""
    return to_csv(model.answer(values), model.signature).decode().splitlines()


def _predictions(lines: Sequence[str], model: Model, contract: Contract, run_id: str) -> list[dict[str, Any]]:
    rows = read_answers(lines, "the model's answer", run_id, model.signature.task, model.interval)
    return [_with_confidence(row, model) | _segment(row, contract) for row in rows]


def _segment(row: dict[str, Any], contract: Contract) -> dict[str, str]:
    """The contract's segment that fits, where it has any."""
    segment = segment_of(contract.segments, row) if contract.segments else None
    return {"segment": segment} if segment else {}


def _with_confidence(row: dict[str, Any], model: Model) -> dict[str, Any]:
    """Of labels, the probability of the one that is predicted."""
    answer: dict[str, Any] = {name: row[name] for name in _TOLD if name in row}
    sure = confidence(row, model.signature.task, positive_of(model.signature))
    return answer if sure is None else {**answer, "confidence": sure}


def _explanations(model: Model, values: Matrix, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For each row and predictor: what is said without knowing any feature, and what each adds, the largest first."""
    contributions = model.contributions(values)
    names = [feature.name for feature in model.signature.features]
    return [
        {
            each.predictor: each.document()
            for each in explain_row(model, contributions, number, [row.get(name) for name in names])
        }
        for number, row in enumerate(rows)
    ]
