"""Predictions as the response's text: one line or item per row, in the order of the rows."""

import numpy as np
import orjson

from container.model import Predictions


def to_csv(predictions: Predictions) -> bytes:
    """Encode as `duration,event_probability` lines."""
    if not len(predictions.duration):
        return b""
    pairs = np.column_stack((predictions.duration, predictions.event_probability))
    return orjson.dumps(pairs, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].replace(b"],[", b"\n") + b"\n"


def to_json(predictions: Predictions) -> bytes:
    """Encode as `{"predictions": [{"duration": …, "event_probability": …}, …]}`."""
    pairs = zip(predictions.duration.tolist(), predictions.event_probability.tolist(), strict=True)
    return orjson.dumps({"predictions": [{"duration": days, "event_probability": odds} for days, odds in pairs]})
