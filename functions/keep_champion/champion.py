"""What the run goes on with when its challenger did not become champion."""

from datetime import datetime
from typing import Any

from evergreen.approval import Approval
from evergreen.evaluation import Evaluation
from evergreen.events_out import ChampionKept
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.requests import identity
from evergreen.stores.files import Files
from evergreen.verdict import Verdict


def kept(files: Files, layout: RunLayout, approval: Approval | None) -> dict[str, Any]:
    """The champion as the run found it, and whether it can score."""
    why = f"{approval.sentence} " if approval else ""
    champion = files.read(layout.manifest, RunManifest).champion
    if champion is None:
        return {"can_score": False, "reason": f"{why}There is no champion yet, so nothing can be scored."}
    unscorable = files.read(layout.evaluation_file, Evaluation).champion_unscorable
    return {
        "run_id": champion.run_id,
        "model_uri": files.uri(champion.model_key),
        "can_score": unscorable is None,
        "reason": why + (unscorable or f"The champion of {champion.run_id} scores today's rows."),
    }


def kept_event(
    layout: RunLayout, verdict: Verdict, answer: dict[str, Any], published: dict[str, Any] | None, at: datetime
) -> ChampionKept:
    """The same, for those who listen: first why the challenger is not champion."""
    return ChampionKept(
        event_id=identity("ChampionKept", layout.dataset, layout.run_id),
        dataset=layout.dataset,
        run_id=layout.run_id,
        generation=published["generation"] if published else None,
        champion=answer.get("run_id"),
        at=at.isoformat(),
        reason=" ".join((*verdict.reasons, answer["reason"])),
    )
