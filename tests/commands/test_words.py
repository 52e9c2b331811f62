"""Each problem that a rule can report has a sentence, and each sentence a problem."""

from typing import Any, get_args

import pytest

from accounts import passwords
from accounts.mail import smtp
from accounts.sso import check, http
from accounts.user_import import csv_file
from accounts.users import users
from commands import copy_words, words
from db.copying import rows


@pytest.mark.parametrize(
    ("sentences", "problems"),
    [
        (words.PASSWORD, get_args(passwords.Problem)),
        (words.FIELD, get_args(users.FieldProblem)),
        (words.IMPORT, get_args(csv_file.BadProblem)),
        (words.MAIL, get_args(smtp.Ill)),
        (words.SSO, get_args(http.Problem)),
        (words.SSO_DOUBTS, get_args(check.Doubt)),
        (words.SSO_SIGNING, get_args(check.Signing)),
        (copy_words.COPY, get_args(rows.Problem)),
    ],
    ids=["password", "field", "import", "mail", "sso", "doubts", "signing", "copy"],
)
def test_each_problem_has_a_sentence(sentences: dict[str, Any], problems: tuple[str, ...]):
    assert set(sentences) == set(problems)
