"""The folders that SageMaker gives a container."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Directories:
    """SageMaker's folders below one base, /opt/ml unless SAGEMAKER_BASE_DIR says otherwise."""

    base: Path

    @classmethod
    def of_sagemaker(cls) -> "Directories":
        return cls(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")))

    @property
    def processing_input(self) -> Path:
        return self.base / "processing" / "input"

    @property
    def processing_output(self) -> Path:
        return self.base / "processing" / "output"

    @property
    def train_channel(self) -> Path:
        return self.base / "input" / "data" / "train"

    @property
    def hyperparameters(self) -> Path:
        return self.base / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def resources(self) -> Path:
        """Which hosts a training job has."""
        return self.base / "input" / "config" / "resourceconfig.json"

    @property
    def checkpoints(self) -> Path:
        """What SageMaker keeps for the job's next attempt; not there when it does not."""
        return self.base / "checkpoints"

    @property
    def output(self) -> Path:
        """Where a failed job says why."""
        return self.base / "output"
