"""A CSV of any size in the form of Online Retail: `python -m bench.prepare.generate ROWS OUT.csv [BAD_PER_MILLION]`.

Invoices in order of time over 373 days, about 22 lines each and 124 lines per customer, a quarter without a customer,
some cancellations, some descriptions with commas; of the bad rows each breaks one rule of the contract.
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

DAYS, LINES_PER_INVOICE, ROWS_PER_CUSTOMER, CHUNK = 373, 22, 124, 1_000_000
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
COUNTRIES = ("Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Norway")
START = np.datetime64("2010-12-01T08:00:00", "s")


def generate(rows: int, path: Path, bad_per_million: int = 0) -> None:
    """Write the file, a million rows at a time."""
    draw = np.random.default_rng(17)
    products = 4000
    stock = np.array([f"{10_000 + 20 * number}" for number in range(products)])
    words = np.array(["WHITE", "HANGING", "HEART", "T-LIGHT", "HOLDER", "METAL", "LANTERN", "CREAM", "CUPID", "COAT"])
    comma = np.where(np.arange(products) % 20 == 0, ", ", " ")
    named = [" ".join(draw.choice(words, 3)) + comma[number] + draw.choice(words) for number in range(products)]
    description, price = np.array(named), np.round(np.clip(np.exp(draw.normal(0.7, 0.9, products)), 0.1, 99), 2)
    customers = rows // ROWS_PER_CUSTOMER + 50
    weight = np.cumsum(np.exp(1.1 * draw.normal(size=customers)))
    chunk = path.with_name(path.name + ".chunk")
    with path.open("wb") as target:
        target.write(f"{','.join(COLUMNS)}\n".encode())
        invoice = 536_365
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            starts = draw.random(size) < 1 / LINES_PER_INVOICE
            starts[0] = True
            of_row = np.cumsum(starts) - 1
            count = int(of_row[-1]) + 1
            who = np.searchsorted(weight, draw.random(count) * weight[-1])
            anonymous, cancelled = draw.random(count) < 0.25, draw.random(count) < 0.02
            day = (start + np.flatnonzero(starts)) * DAYS // rows
            at = START + (day * 86_400 + draw.integers(0, 600, count) * 60).astype("timedelta64[s]")
            number = np.char.add(np.where(cancelled, "C", ""), (invoice + np.arange(count)).astype(str))
            home = np.where(who % 10 == 0, np.array(COUNTRIES)[who // 10 % len(COUNTRIES)], "United Kingdom")
            item = (draw.random(size) ** 2 * products).astype(int)
            quantity = 1 + (draw.exponential(9, size)).astype(int)
            cells: dict[str, np.ndarray] = {
                "InvoiceNo": number[of_row],
                "StockCode": stock[item],
                "Description": description[item],
                "Quantity": np.where(cancelled[of_row], -quantity, quantity).astype(str),
                "InvoiceDate": np.char.replace(np.sort(at)[of_row].astype(str), "T", " "),
                "UnitPrice": price[item].astype(str),
                "CustomerID": np.where(anonymous, "", (12_346 + who).astype(str))[of_row],
                "Country": home[of_row],
            }
            for place, rule in enumerate(("Quantity", "InvoiceDate", "UnitPrice", "CustomerID")):
                wrong = draw.random(size) < bad_per_million / 4e6
                cells[rule] = np.where(wrong, ("abc", "2011-13-45 08:26", "1,5", "12x")[place], cells[rule])
            invoice += count
            table = pa.table({name: pa.array(cells[name]) for name in COLUMNS})
            lines = duckdb.from_arrow(table).project("* REPLACE (NULLIF(CustomerID, '') AS CustomerID)")
            lines.write_csv(str(chunk), header=False)  # quotes only what needs it
            target.write(chunk.read_bytes())
    chunk.unlink()


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
