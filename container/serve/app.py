"""The ASGI application: /ping, /execution-parameters and /invocations, as SageMaker asks for them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from container.directories import Directories
from container.model import Model
from container.serve.decode import SMALL_BODY, BadRequest, Matrix, from_csv, from_json
from container.serve.encode import to_csv, to_json
from container.signature import Signature
from container.tasks.definition import Answer

CORES = os.cpu_count() or 1
CONCURRENT = 2 * CORES
DECODERS: dict[str, Callable[[bytes, Signature], Matrix]] = {"text/csv": from_csv, "application/json": from_json}
ENCODERS: dict[str, Callable[[Answer, Signature], bytes]] = {"text/csv": to_csv, "application/json": to_json}


def load_model(directories: Directories) -> Model:
    """Load the model that SageMaker unpacked, and make sure that it predicts."""
    model = Model.load(lambda name: (directories.model / name).read_bytes())
    model.predict(np.full((1, len(model.signature.features)), np.nan, dtype=np.float32))
    return model


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Load the model before the first request; without it the server does not start."""
    app.state.model = load_model(Directories.of_sagemaker())
    with ThreadPoolExecutor(CORES) as pool:
        app.state.pool = pool
        yield


async def ping(request: Request) -> Response:
    """Say that the model is loaded and has predicted."""
    return Response(status_code=200 if hasattr(request.app.state, "model") else 503)


async def execution_parameters(request: Request) -> Response:
    """Let batch transform send as many requests at once as the cores can take."""
    return JSONResponse(
        {
            "MaxConcurrentTransforms": CONCURRENT,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": max(1, min(6, 100 // CONCURRENT)),
        }
    )


async def invocations(request: Request) -> Response:
    """Score rows; a body that does not fit is refused as a whole, by row and column."""
    given = _media_type(request.headers.get("content-type"), "text/csv")
    wanted = _media_type(request.headers.get("accept"), "text/csv")
    if given not in DECODERS:
        return PlainTextResponse(f"content type {given} is not known: send {' or '.join(DECODERS)}", 415)
    if wanted not in ENCODERS:
        return PlainTextResponse(f"{wanted} cannot be given: accept {' or '.join(ENCODERS)}", 406)
    body = await request.body()
    score = partial(_score, body, request.app.state.model, DECODERS[given], ENCODERS[wanted])
    try:
        if len(body) <= SMALL_BODY:
            content = score()
        else:
            content = await asyncio.get_running_loop().run_in_executor(request.app.state.pool, score)
    except BadRequest as error:
        return PlainTextResponse(str(error), 400)
    return Response(content, media_type=wanted)


def _score(
    body: bytes,
    model: Model,
    decode: Callable[[bytes, Signature], Matrix],
    encode: Callable[[Answer, Signature], bytes],
) -> bytes:
    if not body.strip():
        raise BadRequest("the body is empty: send one line per row")
    return encode(model.answer(decode(body, model.signature)), model.signature)


def _media_type(header: str | None, default: str) -> str:
    kind = (header or default).split(",")[0].split(";")[0].strip().lower()
    return default if kind in ("*/*", "text/*", "") else kind


app = Starlette(
    routes=[
        Route("/ping", ping),
        Route("/execution-parameters", execution_parameters),
        Route("/invocations", invocations, methods=["POST"]),
    ],
    lifespan=lifespan,
)
