"""The base of every document we read or write."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know, so that a typing error is never silent."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")
