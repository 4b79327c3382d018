"""Replacements inside moto, taken back when the cloud closes."""

import sys
from collections.abc import Callable
from typing import Any

from local.cloud import Cloud


class Seams:
    """The attributes of moto that one adapter replaced, so that a later cloud in this process finds moto as it was."""

    def __init__(self, cloud: Cloud) -> None:
        self._restores: list[Callable[[], None]] = []
        cloud.after_close(self._undo)  # requests under way still need them

    def replace(self, owner: Any, name: str, new: Any) -> Any:
        """Sets `owner.name` to `new` and returns what stood there, None if nothing did."""
        before = getattr(owner, name, None)
        if name in vars(owner):
            own = vars(owner)[name]
            self._restores.append(lambda: setattr(owner, name, own))
        else:
            self._restores.append(lambda: delattr(owner, name))
        setattr(owner, name, new)
        return before

    def replace_everywhere(self, module_prefix: str, original: Any, new: Any) -> None:
        """Replaces a function in every loaded module that imported it by name."""
        for name, module in list(sys.modules.items()):
            if not name.startswith(module_prefix):
                continue
            for attribute, value in list(vars(module).items()):
                if value is original:
                    self.replace(module, attribute, new)

    def _undo(self) -> None:
        while self._restores:
            self._restores.pop()()
