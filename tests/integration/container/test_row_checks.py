"""Each reason for which a row is rejected, with its place and words."""

import pytest

from container.prepare.row_rules import RuleRefused
from container.signature import ROW_NUMBER
from tests.integration.container.taking import table, take


def test_each_rule_of_a_column_rejects_what_breaks_it_and_nothing_else() -> None:
    contract = table(
        {
            "id": {"type": "text", "required": True, "pattern": "[a-z]+[0-9]"},
            "colour": {"type": "text", "allowed": ["red", "blue"]},
            "level": {"type": "integer", "allowed": ["1", "2"]},
            "share": {"type": "number", "min": 0, "max": 0.5},
            "seen": {"type": "timestamp", "formats": ["%Y-%m-%d %H:%M"], "min": "2020-01-01", "max": "2020-12-31"},
            "flag": "boolean",
            "y": "number",
        }
    )
    body = """id,colour,level,share,seen,flag,y
a1,red,1,0,2020-01-01 00:00,Yes,1
b2,,,,,,
c3,blue,2.0,0.5,2020-12-31 23:59,0,1e3
,red,1,0,2020-01-01 00:00,T,1
xa1,red,1,0,2020-01-01 00:00,y,1
a1b,red,1,0,2020-01-01 00:00,1,1
a1,RED,1,0,2020-01-01 00:00,n,1
a1,red,3,0,2020-01-01 00:00,f,1
a1,red,1,-0.1,2020-01-01 00:00,false,1
a1,red,1,0.51,2020-01-01 00:00,true,1
a1,red,1,0,2019-12-31 23:59,No,1
a1,red,1,0,2021-01-01 00:00,t,1
a1,red,1,0,2020-01-01 00:00,perhaps,1
a1,red,1,0,2020-01-01 00:00,2,x
"""
    taken = take(body, contract)
    assert taken.rules == [
        ("5", "id", "required"),
        ("7", "id", "pattern"),
        ("8", "colour", "allowed"),
        ("9", "level", "allowed"),
        ("10", "share", "range"),
        ("11", "share", "range"),
        ("12", "seen", "range"),
        ("13", "seen", "range"),
        ("14", "flag", "type"),
        ("15", "flag", "type"),
        ("15", "y", "type"),
    ]
    assert [row[0] for row in taken.accepted] == ["a1", "b2", "c3", "xa1"]
    assert [row[5] for row in taken.accepted] == [True, None, False, True]
    assert taken.counts == {"range": 4, "type": 3, "allowed": 2, "required": 1, "pattern": 1}
    assert taken.rejected[4]["reason"] == "'-0.1' is less than the least allowed, 0"
    assert "is none of: red, blue" in taken.rejected[2]["reason"]


def test_rejected_rows_keep_their_number_where_no_entity_is_named() -> None:
    contract = table({"x": "integer", "y": "number"})
    taken = take("x,y\n1,1\nsix,1\n\n3,1\n1,2,3\n4,1\n", contract)
    assert [row[2] for row in taken.accepted] == [1, 3, 5]
    assert taken.rules == [("6", "", "too_many_fields"), ("3", "x", "type")]
    plain = take("x,y\n1,1\nsix,1\n3,1\n", contract)
    assert plain.accepted == [(1, 1.0, 1), (3, 1.0, 3)]
    assert ROW_NUMBER.startswith("\n"), "no column of a file can be called like it"


def test_a_value_that_must_be_unique_names_the_earlier_line() -> None:
    contract = table({"who": {"type": "integer", "unique": True}, "y": "number"}, entity="who")
    for blank in ("", "\n"):  # plain, and read line by line
        taken = take(f"who,y\n{blank}7,1\n8,x\n,1\n,1\n7.0,2\n8,2\n9,3\n", contract)
        first = 3 if blank else 2
        assert taken.accepted == [(7, 1.0), (None, 1.0), (None, 1.0), (9, 3.0)]
        repeated = [row for row in taken.rejected if row["rule"] == "unique"]
        assert [int(row["line"]) for row in repeated] == [first + 4, first + 5]
        assert f"line {first} has it already" in repeated[0]["reason"]


