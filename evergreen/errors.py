"""Errors are facts, sorted by who must act on them."""


class EvergreenError(Exception):
    """The root of every error that Evergreen raises on purpose."""


class UserMustAct(EvergreenError):
    """Something a user gave is wrong; trying again without a change cannot help."""


class DatasetRejected(UserMustAct):
    """A dropped file cannot be used; the message says where, what, and what would be right."""


class ObjectUnreadable(DatasetRejected):
    """S3 has an object and will not give it; the message says why, and what its owner can do."""


class UnknownDataset(UserMustAct):
    """Nothing under `datasets/` has this id."""


class ModelMustChange(EvergreenError):
    """The data was usable, but no model came of it."""


class TrainingFailed(ModelMustChange):
    """Training or scoring ended with an error of its own."""


class RunSuperseded(EvergreenError):
    """The run no longer holds its data set's lease, or the champion it was judged against is gone."""


class CountsDisagree(EvergreenError):
    """Rows in, rows scored and items written are not the same number, so nothing was published."""


class StoreUnavailable(EvergreenError):
    """AWS did not answer or throttled; the only kind that is worth trying again."""
