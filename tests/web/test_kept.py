"""Rows that are kept: by all that they were made of, and not without bound."""

import jinja2
from markupsafe import Markup

from routes.web import kept
from routes.web.kept import KeptRows


def macro() -> jinja2.runtime.Macro:
    source = "{% macro row(text, number) %}<td>{{ text }}</td><td>{{ number }}</td>{% endmacro %}"
    made: jinja2.runtime.Macro = jinja2.Environment(autoescape=True).from_string(source).module.row  # type: ignore[attr-defined]  # because a module has what the template defines
    return made


def test_what_was_typed_is_never_taken_for_html():
    rows, row = KeptRows(), macro()
    assert rows.row(row, Markup("<b>"), 1) == "<td><b></td><td>1</td>"
    assert rows.row(row, "<b>", 1) == "<td>&lt;b&gt;</td><td>1</td>"


def test_another_value_or_another_macro_is_another_row():
    rows, row = KeptRows(), macro()
    assert rows.row(row, "a", 1) is rows.row(row, "a", 1)
    assert rows.row(row, "a", 2) != rows.row(row, "a", 1)
    assert rows.row(macro(), "a", 1) is not rows.row(row, "a", 1)


def test_the_oldest_go_first(monkeypatch):
    monkeypatch.setattr(kept, "MOST_CHARACTERS", 100)
    rows, row = KeptRows(), macro()
    for number in range(100):
        rows.row(row, "a", number)
    assert sum(map(len, rows._kept.values())) <= 100
    assert (row, "a", 99, str, int) in rows._kept
