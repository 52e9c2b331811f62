"""Names that keep every function findable by guessing, and plain words in docstrings and comments."""

import ast
import re

from tests.house.tree import ROOT, parsed, product_files, prose, said, shown

DRAWERS = {"utils", "util", "helpers", "helper", "forms", "common", "misc", "tools", "shared", "base", "core"}


def test_there_are_no_drawers():
    everywhere = [*product_files(), *(ROOT / "tests").rglob("*.py")]
    drawers = [shown(path) for path in everywhere if DRAWERS & {path.stem, path.parent.name}]
    assert not drawers, said(
        "A module is named after what it is about; put these functions where they are used:", drawers
    )


# Words that docs/glossary.md replaces, or that hide who does something. "Letters" of an alphabet are fine.
DIALECT = re.compile(
    r"\b(?:whoever|somebody|nobody|everybody|meanwhile|desk|lets go|overtaken|beside|(?:is|are) told|voids?)\b",
    re.IGNORECASE,
)
LONGEST_MODULE_DOCSTRING = 3


def test_docstrings_and_comments_use_plain_words():
    wrong = [
        f"{shown(path)}:{line}: {word}"
        for path in product_files()
        if "versions" not in path.parts
        for line, text in prose(path)
        for word in DIALECT.findall(text)
    ]
    assert not wrong, said("Name the user, the request or the worker; see docs/glossary.md:", wrong)


def test_docstrings_of_modules_are_short():
    everywhere = [
        *product_files(),
        *(path for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts),
    ]
    long = [
        shown(path)
        for path in everywhere
        if len((ast.get_docstring(parsed(path)) or "").splitlines()) > LONGEST_MODULE_DOCSTRING
    ]
    assert not long, said("Over three lines: arguments go to docs/security.md or docs/architecture.md:", long)
