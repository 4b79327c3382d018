"""Values as a model takes them, as SQL: single precision, and text that keeps CSV plain."""

from container.prepare.engine import quoted
from container.signature import Feature

LONGEST_CATEGORY = 200  # characters; every model carries the list of its categories
LARGEST = "3.4e38"  # models take single precision: beyond it a value would be infinite


def feature_value(feature: Feature, value: str) -> str:
    """SQL that gives a feature its final type and name, or NULL."""
    match feature.type:
        case "integer":
            typed = f"TRY_CAST({value} AS BIGINT)"
        case "number":
            typed = number(value)
        case "category":
            typed = plain_text(value)
    return f"{typed} AS {quoted(feature.name)}"


def number(value: str) -> str:
    """SQL for a finite number, or NULL."""
    double = f"CAST({value} AS DOUBLE)"
    return f"CASE WHEN isfinite({double}) AND abs({double}) < {LARGEST} THEN {double} END"


def plain_text(value: str) -> str:
    """SQL for text without commas, quotes and control characters, cut where it is long, or NULL."""
    plain = f"TRIM(REGEXP_REPLACE({value}, '[,\"\\s\\p{{Cc}}]+', ' ', 'g'))"
    return f"NULLIF(TRIM(LEFT({plain}, {LONGEST_CATEGORY})), '')"
