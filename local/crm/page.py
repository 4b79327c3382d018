"""The CRM's pages: plain HTML that looks again every two seconds."""

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import quote

from local.crm.customers import Customer

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2320; }
h1 { font-size: 1.4rem; margin-bottom: .2rem; } h2 { font-size: 1.05rem; margin-top: 1.8rem; }
p { color: #5c6863; margin: .2rem 0; } a { color: inherit; }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0; }
.count { border: 1px solid #d5ddd9; border-radius: .5rem; padding: .5rem .9rem; }
.count b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: #5c6863; }
td, th { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e6ebe8; }
.segment { background: #e3efe8; border-radius: .8rem; padding: .05rem .6rem; white-space: nowrap; }
.none { color: #8a948f; }
"""


def page(count: int, segments: Iterable[tuple[str, str | None, int]], newest: list[dict[str, Any]]) -> str:
    """Everybody: how many in each segment, and the newest changes."""
    parts = ["<h1>Customers</h1>", f"<p>{count:,} segment updates taken so far.</p>"]
    if not newest:
        parts.append("<p>No customer is known yet: they come with the first published predictions.</p>")
    for dataset, of in groupby(segments, key=lambda each: each[0]):
        parts.append(f"<h2>{escape(dataset)}</h2><div class=counts>")
        parts += [f"<div class=count><b>{number:,}</b>{_segment(name)}</div>" for _, name, number in of]
        parts.append("</div>")
    if newest:
        parts.append("<h2>Newest changes</h2>")
        parts.append(_table(newest, with_customer=True))
    return _page("Customers", parts)


def customer_page(dataset: str, entity: str, customer: Customer | None) -> str:
    """One customer: the segment now, and every change."""
    parts = [f"<h1>Customer {escape(entity)}</h1>", f'<p>{escape(dataset)} · <a href="/">everybody</a></p>']
    if customer is None:
        parts.append("<p>Nobody has told of this customer yet.</p>")
    else:
        parts.append(f"<div class=counts><div class=count><b>{_segment(customer.segment)}</b>segment</div></div>")
        parts += ["<h2>History</h2>", _table(customer.history, with_customer=False)]
    return _page(f"Customer {entity}", parts)


def _table(updates: Iterable[Mapping[str, Any]], *, with_customer: bool) -> str:
    head = "<th>Customer</th>" if with_customer else ""
    rows = "".join(_row(each, with_customer=with_customer) for each in updates)
    return f"<table><tr>{head}<th>Before</th><th>Segment</th><th>Generation</th><th>When</th></tr>{rows}</table>"


def _row(update: Mapping[str, Any], *, with_customer: bool) -> str:
    path = f"/customers/{quote(update['dataset'])}/{quote(update['entity'])}"
    who = f'<td><a href="{path}">{escape(update["entity"])}</a></td>' if with_customer else ""
    older = "" if update["taken"] else " (older than what was known)"
    when = escape(update["at"][:19].replace("T", " "))
    cells = [_segment(update["before"]), _segment(update["segment"]) + older, escape(update["generation"]), when]
    return f"<tr>{who}{''.join(f'<td>{each}</td>' for each in cells)}</tr>"


def _segment(name: str | None) -> str:
    return f"<span class=segment>{escape(name)}</span>" if name else "<span class=none>none</span>"


def _page(title: str, parts: Iterable[str]) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=2>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>"
    )
