"""Counts as Prometheus reads them."""

from evergreen.request_metrics import BUCKETS, Series, Tally, exposition

READ = Series("d", "read", "r-1")


def lines(tally: Tally) -> list[str]:
    return exposition(tally.counts, {}).splitlines()


def test_every_request_is_in_one_bucket_and_in_all_that_are_wider() -> None:
    tally = Tally()
    for seconds in (0.001, 0.0025, 0.003, 99.0):
        tally.observe(READ, 200, seconds)
    counts = [int(each.rsplit(" ", 1)[1]) for each in lines(tally) if "_bucket" in each]
    assert counts == [2, *[3] * (len(BUCKETS) - 1), 4]
    assert 'prediction_latency_seconds_count{dataset="d",route="read",model_version="r-1"} 4' in lines(tally)
    assert 'prediction_latency_seconds_sum{dataset="d",route="read",model_version="r-1"} 99.006500' in lines(tally)


def test_statuses_are_counted_apart() -> None:
    tally = Tally()
    for status in (200, 404, 200):
        tally.observe(READ, status, 0.001)
    found = [each for each in lines(tally) if each.startswith("prediction_requests_total{")]
    assert [each.partition("status=")[2] for each in found] == ['"200"} 2', '"404"} 1']


def test_what_is_taken_is_counted_no_more_and_what_is_given_back_is_counted_once() -> None:
    tally = Tally()
    tally.observe(READ, 200, 0.001)
    taken = tally.take()
    assert tally.counts == {}
    tally.observe(READ, 200, 0.001)
    tally.give_back(READ, taken[READ])
    assert tally.counts[READ]["count"] == 2
    assert tally.counts[READ]["status_200"] == 2


def test_each_metric_says_what_it_is_before_its_first_value() -> None:
    text = exposition({}, {"d": 3})
    assert 'crm_segment_updates_total{dataset="d"} 3' in text
    for name, kind in (("prediction_requests_total", "counter"), ("prediction_latency_seconds", "histogram")):
        assert f"# TYPE {name} {kind}" in text
