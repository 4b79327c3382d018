from dataclasses import replace

import pytest

from container.signature import OUTPUTS, Feature, Signature, SignatureError, features_hash

FEATURES = (Feature("recency", "integer"), Feature("country", "category", ("France", "Spain")))


MEANING = {"features_sql": "SELECT 1", "target_sql": "SELECT 2", "target": "days", "horizon_days": 90}


def hash_of(features: tuple[Feature, ...] = FEATURES, **changes: str | int) -> str:
    return features_hash(features, {**MEANING, **changes})


SIGNATURE = Signature(
    dataset="next_purchase",
    task="time_to_event",
    entity="CustomerID",
    features=FEATURES,
    features_hash=hash_of(),
    target="days",
    outputs=OUTPUTS["time_to_event"],
    split="cutoffs",
    horizon_days=90,
)


def test_a_signature_survives_being_written_and_read() -> None:
    assert Signature.from_json(SIGNATURE.to_json()) == SIGNATURE


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(SignatureError, match="format 1 is not 2"):
        Signature.from_json(replace(SIGNATURE, format=1).to_json())


def test_a_signature_with_something_missing_is_refused() -> None:
    with pytest.raises(SignatureError, match="not complete"):
        Signature.from_json('{"format": 2, "features": [], "outputs": []}')


@pytest.mark.parametrize(
    "change",
    [
        {"features": FEATURES[::-1]},
        {"features": (Feature("recency", "number"), FEATURES[1])},
        {"features_sql": "SELECT 3"},
        {"target_sql": "SELECT 3"},
        {"target": "weeks"},
        {"horizon_days": 30},
    ],
)
def test_whatever_changes_the_meaning_of_the_columns_changes_the_hash(change: dict[str, object]) -> None:
    assert hash_of(**change) != hash_of()


def test_models_of_other_classes_cannot_be_compared() -> None:
    two, three = (replace(SIGNATURE, classes=classes) for classes in (("a", "b"), ("a", "b", "c")))
    assert two.mismatch(three) == "it knows the classes a, b, and the hold-out has a, b, c"


def test_a_new_category_does_not_change_the_hash() -> None:
    more = (FEATURES[0], Feature("country", "category", ("France", "Malta", "Spain")))
    assert hash_of(features=more) == hash_of()


def test_rows_that_lack_a_column_are_a_mismatch_by_name() -> None:
    fewer = replace(SIGNATURE, features=FEATURES[:1])
    assert "lacks the columns country" in (SIGNATURE.mismatch(fewer) or "")
    assert SIGNATURE.mismatch(SIGNATURE) is None


def test_rows_of_another_definition_are_a_mismatch() -> None:
    assert "has changed" in (SIGNATURE.mismatch(replace(SIGNATURE, features_hash=hash_of(horizon_days=30))) or "")
