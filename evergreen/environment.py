"""A function's environment variables as one typed object."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """The base of every `settings.py`: the CDK app fills it, the function reads it, so the two cannot drift."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @classmethod
    def read(cls) -> Self:
        """Read the process environment. Raises pydantic.ValidationError naming each variable that is missing."""
        return cls.model_validate(dict(os.environ))
