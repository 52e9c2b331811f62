"""The README tells all of it: every command, every file and folder at the top."""

import fnmatch
import re

from tests.house.tree import ROOT, said


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_names_every_command():
    import click

    import commands

    groups = [value for value in vars(commands).values() if isinstance(value, click.Group)]
    assert groups, "commands.py has no click group with the commands"
    missing = [
        name for group in groups for name in group.commands if not re.search(rf"`(python app\.py )?{name}\b", readme())
    ]
    assert not missing, said("Add these commands to README.md, as `command …`:", missing)


def test_its_map_names_every_file_and_folder():
    ignored = [
        line.strip().rstrip("/")
        for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    at_the_top = [
        path.name
        for path in ROOT.iterdir()
        if path.name not in {".git", ".gitignore", "README.md"}
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    ]
    missing = [
        name for name in sorted(at_the_top) if not re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w-])", readme())
    ]
    assert not missing, said("Add these to the map in README.md (or to .gitignore):", missing)


def test_its_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)|(?:src|href)=\"([^\"#]+)\"", readme())
    local = [first or second for first, second in targets if not re.match(r"[a-z]+:", first or second)]
    missing = [target for target in local if not (ROOT / target).exists()]
    assert not missing, said("README.md leads to files that do not exist:", missing)
