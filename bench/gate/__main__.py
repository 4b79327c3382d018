"""`python -m bench.gate [--rows N] [--pairs N] [--speed-only]`: the gate's seconds against scikit-learn's in one run,
and how often it promotes a challenger that is equal, better by the margin, or by twice the margin.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the container does

from bench.gate.pairs import Pairs
from bench.gate.speed import speed

MB = 1 << 20
MARGIN = 0.05
SETTINGS = (
    Pairs("regression", "mae", 50),
    Pairs("regression", "mae", 1_000),
    Pairs("regression", "rmse", 300),
    Pairs("regression", "r2", 300),
    Pairs("binary", "pr_auc", 1_000, base=0.03),
    Pairs("binary", "pr_auc", 500, base=0.3),
    Pairs("binary", "roc_auc", 500, base=0.1),
    Pairs("binary", "logloss", 500, base=0.1),
    Pairs("binary", "brier", 500, base=0.03),
    Pairs("binary", "f1", 500, base=0.1),
    Pairs("binary", "mcc", 500, base=0.1),
    Pairs("multiclass", "macro_f1", 300),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    _tell_speed(options.rows)
    if not options.speed_only:
        _tell_errors(options.pairs)


def _tell_speed(rows: int) -> None:
    print(f"2,000 resamples of {rows:,} rows, three models, every metric of the task")
    for task, base in (("binary", 0.03), ("binary", 0.5), ("regression", 0.0)):
        found = speed(task, rows, base)  # type: ignore[arg-type]
        parts = {"all": found.judged, "with 2 sliced columns": found.sliced, "leaks": found.leaks}
        told = ", ".join(f"{name} {each.wall:.2f} s (CPU {each.cpu:.2f})" for name, each in parts.items())
        print(
            f"  {task:<10} {f'{base:.0%} positive' if base else '':<13} {told}; scikit-learn CPU "
            f"{found.yardstick:,.0f} s: {found.judged.cpu / found.yardstick:.4f} of it; peak {found.peak / MB:,.0f} MB"
        )


def _tell_errors(pairs: int) -> None:
    print(
        f"\npromoted of {pairs:,} pairs: equal (goal: at most 2.5 %), better by the margin of {MARGIN:.0%}, by twice it"
    )
    for setting in SETTINGS:
        equal = setting.promoted(pairs)
        wider = Pairs(setting.task, setting.metric, setting.rows, setting.base, min_improvement=MARGIN)
        power = [wider.promoted(pairs // 5, gap) for gap in (MARGIN, 2 * MARGIN)]
        share = f"{setting.base:.0%} positive" if setting.task == "binary" else ""
        print(
            f"  {setting.metric:<9} {setting.rows:>6,} rows {share:<13} {equal:6.2%}   {power[0]:6.1%} {power[1]:6.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
