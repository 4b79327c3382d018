"""What the API does is what its OpenAPI document says, for whatever requests schemathesis makes of it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from local.http_api.events import HttpRequest, as_answer, as_event
from tests.integration.functions.conftest import Handler
from tests.integration.functions.http_requests import Client, Scorer
from tests.integration.functions.world import DATASET, World

RUN = "next-purchase-00001-aaaaaaaa"
OPERATIONS = [
    ("GET", "/datasets"),
    ("GET", "/datasets/{dataset}"),
    ("GET", "/predictions/{dataset}/{entity}"),
    ("POST", "/predictions/{dataset}"),
    ("POST", "/predict/{dataset}"),
    ("POST", "/crm_segment_update"),
    ("GET", "/health"),
    ("GET", "/metrics"),
]
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def schema(world: World, function: Callable[[str], Handler], monkeypatch: pytest.MonkeyPatch) -> Any:
    scorer = Scorer(answer={"loaded": {}, "champion": RUN, "predictions": [{"prediction": 3.5}]})
    client = Client.start(function, scorer, monkeypatch)
    facts = {"generation": RUN, "run_id": RUN, "champion": RUN, "rows": 1}
    world.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "PUBLISHED", **facts})
    world.aws.predictions.put_item(Item={"pk": f"{DATASET}#17850", "sk": RUN, "entity": "17850", "prediction": 14})
    return schemathesis.openapi.from_wsgi("/openapi.json", _wsgi(client))


def _wsgi(client: Client) -> Any:
    """The API behind the very translation that serves it on the laptop."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
        headers += [("Content-Type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else []
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path, query = environ["PATH_INFO"].encode("latin-1").decode(errors="replace"), environ.get("QUERY_STRING", "")
        request = HttpRequest(environ["REQUEST_METHOD"], f"/?{query}", headers, body, "127.0.0.1")
        event = as_event(request, "api", "$default") | {"rawPath": path}
        event["requestContext"]["http"]["path"] = path
        answer = as_answer(client.handler(event))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.body]

    return app


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_request_gets_an_answer_that_the_document_describes(schema: Any, method: str, path: str) -> None:
    operation = schema[path][method]

    @BOUNDED
    @given(case=operation.as_strategy())
    def conforms(case: Any) -> None:
        case.call_and_validate()

    conforms()


@pytest.mark.parametrize(("method", "path"), [each for each in OPERATIONS if "{" in each[1]])
def test_no_request_that_the_document_forbids_is_fulfilled(schema: Any, method: str, path: str) -> None:
    operation = schema[path][method]

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def refused(case: Any) -> None:
        answer = case.call_and_validate()
        assert 400 <= answer.status_code < 500

    refused()
