"""Two teachers: what they must show before a sample that nobody has labelled may be learned from."""

from pydantic import Field

from evergreen.strict import Strict

TASKS = ("binary", "multiclass")  # where two models can say the same


class Teachers(Strict):
    """How recent samples without an outcome are learned from: where two different models agree on their label."""

    confidence: float = Field(
        default=0.7, ge=0.5, lt=1, description="Both teachers' calibrated probability of the label must be this high."
    )
    max_share: float = Field(
        default=0.3,
        gt=0,
        le=1,
        description="At most so many samples are learned from, as a share of each class's labelled training rows.",
    )
    weight: float = Field(
        default=0.5, gt=0, lt=1, description="What such a sample counts in training, where a labelled row counts 1."
    )
    min_agreement: float = Field(
        default=0.8,
        ge=0.5,
        le=1,
        description="How often the teachers must be right where they agree, measured on recent items whose outcome is "
        "known; below it none of the samples is learned from, and a class for itself is left out in the same way.",
    )
    max_samples: int = Field(
        default=10_000, ge=1, le=200_000, description="The most samples that the teachers are shown."
    )
    days: int = Field(default=30, ge=1, le=366, description="How far back inference logs are looked at.")
    always: bool = Field(
        default=False, description="Every run learns from recent samples, not only those that an alarm asks for."
    )


class ClassAgreement(Strict):
    """One class: what the teachers say of it, and how often that was right where the outcome is known."""

    agreed: int  # samples
    audited: int  # recent items with an outcome on which both agree on this class
    precision: float | None = None  # of those
    labelled: int = 0  # samples that are learned from


class TeachersReport(Strict):
    """teachers.json: what came of asking two teachers."""

    samples: int
    agreed: int
    labelled: int  # rows that the challenger learns from besides the labelled ones
    weight: float
    min_agreement: float
    audit_rows: int  # recent items with an outcome, which no teacher has seen
    audited: int  # those of them on which the teachers agree
    precision: float | None = None  # how often they are right there
    classes: dict[str, ClassAgreement]
    reason: str  # in words: used or not, and why
    seconds: float | None = None
    instance: str | None = None

    @property
    def used(self) -> bool:
        return self.labelled > 0

    @property
    def agreed_share(self) -> float:
        return self.agreed / self.samples if self.samples else 0.0

    def sentence(self) -> str:
        """All of it in one line."""
        right = "" if self.precision is None else f", right in {self.precision:.1%} of {self.audited:,} audited items"
        told = f"the teachers agree on {self.agreed:,} of {self.samples:,} samples ({self.agreed_share:.0%}){right}"
        return f"{told}; {self.reason}"
