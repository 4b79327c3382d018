"""The contracts that a function was deployed with: `contracts.json` beside the `evergreen` package."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from evergreen.contract import Contract
from evergreen.errors import UnknownDataset
from evergreen.strict import Strict

CONTRACTS_FILE = Path(__file__).parent.parent / "contracts.json"
_DIGEST_LENGTH = 12


class DatasetFolder(Strict):
    """One folder under `datasets/`: the contract and the text of each SQL file that it names."""

    contract: Contract
    sql: dict[str, str]

    def digest(self) -> str:
        """12 hex digits that change with what the contract and its SQL say, not with comments in the contract."""
        said = self.model_dump_json(by_alias=True, exclude_defaults=True)  # as before, when a new key has a default
        return hashlib.sha256(said.encode()).hexdigest()[:_DIGEST_LENGTH]


_FOLDERS = TypeAdapter(dict[str, DatasetFolder])


class Contracts:
    """Every data set this deployment knows, by id."""

    def __init__(self, folders: Mapping[str, DatasetFolder]) -> None:
        self._folders = dict(folders)

    @classmethod
    def deployed(cls, path: Path = CONTRACTS_FILE) -> "Contracts":
        """Read what was bundled with the function."""
        return cls(_FOLDERS.validate_json(path.read_bytes()))

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._folders)

    def __getitem__(self, dataset: str) -> DatasetFolder:
        """The folder of one data set. Raises UnknownDataset, naming those there are."""
        try:
            return self._folders[dataset]
        except KeyError:
            known = ", ".join(sorted(self._folders)) or "none"
            raise UnknownDataset(f"no data set {dataset!r}; there are: {known}") from None

    def digests(self) -> dict[str, str]:
        """The digest of each data set's folder, by id."""
        return {dataset: self._folders[dataset].digest() for dataset in sorted(self._folders)}

    def to_json(self) -> bytes:
        """The content of `contracts.json`."""
        return _FOLDERS.dump_json(self._folders, by_alias=True, exclude_none=True, indent=1)
