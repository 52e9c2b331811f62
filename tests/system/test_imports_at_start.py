"""What a start does not wait for: packages that few processes ever need."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT


def printed(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("package", ["alembic", "authlib", "httpx2", "sqlalchemy"])
def test_the_application_starts_without_it(package: str):
    assert printed(f"import sys, app; print({package!r} in sys.modules)") == "False"


def test_sqlalchemy_is_there_for_those_who_need_it():
    program = "import db, databases.core; from sqlalchemy import text;"
    program += "print(text('SELECT 1'))"
    assert printed(program) == "SELECT 1"


def test_a_program_that_has_sqlalchemy_already_keeps_it():
    program = "import sqlalchemy, db, databases.core; print(databases.core.text is sqlalchemy.text)"
    assert printed(program) == "True"
