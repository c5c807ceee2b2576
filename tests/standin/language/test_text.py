"""SQL is cut into statements."""

from __future__ import annotations

import pytest

from sparkify_dwh.standin.language.text import split_statements


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("SELECT 1", ["SELECT 1"]), ("SELECT 1; ", ["SELECT 1; "]), ("", [""]),
        ("a; b;c;;", ["a", " b", "c"]), ("a ';' b; c", ["a ';' b", " c"]), (r"a '\';' b; c", [r"a '\';' b", " c"]),
        ('a ";"; b', ['a ";"', " b"]), ("a -- ;\n; b", ["a -- ;\n", " b"]), ("a /* ; */; b", ["a /* ; */", " b"]),
        ("a $x$;$$;$x$; b", ["a $x$;$$;$x$", " b"]), ("a (b; c); d", ["a (b; c)", " d"]), ("a; /* b */", ["a"]),
        ("a; 'b", ["a; 'b"]),
    ],
)  # fmt: skip
def test_semicolons_in_literals_comments_and_parentheses_end_no_statement(sql: str, statements: list[str]) -> None:
    assert split_statements(sql) == statements
