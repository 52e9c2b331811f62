"""The page of settings says what the code says."""

import re

import pytest

from config.settings import SETTINGS
from tests.settings_page import BEGIN, PAGE, with_table


def test_the_page_has_the_table_of_the_code():
    page = PAGE.read_text("utf-8")
    assert page == with_table(page), "run `make docs`"


def test_every_setting_has_one_row_of_four_cells():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `TWO_KEYS_")]
    assert [row.split("`")[1] for row in rows] == [setting.name for setting in SETTINGS]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows), "write | as \\| in a help text"


def test_a_page_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="needs the two markers"):
        with_table(PAGE.read_text("utf-8").replace(BEGIN, ""))
