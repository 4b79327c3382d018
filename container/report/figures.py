"""Numbers as people read them."""

import math


def figure(value: float) -> str:
    """A number with at most four digits that matter, and separators for thousands."""
    if not math.isfinite(value):
        return "beyond all numbers"
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-4:
        return _with_minus(f"{value:.3g}")
    if value == int(value) or abs(value) >= 1000:
        return _with_minus(f"{value:,.0f}")
    return _with_minus(f"{value:.4g}")


def about(count: int) -> str:
    """An estimated count in words, with no digit that it cannot answer for."""
    return f"about {float(f'{count:.0e}'):,.0f}"


def share(part: float) -> str:
    """A share as per cent; what is there is never written as nothing, nor what is nearly all as all."""
    if 0 < part < 0.001:
        return "<0.1%"
    if 0.999 < part < 1:
        return ">99.9%"
    return f"{part:.0%}" if part in (0, 1) else f"{part:.1%}"


def dollars(amount: float | None) -> str:
    """Money to the hundredth of a cent, for a small run costs less than a cent."""
    if amount is None:
        return "–"
    if 0 < amount < 0.0001:
        return "<$0.0001"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def _with_minus(text: str) -> str:
    return text.replace("-", "−") if "e" not in text else text
