"""The version of the program stands once: commands.VERSION."""

import re
import tomllib

import commands
from tests.house.tree import ROOT


def test_the_project_takes_its_version_from_the_program():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in settings["project"]
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "commands.VERSION"}


def test_it_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", commands.VERSION)
