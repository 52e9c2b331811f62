"""Functions and modules stay small: figures over all, and lists of those that may be larger, each with its reason."""

from pathlib import Path
from statistics import median

import pytest

from tests.house.measures import Size, functions, module_lines, ninth_decile
from tests.house.tree import ROOT, said

MOST_LINES_P90 = 16
MOST_PARAMETERS = 5
MOST_COMPLEXITY = 10
MOST_MODULE_LINES_MEDIAN = 110
MOST_MODULE_LINES = 250

LONG_MODULES = {
    "config.py": "the table of all settings, half a dozen lines each",
    "accounts/activity/kinds.py": "the table of all activities, a small dataclass each",
    "accounts/system/demo.py": "the sample organisation: half of it is names and units",
    "accounts/sso/callback.py": "one callback from the parameters to its four endings",
    "db/users.py": "one module per table, and this table has the most statements",
}
MANY_PARAMETERS = {
    "commands/users.py create_user": "click passes one argument per option",
    "accounts/sso/pending.py create": "what the four callers know, and nothing derived from it",
    "accounts/sso/pending.py _authorization_url": "what the standard puts into the address",
    "accounts/users/administration.py hand_over": "who, for whom, which link, and what the form knew",
    "accounts/users/users.py _store": "the row, what was asked for, and who asks",
    "db/reads/overview.py _rows": "the filter and the place in the list",
    "gallery/activity_log.py entry": "the columns of the log",
}
DECISION = "a decision reads from top to bottom, one refusal after the other"
PARSER = "each way in which the input can be wrong has its own answer"
HANDLER = "a handler answers each outcome in the order in which it is found"
COMPLEX = {
    "accounts/login/login.py _cause": DECISION,
    "accounts/login/login.py _decide": DECISION,
    "accounts/login/login.py _try": DECISION,
    "accounts/login/reauthentication.py reauthenticate": DECISION,
    "accounts/sso/callback.py _reauthenticate": DECISION,
    "accounts/sso/metadata.py _endpoint": PARSER,
    "accounts/sso/metadata.py read_metadata": PARSER,
    "accounts/user_import/apply.py _store": "each thing that a line of the file can change",
    "accounts/user_import/changes.py judge": DECISION,
    "accounts/user_import/csv_file.py _line": PARSER,
    "accounts/users/profile.py change": DECISION,
    "accounts/users/roles.py assign": DECISION,
    "accounts/users/users.py _store": "everything of a new user in one transaction",
    "accounts/users/users.py create": DECISION,
    "routes/my_user/two_factor.py make_recovery_codes": HANDLER,
    "routes/sso.py begin": HANDLER,
    "routes/users/view.py view_of": PARSER,
    "routes/users/login_method.py change": HANDLER,
    "routes/web/guard.py guarded": "who may open a page, question by question",
    "routes/web/guard.py signed_in": "the same; the inner function counts, too",
    "settings/mail.py smtp_url": PARSER,
}


def test_functions_are_short():
    lines = ninth_decile(size.lines for size in functions())
    assert lines <= MOST_LINES_P90, f"Nine functions of ten have at most {lines} lines; {MOST_LINES_P90} are wanted"


def test_functions_take_few_parameters():
    wrong = _over([(size, size.parameters) for size in functions()], MOST_PARAMETERS, MANY_PARAMETERS)
    assert not wrong, said(f"Over {MOST_PARAMETERS} parameters: make a dataclass, or give the reason here:", wrong)


def test_functions_have_few_branches():
    wrong = _over([(size, size.complexity) for size in functions()], MOST_COMPLEXITY, COMPLEX)
    assert not wrong, said(f"A complexity over {MOST_COMPLEXITY}: split it, or give the reason here:", wrong)


def test_modules_are_short():
    lines = module_lines()
    assert median(lines.values()) <= MOST_MODULE_LINES_MEDIAN
    wrong = [f"{name}: {n} lines" for name, n in lines.items() if n > MOST_MODULE_LINES and name not in LONG_MODULES]
    assert not wrong, said(f"Over {MOST_MODULE_LINES} lines: split by subject, or give the reason here:", wrong)


def test_no_exception_is_listed_that_is_not_needed():
    found, lines = functions(), module_lines()
    needed = {
        *(size.name for size in found if size.parameters > MOST_PARAMETERS),
        *(size.name for size in found if size.complexity > MOST_COMPLEXITY),
        *(name for name, number in lines.items() if number > MOST_MODULE_LINES),
    }
    unneeded = [name for name in (*LONG_MODULES, *MANY_PARAMETERS, *COMPLEX) if name not in needed]
    assert not unneeded, said("Take these out of the lists: they are small now, or gone:", unneeded)


@pytest.mark.parametrize(
    ("name", "most", "reason"),
    [
        ("app.py", 90, "it is a table of contents: no logic, a line per thing"),
        ("static/js/two_keys.js", 70, "the server does it, or htmx does"),
    ],
)
def test_it_stays_small(name: str, most: int, reason: str):
    lines = len(Path(ROOT / name).read_text(encoding="utf-8").splitlines())
    assert lines <= most, f"{name} has {lines} lines, at most {most}: {reason}"


def _over(sizes: list[tuple[Size, int]], most: int, listed: dict[str, str]) -> list[str]:
    return [f"{size.name}: {number}" for size, number in sizes if number > most and size.name not in listed]
