"""Names that keep every function findable by guessing."""

from tests.house.tree import ROOT, product_files, said, shown

DRAWERS = {"utils", "util", "helpers", "helper", "forms", "common", "misc", "tools", "shared", "base", "core"}


def test_there_are_no_drawers():
    everywhere = [*product_files(), *(ROOT / "tests").rglob("*.py")]
    drawers = [shown(path) for path in everywhere if DRAWERS & {path.stem, path.parent.name}]
    assert not drawers, said(
        "A module is named after what it is about; put these functions where they are used:", drawers
    )
