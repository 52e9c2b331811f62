"""What is not ours is the very thing that was checked: the vendored script and the locked requirements."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

JS = ROOT / "static/js"
LOCKED = re.compile(r"([a-z0-9.-]+)==[^\s;]+( ;[^\\]+)? \\")
LINE = re.compile(rf"{LOCKED.pattern}|    --hash=sha256:[0-9a-f]{{64}}( \\)?|\s*#[^/]*(/[\w.-]+)*|")


def test_htmx_is_the_recorded_file():
    record = (JS / "README.md").read_text(encoding="utf-8")
    checksum = hashlib.sha256((JS / "htmx.min.js").read_bytes()).hexdigest()
    assert checksum in record, (
        f"static/js/htmx.min.js has the SHA-256 {checksum}, which static/js/README.md does not record"
    )
    version = re.search(r"version (\d+\.\d+\.\d+)", record)
    assert version, "static/js/README.md does not say which version htmx.min.js is"
    assert version[1] in (JS / "htmx.min.js").read_text(encoding="utf-8"), f"htmx.min.js is not version {version[1]}"


def test_htmx_comes_with_its_licence():
    assert "Zero-Clause BSD" in (JS / "htmx.LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_are_pinned_and_name_no_address(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    wrong = [line for line in text.splitlines() if not LINE.fullmatch(line) or "://" in line]
    assert not wrong, f"{name} is written by `make lock` and holds names, versions and hashes only: {wrong}"


def test_requirements_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tests = project["optional-dependencies"]["test"]
    wanted = {"requirements.txt": project["dependencies"], "requirements-test.txt": project["dependencies"] + tests}
    for name, requirements in wanted.items():
        missing = {canonicalize_name(Requirement(line).name) for line in requirements} - locked(ROOT / name).keys()
        assert not missing, f"`make lock`: {name} lacks {', '.join(sorted(missing))}"
    runtime, everything = (locked(ROOT / name) for name in wanted)
    assert runtime.items() <= everything.items(), "`make lock`: the two locked sets disagree"


def test_npm_packages_are_pinned_and_name_no_registry():
    folder = ROOT / "tests/oidc_provider"
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    lock, wanted = json.loads(text), json.loads((folder / "package.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert '"resolved"' not in text, "npm install --omit-lockfile-registry-resolved=true"
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    for name, version in wanted["dependencies"].items():
        assert packages[f"node_modules/{name}"]["version"] == version, "npm install, and commit package-lock.json"


def locked(path: Path) -> dict[str, str]:
    return {
        found[1]: found[0] for line in path.read_text(encoding="utf-8").splitlines() if (found := LOCKED.match(line))
    }