def test_a_rule_across_columns_rejects_with_its_name_and_reason() -> None:
    rules = [
        {"name": "paid_after_order", "sql": 'paid >= "first day" -- a comment', "reason": "was paid before the order"},
        {"name": "small_total", "sql": "CAST(note AS INTEGER) * y < 100", "reason": "total is 100 or more"},
    ]
    columns = {"first day": "timestamp", "paid": "timestamp", "note": "text", "y": "number"}
    body = "first day,paid,note,y\n2020-01-02,2020-01-02,1,1\n2020-01-02,2020-01-01,1,1\n2020-01-02,,,1\n"
    taken = take(body + "2020-01-02,2020-01-02,1000,1\n2020-01-02,2020-01-02,many,1\n", table(columns, rules=rules))
    assert taken.rules == [("3", "", "paid_after_order"), ("5", "", "small_total"), ("6", "", "small_total")]
    assert [row["reason"] for row in taken.rejected] == [
        "was paid before the order",
        "total is 100 or more",
        "total is 100 or more (the rule cannot be computed for this row)",
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("x >", "no DuckDB expression"),
        ("x + 1", "gives BIGINT; a rule gives true or false"),
        ("x > (SELECT 1)", "holds a subquery"),
        ("EXISTS (FROM range(3))", "holds a subquery"),
        ("true; SELECT true", "one expression"),
        ("true FROM range(3)", "one expression"),
        ("true, false", "one expression"),
        ("x > 1) OR (true", "no DuckDB expression"),
        ("nowhere > 1", "does not work"),
        ("sum(x) > 1", "does not work"),
        ("row_number() OVER () > 1", "holds a window function"),
        ("random() > 0.5", "holds random(), which changes"),
        ("now() > '2020-01-01'::TIMESTAMP", "holds now(), which changes: a file must pass or fail the same way"),
        ("today() > DATE '2020-01-01'", "holds today(), which changes"),
        ("Current_Date > DATE '2020-01-01'", "holds current_date, which changes"),
        ("x > 0 AND localtimestamp IS NOT NULL", "holds localtimestamp, which changes"),
        ("current_user = 'me'", "holds current_user, which changes"),
        ("current_user() = 'me'", "holds current_user(), which changes"),
        ("current_setting('threads') = 1", "holds current_setting(), which changes"),
        ("getvariable('x') = 1", "holds getvariable(), which changes"),
        ("txid_current() > x", "holds txid_current(), which changes"),
        ("age(TIMESTAMP '2020-01-01') > INTERVAL 1 DAY", "holds age(), which changes"),
        ("ago(INTERVAL 1 DAY) IS NULL", "holds ago(), which changes"),
    ],
)
def test_a_rule_that_is_no_condition_of_one_row_is_the_contracts_mistake(sql: str, words: str) -> None:
    contract = table({"x": "integer", "y": "number"}, rules=[{"name": "odd", "sql": sql, "reason": "?"}])
    with pytest.raises(RuleRefused, match="odd") as refused:
        take("x,y\n1,1\n", contract)
    assert words in str(refused.value)


def test_a_pattern_that_is_no_regular_expression_is_the_contracts_mistake() -> None:
    with pytest.raises(RuleRefused, match="pattern of 'x'"):
        take("x,y\n1,1\n", table({"x": {"type": "text", "pattern": "("}, "y": "number"}))


def test_marks_of_missing_values_are_empty_but_in_text() -> None:
    contract = table({"note": "text", "x": "integer", "flag": "boolean", "day": "timestamp", "y": "number"})
    marks = ["", "NA", "n/a", "NaN", "null", "None", " nan "]
    body = "note,x,flag,day,y\n" + "".join(f"{mark},{mark},{mark},{mark},{mark}\n" for mark in [*marks, "Inf"])
    taken = take(body, contract)
    # ",,,," is a row without any value.
    assert [row[:5] for row in taken.accepted] == [(mark, None, None, None, None) for mark in marks[1:]]
    assert [rule for rule in taken.rules if rule[0] == "9"] == [
        ("9", column, "type") for column in ("x", "flag", "day", "y")
    ]
    assert taken.rules[0] == ("2", "", "empty_row")


def test_a_decimal_comma_is_read_where_stated_and_named_where_not() -> None:
    columns = {"x": "integer", "y": "number"}
    body = "x;y\n1,0;1234,5\n2;-,5e1\n3;1.5\n4;1.234,5\n"
    german = take(body, table(columns, decimal=","))
    assert [row[:2] for row in german.accepted] == [(1, 1234.5), (2, -5.0)]
    assert [rule[0] for rule in german.rules] == ["4", "5"]
    english = take(body, table(columns))
    assert [row[:2] for row in english.accepted] == [(3, 1.5)]
    assert 'state `decimal: ","`' in next(row["reason"] for row in english.rejected if row["column"] == "y")


