"""The CRM's HTTP interface: a webhook that takes segment updates, customers to look at, and a page for people."""

import secrets
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from local.crm.customers import Customers
from local.crm.page import customer_page, page

_NEEDED = {"dataset": str, "entity": str, "generation": str, "sequence": int}
_ON_THE_PAGE = 100


def application(customers: Customers, token: str) -> Starlette:
    """The CRM over these customers; whoever updates them shows the token."""

    async def take(request: Request) -> Response:
        said = request.headers.get("authorization", "")
        if not secrets.compare_digest(said.encode(), f"Bearer {token}".encode()):
            return _problem(401, "the bearer token is wrong")
        key = request.headers.get("idempotency-key")
        try:
            update: Any = await request.json()
        except ValueError as error:
            return _problem(400, f"the body is no JSON: {error}")
        wrong = _wrong(update)
        if wrong or not key:
            return _problem(422, wrong or "the header Idempotency-Key is missing")
        return JSONResponse({"taken": customers.take(key, update)})

    async def customer(request: Request) -> Response:
        dataset, entity = request.path_params["dataset"], request.path_params["entity"]
        found = customers.get(dataset, entity)
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(customer_page(dataset, entity, found), 200 if found else 404)
        return JSONResponse(asdict(found)) if found else _problem(404, f"no customer {entity} of {dataset}")

    async def everybody(request: Request) -> Response:
        return HTMLResponse(page(customers.count(), customers.segments(), customers.newest(_ON_THE_PAGE)))

    return Starlette(
        routes=[
            Route("/", everybody),
            Route("/segments", take, methods=["POST"]),
            Route("/customers/{dataset}/{entity:path}", customer),
        ]
    )


def _wrong(update: Any) -> str:
    if not isinstance(update, dict):
        return "the body is no JSON object"
    wrong = [name for name, kind in _NEEDED.items() if not isinstance(update.get(name), kind)]
    if "segment" not in update or not isinstance(update["segment"], str | None):
        wrong.append("segment")
    return f"missing or of the wrong kind: {', '.join(wrong)}" if wrong else ""


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)
