from datetime import UTC, datetime

from evergreen.cli.history import Execution, StateVisit
from evergreen.cli.watch import awaited

RUN = "next-purchase-00007-3f2a9c81"
BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_who_watches_a_run_that_waits_for_approval_is_told_how_to_decide() -> None:
    told = awaited(Execution(BEGAN, None, (StateVisit("AwaitApproval", BEGAN),)), RUN)
    assert f"evergreen approve {RUN} --reason" in told
    assert f"evergreen reject {RUN} --reason" in told


def test_who_watches_any_other_run_is_told_nothing() -> None:
    decided = StateVisit("AwaitApproval", BEGAN, BEGAN)
    assert awaited(Execution(BEGAN, None, (decided, StateVisit("PromoteChallenger", BEGAN))), RUN) == ""
