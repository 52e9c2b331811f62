"""Nothing is skipped or ignored in silence."""

import re

from tests.house.tree import ROOT, comments, said, shown

IGNORES = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:)")
REASON = re.compile(r"# because \w")


def test_nothing_is_skipped_in_silence(pytestconfig):
    loaded = pytestconfig.pluginmanager.has_plugin("tests.programs")
    assert loaded, (
        'tests/conftest.py needs pytest_plugins = ["tests.programs"]: with CI=true a skipped test is a failure'
    )


def test_every_ignore_has_its_reason_beside_it():
    wrong = [
        f"{shown(path)}:{line}: {comment}"
        for path in sorted(ROOT.rglob("*.py"))
        if not {".venv", "node_modules"} & set(path.parts)
        for line, comment in comments(path)
        if IGNORES.search(comment) and not REASON.search(comment)
    ]
    assert not wrong, said("Write `# because …` behind it:", wrong)
