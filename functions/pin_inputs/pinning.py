"""Freezing a run's inputs: object versions copied, contract and champion written down, manifests for SageMaker."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evergreen.arrivals import Arrival, safe_file_name
from evergreen.contract import Contract
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.errors import ObjectUnreadable
from evergreen.inference import logs_scores
from evergreen.layout import RunLayout
from evergreen.manifest import ChampionModel, Collection, InputFile, RunManifest
from evergreen.stores.arrivals import ArrivalsLedger, ArrivalState
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from evergreen.stores.unlearned import UnlearnedSources
from functions.pin_inputs.collecting import Collecting, collects
from functions.pin_inputs.sizes import text_bytes
from functions.pin_inputs.training import training
from functions.pin_inputs.tuning import tuning

MOST_TOLD = 20  # of the files that a run does without; the ledger has them all


class Gone(Exception):
    """An object version was deleted before it could be copied."""


@dataclass(frozen=True)
class Pinning:
    """Doing it again for the same run writes the same bytes to the same keys."""

    contracts: Contracts
    ledger: ArrivalsLedger
    runs: RunRecords
    registry: Registry
    unlearned: UnlearnedSources
    endpoints: EndpointRecords
    files: Files

    def pin(self, dataset: str, run_id: str, fence: int) -> dict[str, Any]:
        """Freeze the inputs of one run and say where everything lies. Raises UnknownDataset, StoreUnavailable."""
        folder, layout = self.contracts[dataset], RunLayout(dataset, run_id)
        run = self.runs.get(run_id) or {}
        arrivals = self.ledger.get(dataset, run.get("arrival_ids", []))
        champion, asked_by = self._champion(dataset), tuple(sorted({each.kind for each in arrivals}))
        unlearned = frozenset(each.what for each in self.unlearned.of(dataset))
        inputs, missing = self._freeze(layout, arrivals, unlearned)
        if missing:
            self.runs.note(run_id, set_aside=missing[:MOST_TOLD])
        manifest = RunManifest(
            run_id=run_id,
            dataset=dataset,
            fence=fence,
            inputs=inputs,
            history=self._history(folder.contract, unlearned),
            champion=champion,
            champion_profile=self._profile(dataset, champion) if champion else None,
            bucket=self.files.bucket,
            asked_by=asked_by,
            unlearned=tuple(sorted(unlearned)),
        )
        if champion and collects(folder.contract, asked_by, champion):
            manifest = self._with_recent_items(layout, folder.contract, manifest, champion, run.get("started_at"))
        self.files.write(layout.manifest, manifest)
        contract_keys = self._write_contract(layout, folder)
        rows = [*(each.key for each in manifest.inputs), *manifest.history, *_collected(manifest.collection)]
        profiles = [manifest.champion_profile] if manifest.champion_profile else []
        self._write_s3_manifest(layout.prepare_inputs, [layout.manifest, *contract_keys, *rows, *profiles])
        if manifest.collection:
            observed = [*manifest.collection.items, *filter(None, [manifest.collection.earlier])]
            self._write_s3_manifest(layout.collect_inputs, [layout.manifest, *contract_keys, *observed])
        champion_keys = [champion.model_key] if champion else []
        judged_by = [layout.manifest, *contract_keys, layout.report, *champion_keys]  # PrepareData writes the report
        self._write_s3_manifest(layout.evaluate_inputs, judged_by)
        return {
            "run_id": run_id,
            "dataset": dataset,
            "hyperparameters": folder.contract.hyperparameters,
            "approval": folder.contract.gate.approval,
            "approval_seconds": folder.contract.gate.approval_hours * 3600,
            "training": training(folder.contract),
            "tuned": folder.contract.training.tune is not None,
            "tuning": tuning(folder.contract, run_id),
            "collects": manifest.collection is not None,
            "endpoint": self._has_endpoint(folder.contract),
            "input_bytes": self._input_bytes(layout, manifest),
            "logs_scores": logs_scores(folder.contract),
            "output_filter": "$[0,-1]" if folder.contract.task == "regression" else "$[0,-2,-1]",
            **self._uris(layout),
        }

    def _champion(self, dataset: str) -> ChampionModel | None:
        found = self.registry.champion(dataset)
        if found is None:
            return None
        return ChampionModel.model_validate({name: found.get(name) for name in ChampionModel.model_fields})

    def _has_endpoint(self, contract: Contract) -> bool:
        """Whether the contract asks for one, or there is one that it asks for no more."""
        known = None if contract.endpoint else self.endpoints.find(contract.id)
        return contract.endpoint is not None or (known is not None and known.is_there)

    def _profile(self, dataset: str, champion: ChampionModel) -> str | None:
        key = RunLayout(dataset, champion.run_id).profile
        return key if key in self.files.keys(key) else None

    def _with_recent_items(
        self, layout: RunLayout, contract: Contract, manifest: RunManifest, champion: ChampionModel, started: str | None
    ) -> RunManifest:
        """What CollectSamples is to look at; by the run's start, so that pinning again finds the same days."""
        now = datetime.fromisoformat(started) if started else datetime.now(UTC)
        unlearned = frozenset(manifest.unlearned)
        collection = Collecting(self.ledger, self.files).collection(layout, contract, champion, unlearned, now)
        earlier = self.ledger.newest_outcomes(contract.id, unlearned)
        accepted = earlier.accepted_key if earlier else None
        return manifest.model_copy(update={"collection": collection, "earlier_outcomes": accepted})

    def _history(self, contract: Contract, unlearned: frozenset[str]) -> tuple[str, ...]:
        """Every accepted file; of snapshots the newest, which counts when every new one is refused."""
        keys = self.ledger.accepted_keys(contract.id, unlearned)  # in the order of their runs
        return tuple(keys[-1:] if contract.input.arrives == "replace" else keys)

    def _input_bytes(self, layout: RunLayout, manifest: RunManifest) -> int:
        """What the run reads, counted as text."""
        sizes = {each.key: each.size for each in manifest.inputs}
        accepted = self.files.sizes(layout.accepted_by_all_runs) if manifest.history else {}
        sizes |= {key: accepted.get(key, 0) for key in manifest.history}
        recent = manifest.collection.outcomes.size if manifest.collection else 0
        return sum(text_bytes(key, size) for key, size in sizes.items()) + text_bytes("items.parquet", recent)

    def _freeze(
        self, layout: RunLayout, arrivals: list[Arrival], unlearned: frozenset[str]
    ) -> tuple[tuple[InputFile, ...], list[str]]:
        """Every file that is there and not unlearned, and in words those that are not."""
        objects = [arrival for arrival in arrivals if arrival.kind == "object"]
        frozen, missing = [], []
        for number, arrival in enumerate(objects):
            try:
                frozen.append(self._freeze_one(layout, number, arrival, unlearned))
            except ObjectUnreadable as unreadable:
                missing.append(f"{unreadable}. Then drop it again, or: evergreen redrive {layout.dataset}")
                self._set_aside(layout, arrival, missing[-1], unreadable=True)
            except Gone as gone:
                missing.append(str(gone))
                self._set_aside(layout, arrival, missing[-1])
        return tuple(frozen), missing

    def _freeze_one(self, layout: RunLayout, number: int, arrival: Arrival, unlearned: frozenset[str]) -> InputFile:
        bucket, source, version = arrival.bucket or "", arrival.key or "", arrival.version_id or "null"
        uri = f"s3://{bucket}/{source}"
        if uri in unlearned:
            raise Gone(f"{uri} is to be unlearned (evergreen unlearn {layout.dataset} --list)")
        key = layout.input_file(number, safe_file_name(source))
        if not self.files.freeze(bucket, source, version, to=key):
            raise Gone(f"s3://{bucket}/{source} (version {version}) was deleted before the run could take it")
        return InputFile(
            arrival_id=arrival.arrival_id,
            source=f"s3://{bucket}/{source}",
            version_id=version,
            key=key,
            size=arrival.size or 0,
        )

    def _set_aside(self, layout: RunLayout, arrival: Arrival, reason: str, *, unreadable: bool | None = None) -> None:
        facts = {"reason": reason, "unreadable": unreadable}
        self.ledger.settle(layout.dataset, arrival.arrival_id, ArrivalState.QUARANTINED, layout.run_id, **facts)

    def _write_contract(self, layout: RunLayout, folder: DatasetFolder) -> list[str]:
        documents = {"dataset.json": folder.contract.model_dump_json(by_alias=True, exclude_none=True), **folder.sql}
        for name, text in documents.items():
            self.files.write(layout.contract_file(name), text.encode())
        return [layout.contract_file(name) for name in documents]

    def _write_s3_manifest(self, key: str, keys: list[str]) -> None:
        self.files.write(key, json.dumps([{"prefix": self.files.uri("")}, *keys]).encode())

    def _uris(self, layout: RunLayout) -> dict[str, str]:
        keys = {
            "prepare_inputs": layout.prepare_inputs,
            "collect_inputs": layout.collect_inputs,
            "evaluate_inputs": layout.evaluate_inputs,
            "collected": layout.collected,
            "prepared": layout.prepared,
            "train": f"{layout.train}/",
            "labelled": layout.train,
            "samples": f"{layout.prepared}/samples/",
            "holdout": f"{layout.prepared}/holdout/",
            "scoring": f"{layout.prepared}/scoring/",
            "accepted": layout.accepted,
            "quarantine": layout.quarantine,
            "models": layout.models,
            "checkpoints": f"{layout.checkpoints}/",
            "evaluation": layout.evaluation,
            "model_report": layout.model_report,
            "predictions": layout.predictions,
        }
        uris = {name: self.files.uri(key) for name, key in keys.items()}
        found = {"summary_key": layout.summary, "scoring_parts_key": layout.scoring_parts}
        return {"run_prefix": layout.prefix, **found, **uris}


def _collected(collection: Collection | None) -> list[str]:
    """What CollectSamples writes for PrepareData: always there, if without rows."""
    return [collection.outcomes.key, collection.samples] if collection else []
