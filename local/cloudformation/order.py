"""The order in which resources can be created."""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_SUBSTITUTED = re.compile(r"\$\{([^!}.]+)[^}]*\}")


def references(value: Any) -> Iterator[str]:
    """Every name that Ref, Fn::GetAtt, Fn::Sub or DependsOn mentions."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _references_of_entry(key, item)


def _references_of_entry(key: str, item: Any) -> Iterator[str]:
    if key == "Ref":
        yield str(item)
    elif key == "Fn::GetAtt":
        yield str(item[0] if isinstance(item, list) else item.split(".")[0])
    elif key == "Fn::Sub":
        yield from _SUBSTITUTED.findall(item if isinstance(item, str) else item[0])
        yield from references(item)
    elif key == "DependsOn":
        yield from [item] if isinstance(item, str) else item
    else:
        yield from references(item)


def creation_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The logical ids, each after those that it mentions, and otherwise as the template has them."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for logical_id, resource in resources.items():
        needed = dict.fromkeys(references(resource))
        sorter.add(logical_id, *(name for name in needed if name in resources and name != logical_id))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise ValidationError(message=f"Circular dependency between resources: {error.args[1]}") from error
