"""The signature: what a model takes and gives; it travels inside model.tar.gz and is checked at every scoring."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

FORMAT = 1
OUTPUTS = ("duration", "event_probability")
FeatureType = Literal["number", "integer", "category"]


class SignatureError(ValueError):
    """A model and the rows or code around it do not belong together."""


@dataclass(frozen=True)
class Feature:
    """One column that the model takes; a category that is not listed counts as missing."""

    name: str
    type: FeatureType
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives."""

    dataset: str
    task: str
    entity: str
    features: tuple[Feature, ...]
    features_hash: str
    target: str
    horizon_days: int
    outputs: tuple[str, ...] = OUTPUTS
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Signature":
        """Read a signature; one of another format is refused by name."""
        document = json.loads(text)
        if document.get("format") != FORMAT:
            raise SignatureError(f"signature format {document.get('format')!r} is not {FORMAT}: train a new model")
        try:
            features = tuple(
                Feature(item["name"], item["type"], tuple(item["categories"])) for item in document["features"]
            )
            return cls(**{**document, "features": features, "outputs": tuple(document["outputs"])})
        except (KeyError, TypeError) as error:
            raise SignatureError(f"the signature is not complete: {error}") from error

    def mismatch(self, other: "Signature") -> str | None:
        """Why rows made for the other signature cannot be scored by this one, or None."""
        missing = sorted({item.name for item in self.features} - {item.name for item in other.features})
        if missing:
            return f"the hold-out lacks the columns {', '.join(missing)}"
        if self.features_hash != other.features_hash:
            return (
                f"its features_hash {self.features_hash[:12]} is not the hold-out's {other.features_hash[:12]}: "
                "the definition of features or target has changed"
            )
        return None


def features_hash(
    features: Sequence[Feature], features_sql: str, target_sql: str, target: str, horizon_days: int
) -> str:
    """A hash of all that gives the columns their meaning; the listed categories are data, so they stay out."""
    meaning = {
        "features": [[item.name, item.type] for item in features],
        "features_sql": features_sql.strip(),
        "target_sql": target_sql.strip(),
        "target": target,
        "horizon_days": horizon_days,
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()
