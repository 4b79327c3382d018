"""Serves `factor × second-to-last column` per line, slower for some payloads so that answers overtake each other."""

import http.server
import json
import os
import pathlib
import time
from typing import Any


def serve(base: pathlib.Path) -> None:
    model = json.loads((base / "model/model.json").read_text())
    refused: set[bytes] = set()

    if os.environ.get("NEVER_STARTS"):
        raise SystemExit("no model of mine")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/execution-parameters":
                plan = {"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 1}
                self.answer(200, json.dumps(plan).encode())
            else:
                self.answer(200, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            lines = body.decode().splitlines()
            if os.environ.get("ONCE_BUSY") and body not in refused:
                refused.add(body)
                self.answer(503, b"busy")
                return
            time.sleep(0.05 if int(lines[0].split(",")[0]) % 2 else 0.0)
            answers = [str(model["factor"] * int(line.split(",")[0])) for line in lines]
            if os.environ.get("SAYS_NO"):
                self.answer(400, b"row 1 is no row")
                return
            if os.environ.get("DROP_LINE"):
                answers = answers[1:]
            self.answer(200, "\n".join(answers).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
