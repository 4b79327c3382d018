"""UpdateEndpoint: the endpoint answers with the champion, or as before, whatever fails and whoever is faster."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.sagemaker.models import sagemaker_backends

from evergreen.contracts import Contracts
from evergreen.endpoint import Endpoint
from evergreen.endpoint_moves import EndpointRecord, EndpointState
from evergreen.errors import RunSuperseded
from evergreen.layout import RunLayout
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.registry import Change
from local.endpoints.fleet import Fleet
from tests.integration.functions.conftest import Handler
from tests.integration.functions.endpoints import endpoints
from tests.integration.functions.scored import Line
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, interrupt

PARTS = {"part-00000.csv": ["1,20.1,0.7", "2,3.0,0.2"]}
NAME = "Evergreen-next-purchase"


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch, world: World) -> Fleet:
    asks_for(world, Endpoint())
    return endpoints(monkeypatch)


@pytest.fixture
def line(world: World, function: Callable[[str], Handler], fleet: Fleet) -> Line:
    return Line(world, function)


def asks_for(world: World, endpoint: Endpoint | None) -> None:
    folder = world.contracts[DATASET]
    contract = folder.contract.model_copy(update={"endpoint": endpoint})
    world.contracts = Contracts({DATASET: folder.model_copy(update={"contract": contract})})


def promoted(line: Line, model: str = "good") -> dict[str, Any]:
    """A run that has a new champion and has published its predictions, and still holds the lease."""
    run, world = line.run(PARTS), line.world
    key = f"runs/{DATASET}/{run['run_id']}/models/model.tar.gz"
    world.aws.put(key, model)
    world.aws.put(
        RunLayout(DATASET, run["run_id"]).scoring_part("part-00000.csv"), "\n".join(PARTS["part-00000.csv"]) + "\n"
    )
    before = world.registry.champion(DATASET)
    change = Change(DATASET, run["run_id"], run["fence"], before["run_id"] if before else None, datetime.now(UTC))
    world.registry.promote(change, {"model_uri": f"s3://{BUCKET}/{key}", "model_key": key}, ("better",))
    line.load(run)
    line.publish(run)
    return run


def update(line: Line, run: dict[str, Any] | None) -> dict[str, Any]:
    asked = {name: run[name] for name in ("dataset", "run_id", "fence")} if run else {"dataset": DATASET}
    told: dict[str, Any] = line._invoke("update_endpoint", asked)
    return told


def whole(line: Line, model: str = "good") -> tuple[dict[str, Any], dict[str, Any]]:
    run = promoted(line, model)
    told = update(line, run)
    line.end(run)
    return run, told


def serving(fleet: Fleet) -> str | None:
    server = fleet.server(NAME)
    return server.variant if server else None


def left() -> tuple[list[str], list[str], list[str]]:
    """Endpoints, configurations and models that there are."""
    backend = sagemaker_backends["123456789012"]["us-east-1"]
    return list(backend.endpoints), list(backend.endpoint_configs), list(backend._models)


def record(world: World) -> EndpointRecord:
    found = EndpointRecords(world.aws.registry).find(DATASET)
    assert found
    return found


def test_the_first_champion_gets_an_endpoint_that_answers_as_the_batch_did(line: Line, fleet: Fleet) -> None:
    run, told = whole(line)
    assert serving(fleet) == run["run_id"]
    assert (told["state"], told["champion"]) == ("SERVING", run["run_id"])
    assert "2 of 2 answers are the published batch predictions'" in told["smoke"]
    assert (line.world.runs.get(run["run_id"]) or {})["endpoint"]["state"] == "SERVING"
    names, configs, models = left()
    assert (names, len(configs), configs) == ([NAME], 1, models)
    assert configs[0].startswith(f"Evergreen-{run['run_id']}-")


def test_the_next_champion_takes_over_and_nothing_is_left_of_the_one_before(line: Line, fleet: Fleet) -> None:
    whole(line)
    run, _ = whole(line)
    assert serving(fleet) == run["run_id"]
    names, configs, models = left()
    assert (names, len(configs), configs) == ([NAME], 1, models)
    assert update(line, None)["champion"] == run["run_id"], "again there is nothing to do"
    assert serving(fleet) == run["run_id"]


@pytest.mark.parametrize("model", ["wrong", "broken"])
def test_a_model_that_does_not_answer_as_the_batch_did_leaves_the_endpoint_as_it_was(
    line: Line, fleet: Fleet, model: str
) -> None:
    good, _ = whole(line)
    bad, told = whole(line, model)
    assert serving(fleet) == good["run_id"]
    assert (told["state"], told["champion"]) == ("REFUSED", bad["run_id"])
    assert told["reason"].startswith(
        {"wrong": "of its smoke requests, 0 of 2", "broken": "the container did not pass"}[model]
    )
    _, configs, models = left()
    assert (len(configs), configs) == (1, models)
    assert good["run_id"] in configs[0]
    assert record(line.world).sentence.startswith(f"The endpoint {NAME} answers as before, for it could not take")
    mended, _ = whole(line)
    assert serving(fleet) == mended["run_id"]


@pytest.mark.parametrize("model", ["wrong", "broken"])
def test_a_first_model_that_fails_leaves_no_endpoint_and_the_next_run_tries_again(
    line: Line, fleet: Fleet, model: str
) -> None:
    _, told = whole(line, model)
    assert told["state"] == "REFUSED"
    assert left() == ([], [], [])
    run, _ = whole(line)
    assert serving(fleet) == run["run_id"]


def test_after_a_rollback_the_endpoint_follows_and_a_refusal_is_told(line: Line, fleet: Fleet, world: World) -> None:
    first, _ = whole(line)
    second, _ = whole(line)
    _champion_is(world, first)
    assert update(line, None)["champion"] == first["run_id"]
    assert serving(fleet) == first["run_id"]
    world.aws.notices()
    world.aws.put(f"runs/{DATASET}/{second['run_id']}/models/model.tar.gz", "wrong")
    _champion_is(world, second)
    assert update(line, None)["state"] == "REFUSED"
    assert serving(fleet) == first["run_id"]
    (notice,) = world.aws.notices()
    assert notice["kind"] == "ENDPOINT_REFUSED"
    assert "answers as before" in notice["body"]


def test_a_run_that_lost_its_lease_is_told_so_and_the_endpoint_answers_with_the_champion(
    line: Line, fleet: Fleet, world: World
) -> None:
    whole(line)
    zombie = promoted(line)
    line.end(zombie)
    assert world.leases.take(DATASET, ["later"], datetime.now(UTC))
    with pytest.raises(RunSuperseded):
        update(line, zombie)
    assert serving(fleet) == (world.registry.champion(DATASET) or {})["run_id"]


def test_a_run_that_is_overtaken_while_it_asks_sagemaker_brings_the_endpoint_back(
    line: Line, fleet: Fleet, world: World
) -> None:
    first, _ = whole(line)
    zombie = promoted(line)
    line.handlers["update_endpoint"] = line.function("update_endpoint")

    def overtaken() -> None:
        line.end(zombie)
        _champion_is(world, first)

    interrupt(_mover().endpoints.client, "UpdateEndpoint", overtaken)
    with pytest.raises(RunSuperseded):
        update(line, zombie)
    assert serving(fleet) == first["run_id"]
    assert record(world).state is EndpointState.SERVING
    assert len(left()[1]) == 1, "nothing is left of what was asked too late"


def test_a_lease_lost_before_the_smoke_requests_are_judged_leaves_no_move_unfinished(
    line: Line, fleet: Fleet, world: World
) -> None:
    whole(line)
    zombie = promoted(line)
    line.handlers["update_endpoint"] = line.function("update_endpoint")
    interrupt(_mover().smoke.answers.client, "InvokeEndpoint", lambda: line.end(zombie))
    with pytest.raises(RunSuperseded):
        update(line, zombie)
    assert (record(world).state, record(world).champion) == (EndpointState.SERVING, zombie["run_id"])


def test_a_contract_that_asks_for_no_endpoint_any_more_has_it_deleted(line: Line, fleet: Fleet, world: World) -> None:
    whole(line)
    asks_for(world, None)
    line.handlers.clear()
    run = promoted(line)
    pinned = world.pinning._has_endpoint(world.contracts[DATASET].contract)
    assert pinned, "so that the workflow goes there"
    assert update(line, run)["state"] == "GONE"
    assert record(world).run_id == run["run_id"], "whose notice tells of it"
    assert left() == ([], [], [])
    assert not world.pinning._has_endpoint(world.contracts[DATASET].contract)


def test_another_kind_of_endpoint_is_made_for_the_same_champion(line: Line, fleet: Fleet, world: World) -> None:
    run, _ = whole(line)
    asks_for(world, Endpoint.model_validate({"instance": {"type": "ml.t2.medium"}}))
    line.handlers.clear()
    assert update(line, None)["champion"] == run["run_id"]
    described = boto3.client("sagemaker").describe_endpoint(EndpointName=NAME)
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert len(left()[1]) == 1


def _champion_is(world: World, run: dict[str, Any]) -> None:
    """What a rollback leaves in the registry."""
    for what, item in (("CHAMPION", {"run_id": run["run_id"]}), ("PUBLISHED", {"run_id": run["run_id"]})):
        found = world.aws.registry.get_item(Key={"pk": f"DATASET#{DATASET}", "sk": what})["Item"]
        found |= item
        if what == "CHAMPION":
            found["model_key"] = f"runs/{DATASET}/{run['run_id']}/models/model.tar.gz"
        else:
            found |= {"generation": run["run_id"], "champion": run["run_id"]}
        world.aws.registry.put_item(Item=found)


def _mover() -> Any:
    return sys.modules["functions.update_endpoint.handler"].updating.mover
