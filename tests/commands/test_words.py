"""Every problem that a rule can report has its sentence."""

from typing import Any, get_args

import pytest

from accounts import passwords
from accounts.mail import smtp
from accounts.sso import check, http
from accounts.user_import import csv_file
from accounts.user_import.csv_file import Bad
from accounts.users import users
from commands import words


@pytest.mark.parametrize(
    ("sentences", "problems"),
    [
        (words.PASSWORD, passwords.Problem),
        (words.FIELD, users.FieldProblem),
        (words.IMPORT, csv_file.Problem),
        (words.MAIL, smtp.Ill),
        (words.SSO, http.Ill),
        (words.SSO_DOUBTS, check.Doubt),
    ],
)
def test_every_problem_has_a_sentence(sentences: dict[str, str], problems: Any):
    assert sentences.keys() == set(get_args(problems))


@pytest.mark.parametrize("problem", get_args(csv_file.Problem))
def test_every_problem_of_an_import_can_be_printed(problem: csv_file.Problem):
    said = words.why_not_imported(Bad(7, problem, "email", "nonsense"))
    assert said.startswith("line 7: ")
    assert "{" not in said


@pytest.mark.parametrize("what", get_args(http.Ill))
def test_every_trouble_of_single_sign_on_can_be_printed(what: http.Ill):
    said = words.sso_problem(http.Trouble("keys", what, "nonsense"), "https://login.example.org/realms/acme")
    assert "{" not in said
