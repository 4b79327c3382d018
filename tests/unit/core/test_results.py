import json

import pytest

from evergreen.results import RunResult, result_of, summary

RUN = "line-yield-00001-3f2a9c81"
ENDED = "2026-03-02T10:00:00+00:00"


def test_an_arrival_that_waits_and_a_run_that_goes_on_have_no_result_yet() -> None:
    assert result_of("a", {"state": "WAITING"}, None) is None
    assert result_of("a", {"state": "DONE", "run_id": RUN}, {"run_id": RUN, "status": "RUNNING"}) is None


@pytest.mark.parametrize(
    ("record", "status", "verdict", "reason"),
    [
        ({"status": "FAILED", "error": "no memory"}, "FAILED", None, "no memory"),
        ({"status": "DATA_REJECTED", "reason": "no rows"}, "DATA_REJECTED", None, "no rows"),
        (
            {"status": "SUCCEEDED", "verdict": {"outcome": "KEEP", "promote": False, "reasons": ["A.", "B."]}},
            "SUCCEEDED",
            "KEEP",
            "A. B.",
        ),
        (
            {"status": "FAILED", "error": "scoring", "verdict": {"outcome": "PROMOTE", "reasons": ["better"]}},
            "FAILED",
            "PROMOTE",
            "scoring",
        ),
        ({"status": "SUCCEEDED"}, "SUCCEEDED", None, "no reason is on record"),
    ],
)
def test_a_result_says_how_the_run_ended_and_why(
    record: dict[str, object], status: str, verdict: str | None, reason: str
) -> None:
    found = result_of("a", {"state": "HELD", "run_id": RUN}, {"run_id": RUN, "ended_at": ENDED, **record})
    assert found == RunResult(dataset="a", run_id=RUN, status=status, verdict=verdict, reason=reason)


def test_an_arrival_set_aside_without_a_run_is_a_result_too() -> None:
    found = result_of("a", {"state": "QUARANTINED", "run_id": "none", "reason": "misplaced"}, None)
    assert found == RunResult(dataset="a", status="QUARANTINED", reason="misplaced")


def test_a_result_is_small_whatever_was_asked_and_said() -> None:
    found = RunResult(dataset={"a": ["x" * 500]}, status="REFUSED", reason="y" * 5000)  # type: ignore[arg-type]
    assert found.dataset.startswith('{"a": ["xxx')
    assert len(found.model_dump_json()) < 600


def test_a_summary_has_a_line_for_each_data_set() -> None:
    results = [
        RunResult(dataset="a", run_id=RUN, status="SUCCEEDED", verdict="PROMOTE", reason="better"),
        RunResult(dataset="b", status="REFUSED", reason="no data set 'b'"),
    ]
    subject, body = summary({"itemList": ["a", "b"], "reason": "monthly"}, results)
    assert subject == "retrain_many: 1 of 2 runs succeeded"
    assert body.splitlines() == [
        "1 of 2 runs succeeded. Asked for: monthly",
        f"- a: SUCCEEDED (PROMOTE). better [{RUN}]",
        "- b: REFUSED. no data set 'b'",
    ]


def test_a_summary_of_very_many_is_cut() -> None:
    _, body = summary({}, [RunResult(dataset=str(n), status="FAILED", reason="r") for n in range(150)])
    assert body.splitlines()[-1] == "… and 50 more; the execution's output has them all"


@pytest.mark.parametrize(
    ("asked", "shown"), [({}, "None"), ({"itemList": []}, "[]"), ({"itemList": "a"}, "'a'"), (["a"], "None")]
)
def test_a_summary_of_nothing_says_what_was_wrong(asked: object, shown: str) -> None:
    subject, body = summary(asked, [])
    assert subject == "retrain_many: nothing was retrained"
    assert f'itemList must list data sets, such as ["next_purchase"]; it was {shown}.' in body


@pytest.mark.parametrize("letter", ["x", "ö", "数", "\n", '"', "\x01"])
def test_the_results_of_500_data_sets_fit_into_a_workflows_state(letter: str) -> None:
    one = RunResult(
        dataset="d" * 30, run_id="r" * 45, status="SUCCEEDED", verdict="CHAMPION_UNSCORABLE", reason=letter * 5000
    )
    asked = {"itemList": ["d" * 30] * 500}
    state = json.dumps({"asked": asked, "results": [one.model_dump()] * 500}, ensure_ascii=False)
    assert len(state.encode()) < 256 * 1024
    assert len(one.reason) > 40
