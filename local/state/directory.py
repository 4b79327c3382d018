"""Taking snapshots of a running cloud and restoring the last one."""

import json
import logging
import threading
from pathlib import Path
from typing import Any

from local.cloud import Cloud
from local.endpoints.fleet import Fleet
from local.event_bus import Deliveries
from local.model_packages import Shelf
from local.state import items, objects, queues, schedules
from local.state.blobs import Blobs, replace_file

log = logging.getLogger(__name__)

_FORMAT = 1
_DELIVERY_SECONDS = 2.0


class StateDirectory:
    """The snapshot of one cloud in one directory."""

    def __init__(self, cloud: Cloud, directory: Path, settle_seconds: float = 1.0, latest_seconds: float = 5.0) -> None:
        self._cloud = cloud
        self._blobs = Blobs(directory / "blobs")
        self._manifest = directory / "state.json"
        self._settle_seconds, self._latest_seconds = settle_seconds, latest_seconds
        self._orphans: dict[str, str] = {}
        self._saved_at = -1  # the count of writes that the last snapshot holds

    def restore(self) -> None:
        """Puts back what the last snapshot holds; to be called when the templates are deployed."""
        if self._manifest.is_file():
            state = json.loads(self._manifest.read_text())
            if state.get("format") != _FORMAT:
                raise ValueError(f"{self._manifest} was written by another version; choose a new directory")
            with self._cloud.writes.held():
                objects.restore(self._cloud, state["buckets"], self._blobs)
                self._orphans = items.restore(self._cloud, state["tables"], self._blobs)
                schedules.restore(self._cloud, state.get("schedules", []))
                self._cloud.kept(Shelf).restore(state.get("model_packages", []))
                self._cloud.kept(Fleet).restore(state.get("endpoints", []))
                queues.restore(self._cloud, state.get("queues", {}))
        for table in self._orphans:
            log.warning("no template has the table %s any more; its items are kept for when one has it again", table)

    def save(self) -> None:
        """Writes a snapshot, whole or not at all, if anything changed since the last one."""
        with self._cloud.writes.held():
            count = self._cloud.writes.count
            if count == self._saved_at:
                return
            self._cloud.kept(Deliveries).settle(_DELIVERY_SECONDS)  # or an object would be kept without its event
            tables = {**self._orphans, **items.capture(self._cloud, self._blobs)}
            buckets = objects.capture(self._cloud, self._blobs)
            packages, timers = self._cloud.kept(Shelf).capture(), schedules.capture(self._cloud)
            endpoints, messages = self._cloud.kept(Fleet).capture(), queues.capture(self._cloud)
        kept: dict[str, Any] = {"buckets": buckets, "tables": tables, "model_packages": packages, "schedules": timers}
        kept |= {"endpoints": endpoints, "queues": messages}
        state: dict[str, Any] = {"format": _FORMAT, **kept}
        replace_file(self._manifest, json.dumps(state).encode())
        self._blobs.keep_only(objects.referenced(buckets) | set(tables.values()))
        self._saved_at = count

    def keep_saving(self) -> None:
        """Takes snapshots in the background: when changes have settled, or do not settle, and at the end."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._loop, args=(stopped,), name="state", daemon=True)
        thread.start()

        def stop() -> None:
            stopped.set()
            thread.join()
            self.save()

        self._cloud.on_close(stop)

    def _loop(self, stopped: threading.Event) -> None:
        seen, waited = self._cloud.writes.count, 0.0
        while not stopped.wait(self._settle_seconds):
            count = self._cloud.writes.count
            waited = waited + self._settle_seconds if count != self._saved_at else 0.0
            if count != self._saved_at and (count == seen or waited >= self._latest_seconds):
                try:
                    self.save()
                except Exception:
                    log.exception("the state could not be saved; trying again")
            seen = count
