"""The table of settings in the documentation is the one of config.py."""

from tests.settings_page import BEGIN, END, PAGE, page


def test_the_page_holds_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1, f"{PAGE.name} needs the two marks around its table, once each"
    assert text == page(text), (
        "docs/operators/settings.md and the table in config.py differ: `make docs` writes it anew"
    )
