"""Each request for predictions is counted, with how it ended and how long it took."""

import re
import time
from collections.abc import Callable, Collection
from typing import Any

from evergreen.request_metrics import Route, Series
from evergreen.stores.request_counts import RequestCounts

_PATH = re.compile(r"/(?P<kind>predictions|predict)/(?P<dataset>[^/]+)(?P<entity>/.+)?")


class Measure:
    """What is counted of this process's requests; one is under way at a time."""

    def __init__(self, counts: RequestCounts, known: Collection[str]) -> None:
        self._counts, self._known = counts, known
        self.model_version = ""  # whose model answered the request that is under way

    def around(self, event: dict[str, Any], answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer, counted where it is one about predictions."""
        self.model_version, began = "", time.perf_counter()
        said = answer()
        place = _place(event)
        if place and place[0] in self._known:  # or anybody could make up series
            dataset, route = place
            series = Series(dataset, route, self.model_version)
            self._counts.tally.observe(series, int(said["statusCode"]), time.perf_counter() - began)
            self._counts.write_when_due()
        return said


def _place(event: dict[str, Any]) -> tuple[str, Route] | None:
    """Which data set is asked, and how."""
    found = _PATH.fullmatch(str(event.get("rawPath", "")))
    if not found:
        return None
    if found["kind"] == "predict":
        return found["dataset"], "predict"
    return found["dataset"], "read" if found["entity"] else "batch"
