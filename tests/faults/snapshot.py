"""The state of a whole deployment in moto, taken at a state's entry and put back for each cell of the matrix."""

import copy
from dataclasses import dataclass, replace
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends
from moto.stepfunctions.models import stepfunctions_backends

from local.endpoints.fleet import Fleet
from local.model_packages import Shelf
from tests.integration.stores.aws import BUCKET

ACCOUNT, REGION = "123456789012", "us-east-1"
TOLD = "told"  # the archive of the event bus
TABLES = ("registry", "predictions", "segments")


@dataclass(frozen=True)
class Backends:
    """Where moto keeps what our stores write; read without a call, so that looking costs nothing."""

    shelf: Shelf
    fleet: Fleet
    topic_arn: str

    def items(self, table: str) -> Any:
        """Items by partition key and sort key."""
        return dynamodb_backends[ACCOUNT][REGION].tables[table].items

    def plain(self, table: str) -> dict[str, dict[str, Any]]:
        """The same by the keys' text."""
        return {pk.value: {sk.value: item for sk, item in of.items()} for pk, of in list(self.items(table).items())}

    @property
    def objects(self) -> Any:
        """Versions by key."""
        return s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys

    @property
    def executions(self) -> list[Any]:
        (machine,) = stepfunctions_backends[ACCOUNT][REGION].state_machines
        found: list[Any] = machine.executions
        return found

    @property
    def notices(self) -> list[Any]:
        """Message id, body, subject, attributes and group of each."""
        found: list[Any] = sns_backends[ACCOUNT][REGION].topics[self.topic_arn].sent_notifications
        return found

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was told on the event bus."""
        found: list[dict[str, Any]] = events_backends[ACCOUNT][REGION].archives[TOLD].events
        return found

    @property
    def timers(self) -> dict[str, Any]:
        """Schedules by name."""
        found: dict[str, Any] = scheduler_backends[ACCOUNT][REGION].schedule_groups["wakes"].schedules
        return found

    @property
    def endpoints(self) -> tuple[dict[str, Any], ...]:
        """Endpoints, their configurations and models, and what answers for them, each by name."""
        moto = self.fleet.backend
        return moto.endpoints, moto.endpoint_configs, moto._models, self.fleet._servers

    def attribute(self, item: Any, name: str) -> Any:
        """One attribute of a DynamoDB item as moto keeps it."""
        return item.attrs[name].cast_value if name in item.attrs else None


@dataclass(frozen=True)
class Snapshot:
    """A copy of all of it."""

    items: dict[str, dict[str, dict[str, Any]]]
    objects: dict[str, list[Any]]
    executions: list[tuple[Any, str]]
    notices: list[Any]
    events: list[dict[str, Any]]
    timers: dict[str, Any]
    packages: tuple[Any, Any, Any]
    endpoints: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, backends: Backends) -> "Snapshot":
        objects, shelf = backends.objects, backends.shelf
        return cls(
            items={name: copy.deepcopy(dict(backends.items(name))) for name in TABLES},
            objects={key: list(objects.getlist(key)) for key in objects},
            executions=[(each, each.status) for each in backends.executions],
            notices=list(backends.notices),
            events=list(backends.events),
            timers=dict(backends.timers),
            packages=copy.deepcopy((shelf.packages, shelf._tokens, shelf._newest)),
            endpoints=copy.deepcopy(backends.endpoints),
        )

    def restore(self, backends: Backends) -> None:
        """Make everything as it was."""
        fresh = replace(self, items=copy.deepcopy(self.items), packages=copy.deepcopy(self.packages))
        for name in TABLES:
            table = backends.items(name)
            table.clear()
            table.update(fresh.items[name])
        objects = backends.objects
        dict.clear(objects)
        for key, versions in self.objects.items():
            dict.__setitem__(objects, key, list(versions))
        backends.executions[:] = [execution for execution, _ in self.executions]
        for execution, status in self.executions:
            execution.status = status
        backends.notices[:] = self.notices
        backends.events[:] = self.events
        backends.timers.clear()
        backends.timers.update(self.timers)
        shelf = backends.shelf
        shelf.packages, shelf._tokens, shelf._newest = fresh.packages
        for there, then in zip(backends.endpoints, copy.deepcopy(self.endpoints), strict=True):
            there.clear()
            there.update(then)
