import json
from pathlib import Path

import pytest

from container.train.parameters import DEFAULTS, Hyperparameters, UnknownHyperparameter


def read(folder: Path, **given: str) -> Hyperparameters:
    path = folder / "hyperparameters.json"
    path.write_text(json.dumps(given))
    return Hyperparameters.read(path)


def test_sagemakers_text_becomes_numbers_over_the_defaults(tmp_path: Path) -> None:
    parameters = read(tmp_path, max_depth="6", eta="0.1")
    assert parameters.values == {**DEFAULTS, "max_depth": 6, "eta": 0.1}
    assert isinstance(parameters.values["max_depth"], int)


def test_a_misspelt_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match="unknown hyperparameter max_dept"):
        read(tmp_path, max_dept="6")


def test_a_value_that_is_no_number_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match="eta is 'fast'"):
        read(tmp_path, eta="fast")
