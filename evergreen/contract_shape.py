"""What the contract's models allow at a place: keys and descriptions, for errors and the reference."""

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evergreen.contract import Contract
from evergreen.targets import ColumnTarget, CutoffSplit, EventTarget, RandomSplit, TimeSplit

VARIANTS: dict[str, dict[str, type[BaseModel]]] = {  # by the field, then by the tag that pydantic puts into a place
    "target": {"events": EventTarget, "column": ColumnTarget},
    "split": {"cutoffs": CutoffSplit, "time": TimeSplit, "random": RandomSplit},
}


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the keys that YAML gives them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_at(place: Sequence[str | int]) -> type[BaseModel] | None:
    """The model at a place of the contract, tags included as pydantic gives them; None when no model stands there."""
    model: type[BaseModel] = Contract
    kind: Any = Contract
    for step in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = kind
            if str(step) not in fields_of(model):
                return None
            kind = VARIANTS.get(str(step)) if model is Contract and step in VARIANTS else None
            kind = kind or plain(fields_of(model)[str(step)].annotation)
        elif isinstance(kind, dict):
            kind = kind.get(str(step))
        elif get_origin(kind) in (dict, tuple):
            kind = plain(get_args(kind)[1 if get_origin(kind) is dict else 0])
        else:
            return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def plain(annotation: Any) -> Any:
    """A type without Annotated and None."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not type(None)]
        if len(kinds) == 1:
            return plain(kinds[0])
    return annotation
