"""After a promotion that an alarm asked for: a yield that gets worse brings the champion before back, once."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict

from evergreen.arrivals import Arrival
from evergreen.layout import ObservedLayout
from evergreen.stores.event_bus import Announcements
from evergreen.stores.followers import Followers
from evergreen.stores.rollbacks import Rollback, Rollbacks
from evergreen.yield_series import Bucket, YieldSeries
from functions.watch_yield.watching import Watching
from tests.integration.cli.conftest import Desk
from tests.integration.functions.world import DATASET
from tests.integration.stores.aws import answers

YIELD = {"good_when": "prediction = outcome", "threshold": 0.7, "window": 100}


@dataclass
class Watched:
    """A deployment whose second champion an alarm asked for."""

    desk: Desk
    first: str
    second: str
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # functions, and what of

    @property
    def watching(self) -> Watching:
        deployment, ledger = self.desk.deployment, self.desk.deployment.ledger
        contracts = self.desk.world.contracts
        return Watching(
            contracts,
            deployment.files,
            ledger,
            deployment.reinstatement,
            deployment.notices,
            self.announcements,
            Followers(self._functions(), ("track-run", "update-segments")),
        )

    @property
    def announcements(self) -> Announcements:
        return Announcements.of(self.desk.aws.registry, "default")

    def _functions(self) -> Any:
        client = boto3.client("lambda")

        def invoked(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            name = params["url_path"].split("/")[-2]
            assert params["headers"]["X-Amz-Invocation-Type"] == "Event"
            self.asked.append((name, json.loads(params["body"])))
            return AWSResponse("https://aws.test", 202, HeadersDict(), None), {"StatusCode": 202}  # type: ignore[arg-type]

        client.meta.events.register("before-call.lambda.Invoke", invoked)
        return client

    def measured(self, before: int, since: int, judged: int = 100) -> str:
        """So many of a hundred items were good before the promotion, and of `judged` since; what the watch says."""
        now = datetime.now(UTC)
        counts = [(now - timedelta(hours=1), self.first, 100, before), (now, self.second, judged, since)]
        buckets = tuple(
            Bucket(start=at, seconds=60, model=model, items=known, judged=known, good=good)
            for at, model, known, good in counts
        )
        series = YieldSeries(dataset=DATASET, buckets=buckets)
        self.desk.deployment.files.write(ObservedLayout(DATASET).series, series)
        return self.watching.look(DATASET, now)

    def in_use(self) -> tuple[str, str]:
        registry = self.desk.deployment.registry
        champion, published = registry.champion(DATASET), registry.published(DATASET)
        assert champion
        assert published
        return champion["run_id"], published["generation"]

    def told(self) -> list[dict[str, Any]]:
        return self.desk.aws.notices()


@pytest.fixture
def watched(desk: Desk) -> Watched:
    desk.world.states(**{"yield": YIELD})
    first, second = desk.champion(), desk.champion()
    asked_by(desk, second, "alarm")
    return Watched(desk, first, second)


def asked_by(desk: Desk, run_id: str, kind: Any) -> None:
    arrival = Arrival(arrival_id=f"{run_id}-{kind}", dataset=DATASET, kind=kind, cause="so", at="2026-03-02T08:15:04Z")
    desk.deployment.ledger.record(arrival)
    desk.deployment.runs.note(run_id, arrival_ids=[arrival.arrival_id])


def test_a_yield_that_got_worse_brings_champion_and_predictions_back_and_says_why(watched: Watched) -> None:
    assert watched.measured(before=60, since=30) == "rolled back"
    assert watched.in_use() == (watched.first, watched.first)
    (notice,) = watched.told()
    assert (notice["kind"], notice["run_id"]) == ("ROLLED_BACK", watched.second)
    assert "60.0% (60 of 100 items) before its promotion and is 30.0% (30 of 100 items) since" in notice["body"]
    assert f"--to {watched.second}" in notice["body"]
    champion = watched.desk.deployment.registry.champion(DATASET) or {}
    assert champion["by"] == "evergreen"


def test_listeners_registries_and_the_crm_hear_of_it_at_once(watched: Watched) -> None:
    watched.measured(before=60, since=60)
    assert watched.asked == []
    watched.measured(before=60, since=30)
    assert watched.announcements.open(DATASET) == []
    assert watched.asked == [(name, {"dataset": DATASET}) for name in ("track-run", "update-segments")]


def test_what_somebody_else_changes_meanwhile_is_told_to_nobody_as_impossible(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = Rollbacks.move

    def overtaken(self: Rollbacks, rollback: Rollback) -> None:
        monkeypatch.setattr(Rollbacks, "move", move)
        watched.desk.said("rollback", DATASET, "--reason", "faster")
        watched.told()
        move(self, rollback)

    monkeypatch.setattr(Rollbacks, "move", overtaken)
    assert watched.measured(before=60, since=30).startswith("put off: ")
    assert watched.in_use() == (watched.first, watched.first)
    assert watched.told() == []


def test_looking_again_rolls_back_no_further_and_tells_nobody_again(watched: Watched) -> None:
    watched.measured(before=60, since=30)
    watched.told()
    for _ in range(3):
        assert watched.measured(before=60, since=30) == "rolled back, and people know"
    assert watched.in_use() == (watched.first, watched.first)
    assert watched.told() == []


@pytest.mark.parametrize(("before", "since", "judged"), [(60, 55, 100), (60, 60, 100), (60, 95, 100), (60, 5, 20)])
def test_what_may_be_chance_or_is_better_or_has_too_few_items_changes_nothing(
    watched: Watched, before: int, since: int, judged: int
) -> None:
    assert watched.measured(before, since, judged) == "not worse, as far as can be told"
    assert watched.in_use() == (watched.second, watched.second)


def test_once_enough_was_well_the_watch_is_over_and_a_later_fall_is_no_fault_of_the_promotion(watched: Watched) -> None:
    assert watched.measured(before=60, since=290, judged=300) == "not worse, as far as can be told"
    assert watched.measured(before=60, since=290, judged=900) == "the watch is over"
    assert watched.in_use() == (watched.second, watched.second)


def test_a_first_log_with_more_items_than_are_watched_is_looked_at_all_the_same(watched: Watched) -> None:
    assert watched.measured(before=60, since=300, judged=900) == "rolled back"


def test_a_promotion_that_no_alarm_asked_for_is_not_watched(watched: Watched) -> None:
    asked_by(watched.desk, watched.second, "object")
    assert watched.measured(before=60, since=30) == "its promotion is not watched"
    assert watched.in_use() == (watched.second, watched.second)


def test_a_contract_can_turn_the_watch_off(watched: Watched) -> None:
    watched.desk.world.states(**{"yield": YIELD | {"rollback": False}})
    assert watched.measured(before=60, since=30) == "nothing is watched"
    assert watched.in_use() == (watched.second, watched.second)


def test_a_champion_that_a_person_brought_back_is_not_watched(watched: Watched) -> None:
    watched.desk.said("rollback", DATASET, "--reason", "prices")
    watched.desk.said("rollback", DATASET, "--reason", "no", "--to", watched.second)
    assert watched.measured(before=60, since=30) == "its promotion is not watched"


def test_while_a_run_is_in_progress_it_is_put_off_and_done_by_a_later_look(watched: Watched) -> None:
    lease = watched.desk.take()
    assert watched.measured(before=60, since=30).startswith("put off: ")
    assert watched.in_use() == (watched.second, watched.second)
    assert watched.told() == []
    watched.desk.deployment.leases.release(DATASET, lease.run_id)
    assert watched.measured(before=60, since=30) == "rolled back"


def test_when_there_is_nothing_to_go_back_to_people_are_told_once(watched: Watched) -> None:
    key = f"runs/{DATASET}/{watched.first}/model.tar.gz"
    watched.desk.aws.s3.delete_object(Bucket=watched.desk.deployment.bucket, Key=key)
    for _ in range(2):
        assert watched.measured(before=60, since=30).startswith("not possible: ")
    (notice,) = watched.told()
    assert notice["kind"] == "ROLLBACK_IMPOSSIBLE"
    assert "is gone" in notice["body"]
    assert watched.in_use() == (watched.second, watched.second)


def test_people_who_could_not_be_told_are_told_by_the_next_look(watched: Watched) -> None:
    failing = watched.watching
    answers(failing.notices._client, "Publish", code="Throttling")
    series = {"before": 60, "since": 30}
    watched.measured(before=60, since=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watched, "watching", failing)
        with pytest.raises(Exception, match="send a notice"):
            watched.measured(**series)
    assert watched.in_use() == (watched.first, watched.first)
    assert watched.measured(**series) == "rolled back"
    assert len(watched.told()) == 1