def test_the_header_again_is_no_row_even_where_all_columns_are_text() -> None:
    contract = table({"a": "text", "b": "text"}, task="multiclass")
    assert take("a,b\na,b\nx,y\n", contract).rules == [("2", "", "header")]


@pytest.mark.parametrize(
    "name", ["a b", "Air temperature [K]", 'say "x"', "it's", "größe", "line", "typed", "#", "a.b"]
)
def test_a_column_may_have_any_name_in_every_check(name: str) -> None:
    number = {"type": "number", "required": True, "min": 0, "unique": True}
    day = {"type": "timestamp", "required": True}
    rule = {"name": "small", "sql": '"' + name.replace('"', '""') + '" < 9', "reason": "?"}
    contract = table({name: number, f"{name}2": day, "y": "number"}, rules=[rule])
    shown = '"' + name.replace('"', '""') + '"'
    second = '"' + f"{name}2".replace('"', '""') + '"'
    body = (
        f"{shown},{second},y\n1,2020-12-01,1\n1,2020-12-01,1\n-1,2020-12-01,1\nx,2020-12-01,1\n10,2020-12-01,1\n2,,1\n"
    )
    assert [rule for _, _, rule in take(body, contract).rules] == ["unique", "range", "type", "small", "required"]


@pytest.mark.parametrize(
    "sql",
    [
        "round(x, 1) BETWEEN 0 AND 9 AND lower(kind) LIKE 'a%'",
        "age(seen, TIMESTAMP '2020-01-01') > INTERVAL 1 DAY AND date_part('year', seen) > 2000",
        "list_sum([x, 1]) > 0 AND nullif(x, 0) IS NOT NULL AND kind IN ('a', 'b')",
        '"user" > 0',
    ],
)
def test_a_rule_of_what_is_the_same_every_day_is_heeded(sql: str) -> None:
    columns = {"x": "number", "kind": "text", "seen": "timestamp", "user": "integer", "y": "number"}
    contract = table(columns, rules=[{"name": "plain", "sql": sql, "reason": "?"}])
    taken = take("x,kind,seen,user,y\n1,a,2021-05-06,1,1\n-1,c,2019-05-06,-1,1\n", contract)
    assert taken.rules == [("3", "", "plain")]


BLANKS = [" ", "   ", "\u00a0", " \u2003\u3000 ", "\t"]


@pytest.mark.parametrize("blanks", BLANKS)
def test_blanks_are_no_value_where_one_is_required(blanks: str) -> None:
    contract = table({"name": {"type": "text", "required": True}, "note": "text", "y": "number"})
    taken = take(f"name,note,y\n{blanks},{blanks},1\na b,{blanks},1\n", contract)
    assert taken.rules == [("2", "name", "required")]


@pytest.mark.parametrize("blanks", BLANKS)
@pytest.mark.parametrize(("required", "rule"), [(True, "required"), (False, "entity")])
def test_an_entity_of_blanks_is_rejected(blanks: str, required: bool, rule: str) -> None:
    contract = table({"id": {"type": "text", "required": required}, "y": "number"}, entity="id")
    rules = {(line, column, found) for line, column, found in take(f"id,y\n{blanks},1\na,1\n", contract).rules}
    assert ("2", "id", rule) in rules
    assert {line for line, _, _ in rules} == {"2"}


def test_a_file_with_a_column_that_is_called_as_duckdbs_own_loses_no_row() -> None:
    columns = {"file_index_": {"type": "integer", "aliases": ["file_index"]}, "y": "number"}
    taken = take("file_index,filename,y\n7,a,1\n8,b,2\n", table(columns))
    assert [row[:2] for row in taken.accepted] == [(7, 1.0), (8, 2.0)]


def test_a_long_quoted_value_is_accepted_by_both_ways_to_read() -> None:
    contract = table({"note": "text", "y": "number"})
    plain = f'note,y\n"{"a" * 200_000}",1\n'
    stray = f'{plain}"b\nc",2\n'  # a line end in a value has the file read with care
    assert [take(body, contract).rules for body in (plain, stray)] == [[], []]
    assert take(stray, contract).report.accepted == 2
