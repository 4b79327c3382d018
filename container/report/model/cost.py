"""What a run has cost so far: the seconds of its jobs, priced by what they ran on."""

from dataclasses import dataclass

from container.report.model.subject import Subject

# On-demand, US dollars an hour, us-east-1: AWS's list prices as of 2025. Other regions differ by up to a third.
PRICES_OF = "AWS’s on-demand list prices in us-east-1, 2025"
HOURLY = {
    "ml.t3.medium": 0.05,
    "ml.t3.large": 0.10,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
}
FUNCTION = "lambda."  # then its memory, as in lambda.4096MB
FUNCTION_GB_SECOND = 0.0000166667


@dataclass(frozen=True)
class Step:
    """One job; seconds that are not known stay None."""

    name: str
    seconds: float | None
    instance: str | None

    @property
    def dollars(self) -> float | None:
        hourly = price(self.instance)
        return None if self.seconds is None or hourly is None else self.seconds * hourly / 3600


@dataclass(frozen=True)
class Cost:
    """All jobs up to the verdict."""

    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float | None:
        known = [step.seconds for step in self.steps if step.seconds is not None]
        return sum(known) if known else None

    @property
    def dollars(self) -> float | None:
        known = [step.dollars for step in self.steps if step.dollars is not None]
        return sum(known) if known else None

    @property
    def complete(self) -> bool:
        return all(step.dollars is not None for step in self.steps)


def cost(subject: Subject) -> Cost:
    """Of preparing the data, training the challenger and judging it."""
    training, data, clock = subject.challenger.training, subject.data, subject.clock
    return Cost(
        (
            Step("Prepare the data", data.seconds if data else None, data.instance if data else None),
            Step("Train the challenger", training.get("seconds"), training.get("instance")),
            Step("Judge it", clock.seconds if clock else None, clock.instance if clock else None),
        )
    )


def price(instance: str | None) -> float | None:
    """Dollars an hour; None for an instance that the list does not have."""
    if instance and instance.startswith(FUNCTION):
        megabytes = instance.removeprefix(FUNCTION).removesuffix("MB")
        return int(megabytes) / 1024 * FUNCTION_GB_SECOND * 3600 if megabytes.isdigit() else None
    return HOURLY.get(instance or "")
