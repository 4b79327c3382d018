"""Keeps the processes of every function warm."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from local.cloud import Cloud
from local.functions.code import Version
from local.functions.worker import Answer, Worker
from local.role_sessions import RoleSessions

IDLE_PER_FUNCTION = 4  # each holds some 50 MB; more are started when more is asked for at once
IDLE_PER_IMAGE_FUNCTION = 1  # the image's libraries hold several times that


class Pool:
    """Idle processes by function; as many busy ones as there are invocations at once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._sessions = RoleSessions(cloud)
        self._idle: dict[str, list[Worker]] = defaultdict(list)
        self._lock = threading.Lock()
        self._closed = False
        cloud.on_close(self.close)

    def invoke(self, version: Version, payload: bytes) -> Answer:
        """Answers one event in a warm process, or in a new one when none is free."""
        worker = self._take(version) or Worker(self._cloud, self._sessions, version)
        answer = worker.invoke(payload)
        self._give_back(worker)
        return answer

    def warm(self, versions: Iterable[Version]) -> None:
        """Starts a process of each function ahead of its first event, one after the other, as AWS may do too."""
        for version in versions:
            with self._lock:
                if self._closed or self._idle[version.name]:
                    continue
            try:
                worker = Worker(self._cloud, self._sessions, version)
            except Exception:
                if self._closed:  # the cloud ended meanwhile
                    return
                raise
            while worker.alive and not worker.ready:
                time.sleep(0.02)
            self._give_back(worker)

    def forget(self, name: str) -> None:
        """Ends the idle processes of a function that is no more."""
        with self._lock:
            workers = self._idle.pop(name, [])
        for worker in workers:
            worker.stop()

    def close(self) -> None:
        """Ends every idle process."""
        with self._lock:
            self._closed = True
            workers = [worker for idle in self._idle.values() for worker in idle]
            self._idle.clear()
        for worker in workers:
            worker.stop()

    def _take(self, version: Version) -> Worker | None:
        """A warm process of this very version; those of an older one are ended."""
        with self._lock:
            idle = self._idle[version.name]
            outdated = [worker for worker in idle if worker.version != version]
            usable = [worker for worker in idle if worker.version == version and worker.alive]
            taken = usable.pop() if usable else None
            self._idle[version.name] = usable
        for worker in outdated:
            worker.stop()
        return taken

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            idle = self._idle[worker.version.name]
            most = IDLE_PER_IMAGE_FUNCTION if worker.version.code is None else IDLE_PER_FUNCTION
            if worker.alive and len(idle) < most and not self._closed:
                idle.append(worker)
                return
        worker.stop()
