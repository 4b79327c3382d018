"""What MeasureYield would write: the yield of a champion, which is surely lower than that of the one before."""

from datetime import UTC, datetime, timedelta

from evergreen.layout import ObservedLayout
from evergreen.yield_series import Bucket, Measure, YieldSeries
from tests.integration.functions.world import World

BEFORE, SINCE, JUDGED = 60, 30, 100


def measure(world: World, dataset: str) -> None:
    """Write the series of a data set as it is when a window of its champion's items has been judged."""
    promoted = [each for each in world.registry.history(dataset) if each.event == "PROMOTED"]
    now, goods = datetime.now(UTC), [*[BEFORE] * (len(promoted) - 1), SINCE]
    buckets = tuple(
        Bucket(
            start=now - timedelta(hours=len(promoted) - place),
            seconds=60,
            model=each.run_id,
            items=JUDGED,
            judged=JUDGED,
            good=good,
        )
        for place, (each, good) in enumerate(zip(promoted, goods, strict=True))
    )
    newest = Measure(at=now, samples=JUDGED, good=SINCE, model=promoted[-1].run_id)
    series = YieldSeries(dataset=dataset, buckets=buckets, measure=newest)
    world.files.write(ObservedLayout(dataset).series, series)
