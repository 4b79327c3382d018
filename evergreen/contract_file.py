"""Reading `datasets/<id>/`: YAML in, a checked contract out, with errors that name file, line and place."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from evergreen.contract import Contract
from evergreen.contract_errors import Fault, faults
from evergreen.contract_yaml import Document, YamlInvalid, read_yaml
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.dependants import order_faults
from evergreen.errors import UserMustAct

CONTRACT_FILE = "dataset.yaml"
MOST_FAULTS = 50  # of one file that are listed
_ASKED_FOR_BY_THE_KEY = ("endpoint", "teachers")  # whose blocks may be empty, and mean something even then


class ContractInvalid(UserMustAct):
    """A dataset.yaml does not say what a contract must say; one line for each fault."""


def read_datasets(root: Path) -> Contracts:
    """Read every folder under `root` that holds a dataset.yaml. Raises ContractInvalid with the faults of all."""
    folders, wrong = [], []
    for path in sorted(root.glob(f"*/{CONTRACT_FILE}")):
        try:
            folders.append(read_folder(path.parent))
        except ContractInvalid as error:
            wrong.append(str(error))
    wrong = wrong or _wrong_order(root, folders)
    if wrong:
        raise ContractInvalid("\n".join(wrong))
    return Contracts({folder.contract.id: folder for folder in folders})


def _wrong_order(root: Path, folders: list[DatasetFolder]) -> list[str]:
    """What is wrong with the data sets that contracts name in `retrain_after`."""
    found = order_faults({each.contract.id: each.contract.retrain_after for each in folders})
    paths = {dataset: root / dataset / CONTRACT_FILE for dataset in found}
    return [
        _told(paths[dataset], _document(paths[dataset]), [(("retrain_after",), words) for words in told])
        for dataset, told in found.items()
    ]


def read_folder(folder: Path) -> DatasetFolder:
    """Read one data set's contract and the SQL files it names. Raises ContractInvalid."""
    path = folder / CONTRACT_FILE
    document = _document(path)
    try:
        contract = Contract.model_validate(document.value)
    except ValidationError as error:
        raise ContractInvalid(_told(path, document, faults(error, document))) from error
    wrong = _without_value(document.value)
    if contract.id != folder.name:
        wrong.append((("id",), f"is {contract.id!r}, but the folder is {folder.name!r}; make them the same"))
    if contract.schedule and contract.schedule.is_over(datetime.now(UTC)):
        wrong.append((("schedule", "cron"), f"{contract.schedule.cron!r} names only times that are past"))
    sql: dict[str, str] = {}
    for name in contract.sql_files:
        place = ("features",) if name == contract.features else ("target", "sql")
        try:
            sql[name] = (folder / name).read_text(encoding="utf-8")
        except OSError:
            wrong.append((place, f"names {name!r}, which is not in {folder}"))
        except UnicodeDecodeError as error:
            wrong.append((place, f"names {name!r}, which is not UTF-8 text: {error}"))
    if wrong:
        raise ContractInvalid(_told(path, document, wrong))
    return DatasetFolder(contract=contract, sql=sql)


def _without_value(written: dict[str, object]) -> list[Fault]:
    """Who writes `endpoint:` and nothing behind it wants one, and would get none without a word."""
    words = "has nothing behind it: write {{}} for the defaults, as in `{key}: {{}}`, or leave the key out to have none"
    return [((key,), words.format(key=key)) for key in _ASKED_FOR_BY_THE_KEY if key in written and written[key] is None]


def _document(path: Path) -> Document:
    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ContractInvalid(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContractInvalid(f"{path}: not UTF-8 text: {error}") from error
    except YamlInvalid as error:
        line = f":{error.line}" if error.line else ""
        raise ContractInvalid(f"{path}{line}: not valid YAML: {error.reason}") from error
    if not isinstance(document.value, dict):
        raise ContractInvalid(f"{path}: contract: holds no keys; see docs/contract.md for what a contract says")
    if document.doubles:
        words = "stands twice; keep one"
        raise ContractInvalid(_told(path, document, [(place, words) for place in document.doubles]))
    return document


def _told(path: Path, document: Document, found: list[Fault]) -> str:
    listed = [
        f"{path}:{document.line(place)}: {'.'.join(map(str, place)) or 'contract'}: {words}"
        for place, words in found[:MOST_FAULTS]
    ]
    more = len(found) - MOST_FAULTS
    return "\n".join([*listed, f"{path}: … and {more:,} more faults"] if more > 0 else listed)
