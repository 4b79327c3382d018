"""What must hold whatever fails: watched after every call, and judged at the end."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from evergreen.layout import RunLayout
from evergreen.runs import dataset_of
from tests.faults.after_alarm import stuck_notice
from tests.faults.execution import Execution
from tests.faults.snapshot import Backends

_FINISHED = ("SUCCEEDED", "DATA_REJECTED")
_EVENT_OF = {"FAILED": "RunFailed", "DATA_REJECTED": "DataRejected"}
KEYS = ("pk", "sk")
_LAST = ("CompleteRun", "RejectData")  # the states that settle arrivals


@dataclass
class Watch:
    """A reader and an auditor of one data set, who look after each call that took effect."""

    backends: Backends
    dataset: str
    champions: list[tuple[Any, ...]] = field(default_factory=list)  # every face that a promotion gave the item
    generations: list[str] = field(default_factory=list)
    brought_back: str = ""  # the run whose champion and generation a rollback brought back
    compared: str = ""  # the generation that the CRM is brought to
    broken: list[str] = field(default_factory=list)
    in_window: bool = False  # a notice was sent, and not noted yet
    overtaken: bool = False  # a run meets its fault by being stopped or paused, and may end after the next one
    strikes: int = 0  # how often the fault happened
    excused: int = 0  # faults that fell into this window; each may double a notice

    def __post_init__(self) -> None:
        """What was before is known by the history."""
        before = sorted(self._history(), key=lambda entry: entry[1])
        champion, published = self._face("CHAMPION", "run_id"), self._face("PUBLISHED", "generation")
        self.champions += [(run_id,) for event, run_id in before if event == "PROMOTED" and (run_id,) != champion]
        self.generations += [run_id for event, run_id in before if event == "PUBLISHED" and (run_id,) != published]
        self.look()

    def look(self, operation: str = "") -> None:
        """After one call that took effect."""
        if operation == "Publish":
            self.in_window = True
        elif operation == "UpdateItem":
            self.in_window = False
        champion = self._face("CHAMPION", "run_id", "promoted_at", "model_uri")
        if any(self._face("CHAMPION", "rolled_back_at")):
            self.brought_back = champion[0]
        elif champion and (not self.champions or self.champions[-1] != champion):
            self.champions.append(champion)
        published = self._face("PUBLISHED", "generation", "rows", "champion")
        if published and published[0] == self.brought_back:
            self._is_whole(*published)
        elif published and (not self.generations or self.generations[-1] != published[0]):
            self.generations.append(published[0])
            self._is_whole(*published)
        status = self.backends.plain("segments").get(self.dataset, {}).get("STATUS")
        compared = self.backends.attribute(status, "generation") if status else None
        if compared and compared != self.compared:
            self.compared = compared
            self._segments_are_those_of(compared)

    def strike(self, *, overtaking: bool = False) -> None:
        """A fault happens now; `overtaking`: between looking whether people were told and telling them, somebody else
        ends the run."""
        self.strikes += 1
        self.excused += self.in_window or overtaking

    def judge(self, executions: dict[str, Execution]) -> list[str]:
        """Everything that is wrong when nothing runs."""
        self.look()
        ours = {name: each for name, each in executions.items() if dataset_of(name) == self.dataset}
        published = self._face("PUBLISHED", "generation", "rows", "champion")
        if published:
            self._is_whole(*published)
        self._champion_changed_as_the_verdict_said(ours)
        self._generations_go_forward()
        self._every_drop_is_known()
        self._arrivals_end_well(ours)
        self._people_were_told(ours)
        self._lease_is_free()
        self._listeners_were_told(ours)
        self._endpoint_follows()
        if self.compared and (self.compared,) == self._face("PUBLISHED", "generation"):
            self._segments_are_those_of(self.compared)
        return list(dict.fromkeys(self.broken))

    # 1. published predictions are one whole generation

    def _is_whole(self, generation: str, rows: int, champion: str) -> None:
        wanted = self._document(RunLayout(self.dataset, generation).report)["scoring_rows"]
        found = [of["model"] for of in self._predictions(generation)]
        self._must(len(found) == rows == wanted, f"readers see {len(found)} of {wanted} predictions of {generation}")
        self._must(set(found) == {champion}, f"readers see predictions of {set(found)}, not of {champion}")

    def _predictions(self, generation: str) -> list[dict[str, Any]]:
        every = self.backends.plain("predictions").values()
        return [{"model": of[generation].attrs["model"].value} for of in every if generation in of]

    # 2. the champion changed only if the verdict said so, and once

    def _champion_changed_as_the_verdict_said(self, ours: dict[str, Execution]) -> None:
        reigns = [face[0] for face in self.champions]
        self._must(len(set(reigns)) == len(reigns), f"the champion's item changed more than once for a run: {reigns}")
        self._must(reigns == sorted(reigns), f"an older run took over from a newer one: {reigns}")
        history = [run_id for event, run_id in self._history() if event == "PROMOTED"]
        self._must(sorted(history) == sorted(reigns), f"the history tells of {history}, the champions were {reigns}")
        for name, execution in ours.items():
            verdict = self._document(RunLayout(self.dataset, name).verdict)
            wins = bool(verdict and verdict["promote"] and self._is_approved(name))
            self._must(wins or name not in reigns, f"{name} became champion without a verdict that says so")
            done = execution.status == "SUCCEEDED" and "CompleteRun" in execution.entered
            self._must(not (wins and done) or name in reigns, f"{name} went all the way and won, and is not champion")

    def _is_approved(self, run_id: str) -> bool:
        """Whether a person's word was given in time, where the contract asks for one."""
        contract = self._document(RunLayout(self.dataset, run_id).contract_file("dataset.json"))
        if contract["gate"].get("approval", "none") == "none":
            return True
        run = self._item(f"RUN#{run_id}")
        said = self.backends.attribute(run, "decision") or {}
        return bool(said.get("approved")) and not self.backends.attribute(run, "decided_too_late")

    def _generations_go_forward(self) -> None:
        seen = self.generations
        self._must(seen == sorted(set(seen)), f"readers went back or forth: {seen}")
        history = [run_id for event, run_id in self._history() if event == "PUBLISHED"]
        self._must(sorted(history) == sorted(seen), f"the history tells of {history}, readers saw {seen}")

    def _history(self) -> list[tuple[str, str]]:
        items = {sk: each for sk, each in self._items().items() if sk.startswith("HISTORY#")}
        return [(each.attrs["event"].value, each.attrs["run_id"].value) for each in items.values()]

    # 3. every arrival ends done, waiting (held) or quarantined

    def _arrivals_end_well(self, ours: dict[str, Execution]) -> None:
        taken: Counter[str] = Counter()
        for name in ours:
            if self._status(name) in _FINISHED:
                taken.update(self.backends.attribute(self._item(f"RUN#{name}"), "arrival_ids"))
        for sk, item in list(self._items().items()):
            if not sk.startswith("ARRIVAL#"):
                continue
            told = f"{self.backends.attribute(item, 'key')} is {self.backends.attribute(item, 'state')}"
            state, run_id = (self.backends.attribute(item, name) for name in ("state", "run_id"))
            by = self.backends.attribute(item, "superseded_by")
            rests = state in ("DONE", "QUARANTINED") or (state == "SUPERSEDED" and by in self._arrival_ids())
            self._must(rests, f"{told} when nothing is left to do")
            at_its_end = run_id in ours and set(ours[run_id].entered) & set(_LAST)
            self._must(state != "DONE" or at_its_end, f"{told} by {run_id}, which never came so far")
            self._must(state == "DONE" or self.backends.attribute(item, "reason"), f"{told} for no reason")
            key = self.backends.attribute(item, "accepted_key")
            is_file = self.backends.attribute(item, "kind") == "object"
            self._must(state != "DONE" or not is_file or key in self.backends.objects, f"{told}, its rows are nowhere")
            arrival = self.backends.attribute(item, "arrival_id")
            self._must(state != "DONE" or taken[arrival] or self._published(run_id), f"{told} in no finished run")
            self._must(state != "SUPERSEDED" or not taken[arrival], f"{told}, though a run took it")
            self._must(taken[arrival] <= 1 + self.overtaken, f"{told} in {taken[arrival]} finished runs")

    def _every_drop_is_known(self) -> None:
        items = [item for sk, item in self._items().items() if sk.startswith("ARRIVAL#")]
        known = {self.backends.attribute(item, "key") for item in items}
        lost = {key for key in self.backends.objects if key.startswith(f"incoming/{self.dataset}/")} - known
        self._must(not lost, f"nobody knows of {sorted(lost)}")

    def _published(self, run_id: str) -> bool:
        return run_id in self.generations or self._status(run_id) in _FINISHED

    # 4. at least one notice per finished run, all with one stable id, doubles bounded

    def _people_were_told(self, ours: dict[str, Execution]) -> None:
        told = Counter(said["notification_id"]["Value"] for _, _, _, said, _ in self.backends.notices)
        known = {*ours, *(f"{name}-{kind}" for name in ours for kind in ("approval", "watch")), *self._arrival_ids()}
        known |= {stuck_notice(*self._face(sk, "alarm", "at")) for sk in self._items() if sk.startswith("ALARM#")}
        self._must(not told.keys() - known, f"notices with ids of their own: {sorted(told.keys() - known)}")
        for name in ours:
            self._must(self._status(name) != "RUNNING", f"{name} is over, and its record says that it runs")
            self._must(told[name] >= 1, f"nobody was told how {name} ended")
            self._must(told[name] <= 1 + self.excused, f"people were told {told[name]} times how {name} ended")
        asked = [name for name in known if told[name] > 1 + self.excused]
        self._must(not asked, f"told too often: {asked}")

    def _arrival_ids(self) -> list[str]:
        return [sk.removeprefix("ARRIVAL#") for sk in self._items() if sk.startswith("ARRIVAL#")]

    # 5. the lease is free

    def _lease_is_free(self) -> None:
        lease = self._item("LEASE")
        holder = self.backends.attribute(lease, "run_id") if lease else None
        self._must(holder is None, f"{holder} holds the lease when nothing runs")

    # 6. what the CRM is to be told is what the generation says that was compared last

    def _segments_are_those_of(self, generation: str) -> None:
        self._must(generation in self.generations, f"the CRM is brought to {generation}, which readers never saw")
        wanted = {}
        for pk, of in self.backends.plain("segments").items():
            if pk.startswith(f"{self.dataset}#"):
                wanted |= {sk: self.backends.attribute(item, "segment") for sk, item in of.items()}
        for pk, of in self.backends.plain("predictions").items():
            if generation in of and pk.startswith(f"{self.dataset}#"):
                entity, segment = pk.split("#")[1], self.backends.attribute(of[generation], "segment")
                told = wanted.get(f"WANT#{entity}")
                self._must(told == segment, f"the CRM is not told that {entity} is {segment} by {generation}: {told}")

    # 7. whoever listens hears of each thing that happened, by one id however often, and of nothing else

    def _listeners_were_told(self, ours: dict[str, Execution]) -> None:
        ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        waiting = self._item("EVENTS")
        left = [json.loads(each.value) for name, each in waiting.attrs.items() if name not in KEYS] if waiting else []
        told = [(each["detail-type"], each["detail"]) for each in self.backends.events]
        for kind, detail in [*told, *((each["type"], each["detail"]) for each in left)]:
            if detail["dataset"] == self.dataset and detail.get("cause") != "rollback":  # which may come again
                ids[kind, detail["run_id"]].add(detail["event_id"])
        happened = {("PredictionsPublished", each) for each in self.generations}
        happened |= {("ChampionPromoted", face[0]) for face in self.champions}
        happened |= {(_EVENT_OF[status], each) for each in ours if (status := self._status(each)) in _EVENT_OF}
        self._must(not happened - ids.keys(), f"nobody who listens hears of {sorted(happened - ids.keys())}")
        doubled = sorted(what for what, of in ids.items() if len(of) > 1)
        self._must(not doubled, f"told under several ids: {doubled}")
        of_changes = {what for what in ids if what[0] in ("PredictionsPublished", "ChampionPromoted")}
        self._must(not of_changes - happened, f"told, and never happened: {sorted(of_changes - happened)}")

    # 8. the endpoint is where the champion is, and leaves nothing behind

    def _endpoint_follows(self) -> None:
        item = self._item("ENDPOINT")
        if item is None:
            return
        named = ("endpoint", "state", "champion", "config")
        name, state, champion, config = (self.backends.attribute(item, each) for each in named)
        server, (now,) = self.backends.fleet.server(name), self._face("CHAMPION", "run_id")
        answers = server.variant if server else None
        self._must(state == "SERVING" and champion == now, f"the endpoint is {state} with {champion}, not with {now}")
        self._must(answers == now, f"the endpoint answers with {answers}, not with {now}")
        left = set(self.backends.endpoints[1]) - {config}
        self._must(not left, f"configurations that nothing uses are left: {left}")

    # looking

    def _must(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)

    def _status(self, run_id: str) -> str:
        item = self._item(f"RUN#{run_id}")
        return str(self.backends.attribute(item, "status")) if item else "none"

    def _face(self, sk: str, *names: str) -> tuple[Any, ...]:
        item = self._item(sk)
        return tuple(self.backends.attribute(item, name) for name in names) if item else ()

    def _item(self, sk: str) -> Any:
        return self._items().get(sk)

    def _items(self) -> dict[str, Any]:
        found: dict[str, Any] = self.backends.plain("registry").get(f"DATASET#{self.dataset}", {})
        return found

    def _document(self, key: str) -> Any:
        found = self.backends.objects.get(key)
        return json.loads(found.value) if found else None
