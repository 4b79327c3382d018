import pytest

from container.prepare.query import same_sql

SQL = "SELECT who, COUNT(*) AS \"a  b\", '-- no' || '/* no */  x' || $$ -- no $$ AS c FROM history GROUP BY who"


@pytest.mark.parametrize(
    "written",
    [
        f"-- one row per visitor\n{SQL};\n-- the end\n",
        SQL.replace(" FROM", " /* the past,\n\n only */\n  FROM"),
        SQL.replace(", COUNT", ",\n\t   COUNT").replace("\n", "\r\n"),
    ],
)
def test_comments_and_white_space_do_not_change_what_sql_means(written: str) -> None:
    assert same_sql(written) == same_sql(SQL)


@pytest.mark.parametrize(
    ("found", "changed"), [('"a  b"', '"a b"'), ("-- no'", "--  no'"), ("*/  x", "*/ x"), ("$$ --", "$$--"), ("*", "1")]
)
def test_whatever_stands_in_quotes_or_is_code_changes_it(found: str, changed: str) -> None:
    assert same_sql(SQL.replace(found, changed, 1)) != same_sql(SQL)


def test_an_apostrophe_in_a_comment_opens_no_quote() -> None:
    assert same_sql("SELECT 1 -- it's one\n, 2 -- it isn't") == "SELECT 1 , 2"
