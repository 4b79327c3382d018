"""Reading `datasets/<id>/`: YAML in, a checked contract out, with errors that name file and field."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from evergreen.contract import Contract
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.errors import UserMustAct


class ContractInvalid(UserMustAct):
    """A dataset.yaml does not say what a contract must say."""


def read_datasets(root: Path) -> Contracts:
    """Read every folder under `root` that holds a dataset.yaml. Raises ContractInvalid."""
    folders = [read_folder(path.parent) for path in sorted(root.glob("*/dataset.yaml"))]
    return Contracts({folder.contract.id: folder for folder in folders})


def read_folder(folder: Path) -> DatasetFolder:
    """Read one data set's contract and the SQL files it names. Raises ContractInvalid."""
    path = folder / "dataset.yaml"
    contract = _parse(path)
    if contract.id != folder.name:
        raise ContractInvalid(f"{path}: id is {contract.id!r}, but the folder is {folder.name!r}; make them the same")
    sql = {name: _sql(folder / name, path) for name in (contract.features, contract.target.sql)}
    return DatasetFolder(contract=contract, sql=sql)


def _parse(path: Path) -> Contract:
    try:
        return Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        raise ContractInvalid(f"{path}: not UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ContractInvalid(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors())
        raise ContractInvalid(f"{path}: {faults}") from error


def _sql(path: Path, contract: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContractInvalid(f"{contract}: names {path.name!r}, which is not in {path.parent}") from None
