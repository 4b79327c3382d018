"""Figures as tables."""

from collections.abc import Iterator

from bench.serving.figures import Figures
from bench.serving.goals import judged


def tables(figures: Figures) -> Iterator[str]:
    """Lines: batches, single rows, starts, /ping, and then the goals."""
    for limit in figures.limits:
        yield f"\n{limit.trees} trees, bodies of 6 MB of CSV; the share is of the limit"
        yield f"{'':<24}{'clients':>8}{'rows/s':>10}{'share':>7}{'CPU µs/row':>12}{'share':>7}{'client µs/row':>15}"
        yield f"{'the limit':<32}{limit.rows_per_second:>10,.0f}{1:>7.2f}{1e6 * limit.cpu_per_row:>12.2f}{1:>7.2f}"
        for each in sorted(figures.batches, key=lambda each: each.clients):
            if each.trees == limit.trees:
                wall, cpu = each.rows_per_second / limit.rows_per_second, limit.cpu_per_row / each.cpu_per_row
                yield (
                    f"{_title(each):<24}{each.clients:>8}{each.rows_per_second:>10,.0f}{wall:>7.2f}"
                    f"{1e6 * each.cpu_per_row:>12.2f}{cpu:>7.2f}{1e6 * each.client_cpu_per_row:>15.2f}"
                )
    for trees, form in dict.fromkeys((each.trees, each.form) for each in figures.single_rows):
        yield f"\n{trees} trees, single rows in {form.upper()}, 16 connections"
        yield f"{'':<24}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs/request':>16}{'client µs':>11}"
        for one in figures.single_rows:
            if (one.trees, one.form) == (trees, form):
                yield (
                    f"{_title(one):<24}{one.requests_per_second:>11,.0f}{1e3 * one.p50:>9.2f}{1e3 * one.p99:>9.2f}"
                    f"{1e6 * one.cpu_per_request:>16,.0f}{1e6 * one.client_cpu_per_request:>11,.0f}"
                )
    yield f"\n{'Start':<24}{'s until well':>13}{'MB then':>9}"
    yield from (f"{_title(each):<24}{each.seconds:>13.2f}{each.memory:>9.0f}" for each in figures.starts)
    for ping in figures.pings:
        yield (
            f"\n/ping of ours, {ping.variant}, four bodies of 50 MB in flight ({ping.bodies}): "
            f"{ping.asked} asked, p50 {ping.p50:.3f} s, slowest {ping.worst:.3f} s"
        )
    yield from (f"\nNot measured: {name}: {reason}" for name, reason in figures.failures.items())
    yield "\nGoals, by the worst of the numbers of clients and of the forms"
    yield from map(str, judged(figures))


def _title(figure: object) -> str:
    return f"{vars(figure)['server']}, {vars(figure)['variant']}"
