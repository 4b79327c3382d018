"""The yardstick: what `prepare` does to next_purchase in straightforward pandas. It runs in an environment of its own.

`python pandas_naive.py SOURCE OUT [--checks]`; with --checks every rule of the contract is checked by pandera first.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HORIZON, EVERY, MIN_HISTORY = 90, 14, 42


def read(source: Path) -> pd.DataFrame:
    rows = pd.read_csv(source)
    rows["InvoiceDate"] = pd.to_datetime(rows["InvoiceDate"])
    return rows


def read_checked(source: Path) -> pd.DataFrame:
    """Rows as text, each checked by the contract's rules; those that fail are written down and left out."""
    import pandera.pandas as pa  # noqa: PLC0415

    whole, decimal = r"[+-]?[0-9]+(\.0*)?", r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    schema = pa.DataFrameSchema(
        {
            "InvoiceNo": pa.Column(str),
            "StockCode": pa.Column(str),
            "Description": pa.Column(str, nullable=True),
            "Quantity": pa.Column(str, pa.Check.str_matches(f"^{whole}$")),
            "InvoiceDate": pa.Column(
                str, pa.Check(lambda text: pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", errors="coerce").notna())
            ),
            "UnitPrice": pa.Column(str, pa.Check.str_matches(f"^{decimal}$")),
            "CustomerID": pa.Column(str, pa.Check.str_matches(f"^{whole}$"), nullable=True),
            "Country": pa.Column(str, nullable=True),
        }
    )
    rows = pd.read_csv(source, dtype=str)
    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        error.failure_cases.to_csv("/dev/null")
        rows = rows.drop(index=error.failure_cases["index"].dropna().unique())
    rows["InvoiceDate"] = pd.to_datetime(rows["InvoiceDate"])
    for name in ("Quantity", "UnitPrice", "CustomerID"):
        rows[name] = pd.to_numeric(rows[name])
    return rows


def cutoffs(first: pd.Timestamp, last: pd.Timestamp) -> dict[str, list[pd.Timestamp]]:
    scoring = last.normalize() + pd.Timedelta(days=1)
    holdout = scoring - pd.Timedelta(days=HORIZON)
    train, cutoff = [], holdout - pd.Timedelta(days=HORIZON)
    while cutoff >= first.normalize() + pd.Timedelta(days=MIN_HISTORY) and len(train) < 60:
        train.insert(0, cutoff)
        cutoff -= pd.Timedelta(days=EVERY)
    return {"train": train, "holdout": [holdout], "scoring": [scoring]}


def days_of(rows: pd.DataFrame) -> pd.DataFrame:
    bought = rows[~rows.InvoiceNo.astype(str).str.startswith("C") & (rows.Quantity > 0) & (rows.UnitPrice > 0)]
    orders = bought.groupby(["CustomerID", "day", "InvoiceNo"]).agg(
        amount=("amount", "sum"), items=("Quantity", "sum"), lines=("amount", "size"), country=("Country", "max")
    )
    days = (
        orders.reset_index()
        .groupby(["CustomerID", "day"])
        .agg(
            orders=("amount", "size"),
            amount=("amount", "sum"),
            items=("items", "sum"),
            lines=("lines", "sum"),
            country=("country", "max"),
        )
    )
    days = days.reset_index().sort_values(["CustomerID", "day"])
    by_customer = days.groupby("CustomerID")
    days["gap"] = by_customer.day.diff().dt.days
    days["gap_before"], days["gap_before_that"] = by_customer.gap.shift(1), by_customer.gap.shift(2)
    days["gap_squared"] = days.gap**2
    return days


def features(days: pd.DataFrame, cancelled: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    seen = days[days.day < cutoff]
    by_customer = seen.groupby("CustomerID")
    found = by_customer.agg(
        recency_days=("day", lambda day: (cutoff - day.max()).days),
        tenure_days=("day", lambda day: (cutoff - day.min()).days),
        orders=("orders", "sum"),
        purchase_days=("day", "size"),
        amount=("amount", "sum"),
        items=("items", "sum"),
        lines=("lines", "sum"),
        gap_sum=("gap", "sum"),
        gap_count=("gap", "count"),
        gap_squares=("gap_squared", "sum"),
        gap_min=("gap", "min"),
        gap_max=("gap", "max"),
    )
    last = seen.drop_duplicates("CustomerID", keep="last").set_index("CustomerID")
    gaps = found.gap_count.where(found.gap_count > 0)
    found["amount_total"] = found.amount / 1000
    found["amount_per_order"] = found.amount / 1000 / found.orders
    found["amount_last"] = last.amount / 1000
    found["items_per_order"] = found["items"] / found.orders
    found["lines_per_order"] = found.lines / found.orders
    found["lines_last"] = last.lines
    found["price_mean"] = found.amount / 1000 / found["items"]
    found["gap_mean"] = found.gap_sum / gaps
    spread = found.gap_squares - found.gap_sum**2 / gaps
    found["gap_std"] = np.sqrt(spread / (gaps - 1).where(gaps > 1))
    found["gap_last"], found["gap_before_last"] = last.gap, last.gap_before
    found["gap_before_that"] = last.gap_before_that
    for window in (30, 90):
        recent = seen[(cutoff - seen.day).dt.days <= window].groupby("CustomerID")[["orders", "amount"]].sum()
        recent = recent.reindex(found.index, fill_value=0)
        found[f"orders_{window}d"], found[f"amount_{window}d"] = recent.orders, recent.amount / 1000
    found["last_weekday"] = last.day.dt.day_of_week + 1
    found["country"] = last.country
    found["recency_in_gaps"] = found.recency_days / found.gap_mean
    before = cancelled[cancelled.day < cutoff].groupby("CustomerID")
    found["cancellations"] = before.InvoiceNo.nunique().reindex(found.index, fill_value=0)
    found["amount_cancelled"] = before.amount.sum().reindex(found.index, fill_value=0) / 1000
    follow = days[(days.day >= cutoff) & (days.day < cutoff + pd.Timedelta(days=HORIZON))]
    found["days_to_next_purchase"] = (follow.groupby("CustomerID").day.min() - cutoff).dt.days.reindex(found.index)
    found = found.drop(columns=["amount", "items", "lines", "gap_sum", "gap_count", "gap_squares"])
    return found.reset_index().assign(as_of=cutoff)


def main(source: Path, out: Path, checked: bool) -> None:
    rows = (read_checked if checked else read)(source).drop_duplicates()
    rows["day"] = rows.InvoiceDate.dt.normalize()
    rows["amount"] = rows.Quantity.astype("int64") * (rows.UnitPrice * 1000).round().astype("int64")
    plan = cutoffs(rows.day.min(), rows.day.max())
    known = rows[rows.CustomerID.notna()]
    days, cancelled = days_of(known), known[known.InvoiceNo.astype(str).str.startswith("C")]
    out.mkdir(parents=True, exist_ok=True)
    for part, moments in plan.items():
        table = pd.concat([features(days, cancelled, moment) for moment in moments], ignore_index=True)
        if part == "train":
            judged = table.CustomerID.astype("int64") % 5 == 0
            table[judged].to_parquet(out / "validation.parquet", compression="zstd")
            table = table[~judged]
        if part == "scoring":
            table.drop(columns=["as_of", "days_to_next_purchase"]).to_csv(
                out / "scoring.csv", header=False, index=False
            )
        table.to_parquet(out / f"{part}.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--checks" in sys.argv)
