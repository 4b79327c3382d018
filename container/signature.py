"""The signature: what a model takes and gives; it travels inside model.tar.gz and is checked at every scoring."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from evergreen.metrics import Task

FORMAT = 2
OUTPUTS: dict[Task, tuple[str, ...]] = {
    "time_to_event": ("duration", "event_probability"),
    "regression": ("prediction",),
    "binary": ("label", "probability"),  # of the positive class
    "multiclass": ("label", "probability"),  # of the label itself
}
FeatureType = Literal["number", "integer", "category"]
AS_OF = "\nas of"  # when a prepared row was taken; a header is one line, so no column can have a name with a line feed
ROW_NUMBER = "\nrow number"  # the entity of rows that have none


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
    """What a model takes and gives; prepared rows hold the entity, AS_OF, the features and the target as a number."""

    dataset: str
    task: Task
    entity: str
    features: tuple[Feature, ...]
    features_hash: str
    target: str  # prepared as DOUBLE: days (NULL: no event), a value, or the label's place in `classes`
    outputs: tuple[str, ...]
    split: str  # by which rule rows were drawn for the hold-out; two models are comparable under the same one only
    classes: tuple[str, ...] = ()  # of binary: the negative one, then the positive one
    horizon_days: int | None = None  # of time_to_event
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
            lists = {name: tuple(document[name]) for name in ("outputs", "classes")}
            return cls(**{**document, **lists, "features": features})
        except (KeyError, TypeError) as error:
            raise SignatureError(f"the signature is not complete: {error}") from error

    def mismatch(self, other: "Signature") -> str | None:
        """Why rows made for the other signature cannot be scored by this one, or None."""
        missing = sorted({item.name for item in self.features} - {item.name for item in other.features})
        if missing:
            return f"the hold-out lacks the columns {', '.join(missing)}"
        if self.classes != other.classes:
            return f"it knows the classes {', '.join(self.classes)}, and the hold-out has {', '.join(other.classes)}"
        if self.features_hash != other.features_hash:
            return (
                f"its features_hash {self.features_hash[:12]} is not the hold-out's {other.features_hash[:12]}: "
                "the definition of features or target has changed"
            )
        return None


def features_hash(features: Sequence[Feature], meaning: Mapping[str, str | int | None]) -> str:
    """A hash of all that gives the columns their meaning; the listed categories are data, so they stay out."""
    known = {"features": [[item.name, item.type] for item in features], **meaning}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def positive_of(signature: Signature) -> str | None:
    """The label whose probability a model of a binary task gives."""
    return signature.classes[1] if signature.task == "binary" else None
