"""What whoever waits for a requested run is answered: how it ended, and why."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from evergreen.strict import Strict

REFUSED = "REFUSED"
_SUCCEEDED = "SUCCEEDED"
_WAITING = "WAITING"
_LONGEST_REASON = 300  # bytes of JSON; the results of 500 data sets must fit into a workflow's 256 KB together
_LONGEST_NAME = 100
_TOLD = 100  # results in a notice


def _name(asked: Any) -> str:
    text = asked if isinstance(asked, str) else json.dumps(asked, default=str)
    return _first_bytes(text, _LONGEST_NAME)


def _short(reason: str) -> str:
    short = _first_bytes(reason, _LONGEST_REASON)
    return reason if short == reason else f"{short} …"


def _first_bytes(text: str, most: int) -> str:
    """As much of a text as takes so many bytes of a JSON document."""
    if len(json.dumps(text)) - 2 <= most:  # each character takes a byte at least
        return text
    taken = 0
    for place, character in enumerate(text):
        taken += max(len(character.encode(errors="replace")), len(json.dumps(character, ensure_ascii=False)) - 2)
        if taken > most:
            return text[:place]
    return text


class RunResult(Strict):
    """How the run that took a request ended; without a run, why there was none."""

    dataset: Annotated[str, BeforeValidator(_name)]  # as it was asked for, which may be no data set at all
    run_id: str | None = None
    status: str
    verdict: str | None = None
    reason: Annotated[str, AfterValidator(_short)]


def result_of(dataset: str, arrival: Mapping[str, Any], run: Mapping[str, Any] | None) -> RunResult | None:
    """The result for an arrival of the ledger and the record of its run; None as long as either is open."""
    if arrival["state"] == _WAITING or (run is not None and "ended_at" not in run):
        return None
    if run is None:
        return RunResult(dataset=dataset, status=arrival["state"], reason=arrival.get("reason") or "no run took it")
    verdict = run.get("verdict", {})
    why = run.get("error") or run.get("reason") or " ".join(verdict.get("reasons", ())) or "no reason is on record"
    return RunResult(
        dataset=dataset, run_id=run["run_id"], status=run["status"], verdict=verdict.get("outcome"), reason=why
    )


def summary(asked: object, results: Sequence[RunResult]) -> tuple[str, str]:
    """Subject and body of the one notice about all runs that `retrain_many` asked for, a line for each data set."""
    given = asked if isinstance(asked, Mapping) else {}
    if not results:
        told = f'itemList must list data sets, such as ["next_purchase"]; it was {given.get("itemList")!r:.100}.'
        return "retrain_many: nothing was retrained", f"retrain_many: nothing was retrained. {told}"
    well = sum(result.status == _SUCCEEDED for result in results)
    head = f"{well} of {len(results)} runs succeeded. Asked for: {given.get('reason') or 'no reason given'!s:.300}"
    lines = [_line(result) for result in results[:_TOLD]]
    more = [f"… and {len(results) - _TOLD} more; the execution's output has them all"] if len(results) > _TOLD else []
    return f"retrain_many: {well} of {len(results)} runs succeeded", "\n".join([head, *lines, *more])


def _line(result: RunResult) -> str:
    outcome = f"{result.status} ({result.verdict})" if result.verdict else result.status
    run = f" [{result.run_id}]" if result.run_id else ""
    return f"- {result.dataset}: {outcome}. {result.reason}{run}"
