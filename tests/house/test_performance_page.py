"""docs/performance.md has a place for each part of the bench."""

import pytest

from tests.bench.__main__ import PARTS
from tests.bench.figure import Reading, at_most
from tests.bench.page import PAGE, Measured, marks, written

NEW = Measured("pages", [at_most("A figure of this test", 2, Reading(1.5), ("a | b", "c"))], 0.0)


@pytest.mark.parametrize("part", [*PARTS, "large"])
def test_each_part_has_its_table(part: str):
    text = PAGE.read_text(encoding="utf-8")
    assert [text.count(mark) for mark in marks(part)] == [1, 1], f"{PAGE.name} needs both marks of {part}, once each"


def test_a_new_table_takes_the_place_of_the_old_one():
    text = PAGE.read_text(encoding="utf-8")
    once = written(text, NEW, "commit 1234567")
    assert "Measured on commit 1234567" in once
    assert "| A figure of this test | ≤ 2 | 1.50 | met |" in once
    assert written(once, NEW, "commit 1234567") == once
    (before, after), (begin, end) = text.split(marks("pages")[0]), marks("pages")
    assert once.startswith(before + begin)
    assert once.endswith(end + after.split(end)[1])
