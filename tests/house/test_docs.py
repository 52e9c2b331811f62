"""What the documentation says is there, is there, and the other way round; no comment points out of the repository."""

import ast
import fnmatch
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT, parsed, product_files, prose, said, shown

LARGEST_README_BYTES = 6 * 1024
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
# Pages about what was: their paths may be gone.
HISTORY = {"CHANGELOG.md", *(f"docs/decisions/{path.name}" for path in DECISIONS.glob("0*.md"))}


@cache
def files() -> tuple[str, ...]:
    """Every file of the repository, by its path from the root."""
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ignored = (".git", *(pattern.rstrip("/") for pattern in patterns))

    def below(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir():
                yield from below(path)
            else:
                yield path

    return tuple(shown(path) for path in below(ROOT))


def pages() -> list[str]:
    return [name for name in files() if name.endswith(".md")]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def without_code(name: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text_of(name), flags=re.DOTALL | re.MULTILINE)


# --------------------------------------------------------------------------------------------------------------- links


def links(name: str) -> Iterator[tuple[str, str]]:
    """(path from the root, anchor) of each link of a page that stays in the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(name)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / name).parent / path if path else ROOT / name
        yield shown(found.resolve()) if found.resolve().is_relative_to(ROOT) else target, anchor


def anchors(name: str) -> set[str]:
    """Where links into a page can lead: its headings, as repository hosts write them."""
    headings = re.findall(r"^#+ (.+)$", without_code(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_is_short():
    size = (ROOT / "README.md").stat().st_size
    assert size <= LARGEST_README_BYTES, f"README.md has {size} bytes: move what few readers need into docs/"


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str):
    wrong = [
        f"{path}#{anchor}" if anchor else path
        for path, anchor in links(name)
        if not (ROOT / path).exists() or (anchor and anchor not in anchors(path))
    ]
    assert not wrong, said(f"{name} leads to files or headings that do not exist:", wrong)


def test_every_page_is_found_from_the_readme():
    found, ahead = set[str](), ["README.md"]
    while ahead:
        name = ahead.pop()
        if name not in found and name.endswith(".md") and (ROOT / name).is_file():
            found.add(name)
            ahead += [path for path, _ in links(name)]
    assert set(pages()) == found, said("No link leads to these pages:", sorted(set(pages()) - found))


# --------------------------------------------------------------------------------------------- what docs and code name


def test_every_path_in_docs_exists():
    folders = "|".join(re.escape(path.name) for path in ROOT.iterdir() if f"{path.name}/" in " ".join(files()))
    wrong = [
        f"{name}: {path}"
        for name in pages()
        if name not in HISTORY
        for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", text_of(name))
        if not (ROOT / path).exists()
    ]
    assert not wrong, said("These pages name paths that are not there:", wrong)


def test_every_migration_that_is_named_exists():
    there = {path.name[:4] for path in (ROOT / "db/migrations/versions").glob("*.py")}
    assert there, "db/migrations/versions is empty"
    wrong = [
        f"{name}: {number}"
        for name in files()
        if name.endswith((".md", ".py", ".html", ".toml"))
        for numbers in re.findall(r"\bmigrations?\s+(\d{4}(?:(?:,| and|, and)\s+\d{4})*)", text_of(name))
        for number in re.findall(r"\d{4}", numbers)
        if number not in there
    ]
    assert not wrong, said("These name migrations that are not there:", wrong)


def test_every_setting_that_is_named_exists():
    import config

    there = {setting.name for setting in config.SETTINGS}
    secrets = {f"{setting.name}_FILE" for setting in config.SETTINGS if setting.secret}
    wrong = [
        f"{name}: {setting}"
        for name in pages()
        if name not in HISTORY
        for setting in re.findall(r"\bTWO_KEYS_[A-Z_]*[A-Z]\b", text_of(name))
        if setting not in there | secrets
    ]
    assert not wrong, said("These pages name settings that are not in config.py:", wrong)


def test_every_command_has_its_row():
    import click

    import commands

    groups = [value for value in vars(commands).values() if isinstance(value, click.Group)]
    assert groups, "commands/ has no click group"
    there = {name for group in groups for name in group.commands}
    table = re.findall(r"^\| `([a-z-]+)", text_of("docs/operators/commands.md"), flags=re.MULTILINE)
    # The second table, on being locked out, begins its rows with words.
    assert sorted(table) == sorted(there), "docs/operators/commands.md: a row for each command, and for nothing else"


def test_every_limit_is_in_the_table():
    defined = {
        target.id
        for node in parsed(ROOT / "accounts/limits.py").body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name)
    }
    page = text_of("docs/security.md")
    section = page[page.index("## All limits in one place") : page.index("## The arithmetic")]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", section))
    assert named == defined, said(
        "docs/security.md names the limits of accounts/limits.py, each in its table:", sorted(named ^ defined)
    )


# ------------------------------------------------------------------------------------------------------------- the map


def test_the_map_names_everything_at_the_top():
    architecture = text_of("docs/architecture.md")
    top = {name.split("/")[0] for name in files()} - {".gitignore"}
    missing = [name for name in sorted(top) if not re.search(rf"`{re.escape(name)}/?`", architecture)]
    assert not missing, said("Add these to the map in docs/architecture.md (or to .gitignore):", missing)


@pytest.mark.parametrize("folder", ["accounts", "routes", "db", "commands"])
def test_the_map_names_every_room(folder: str):
    section = re.search(rf"### `{folder}/`.*?(?=\n##|\Z)", text_of("docs/architecture.md"), flags=re.DOTALL)
    assert section, f"docs/architecture.md has no section on {folder}/"
    first_cells = re.findall(r"^\| (`.*?`) \|", section.group(), flags=re.MULTILINE)
    named = {name for cell in first_cells for name in re.findall(r"`(.+?)`", cell)}
    there = {
        f"{parts[1]}/" if len(parts) > 2 else parts[1]
        for name in files()
        if (parts := name.split("/"))[0] == folder and name.endswith(".py")
    } - {"__init__.py"}
    assert there <= named, said(
        f"Add these rooms to the map in docs/architecture.md, {folder}/:", sorted(there - named)
    )
    assert named - {"__init__.py"} <= there, said("The map names rooms that are not there:", sorted(named - there))


def test_designers_find_every_folder_of_templates():
    folders = {name.split("/")[1] for name in files() if name.startswith("templates/") and name.endswith(".html")}
    missing = [name for name in sorted(folders) if f"`{name}/" not in text_of("templates/README.md")]
    assert not missing, said("Add these folders to the table in templates/README.md:", missing)


# ---------------------------------------------------------------------------------------------- decisions and versions


def test_decisions_are_numbered_and_listed():
    decisions = sorted(DECISIONS.glob("0*.md"))
    index = text_of("docs/decisions/README.md")
    for number, path in enumerate(decisions, 1):
        text = text_of(shown(path))
        title = re.match(rf"# {number}\. (.+)\n\nDate: (\d{{4}}-\d\d-\d\d)\n", text)
        assert path.name.startswith(f"{number:04}-"), f"{path.name}: decisions are numbered without a gap"
        assert title, f"{path.name} begins with its number, its title and its date"
        assert f"| [{number}]({path.name}) | {title[2]} | {title[1]} |" in index, f"{path.name} is not in the index"
        assert re.findall(r"^## (\w+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name


def test_the_version_is_in_the_changelog():
    import commands

    assert re.search(rf"^## {re.escape(commands.VERSION)}\b", text_of("CHANGELOG.md"), flags=re.MULTILINE), (
        f"CHANGELOG.md has no entry for {commands.VERSION}"
    )


# ------------------------------------------------------------------------------------------------ comments in the code

# Documents that readers of this repository do not have.
ELSEWHERE = re.compile(r"\b(?:QUALITIES|PRODUCT|HOUSE|GLOSSARY|LOOK|R1\d)\b|†|\bissue \d+")
FILE = re.compile(r"(?<![\w/.*<>-])[\w./-]*\w\.(?:py|html|css|js|mjs|md|toml|txt|svg)\b(?!\()")
# Names that are no files of the tree: examples, and what is served.
NO_FILES = re.compile(r"[A-Z]|^(two_keys\.css|password\.txt)$")
# A path without an ending, or with what is in a module behind it: accounts/login, accounts/limits.THROTTLES.
PATH = re.compile(
    r"(?<![\w/.*<>{-])(?:accounts|commands|db|docs|gallery|routes|settings|static|templates|tests)/[\w/.-]*\w"
)
PLACEHOLDER = re.compile(r"/[A-Z]+\.")


def comments(name: str) -> Iterator[tuple[int, str]]:
    """(line, text) of the comments and docstrings of a file."""
    source = text_of(name)
    if name.endswith(".py"):
        yield from prose(ROOT / name)
        return
    patterns = {".html": r"\{#.*?#\}", ".css": r"/\*.*?\*/", ".js": r"/\*.*?\*/|//[^\n]*"}
    pattern = next((pattern for ending, pattern in patterns.items() if name.endswith(ending)), r"(?:^|\s)#[^\n]*")
    for found in re.finditer(pattern, source, flags=re.DOTALL):
        yield source.count("\n", 0, found.start()) + 1, found.group()


def code() -> list[str]:
    endings = (".py", ".html", ".css", ".toml", "Makefile", ".ci/run", "two_keys.js")
    return [name for name in files() if name.endswith(endings)]


def is_there(path: str) -> bool:
    return any(name == path or name.endswith(f"/{path}") for name in files())


def leads_to_code(path: str) -> bool:
    module = path.partition(".")[0]
    return is_there(path) or any((ROOT / each).exists() for each in (path, module, f"{module}.py"))


def pointing_elsewhere() -> Iterator[tuple[str, int, str]]:
    """(file, line, word) of comments that name another document, or a file that is not there."""
    for name in code():
        for line, text in comments(name):
            words = set(ELSEWHERE.findall(text))
            words |= {path for path in FILE.findall(text) if not NO_FILES.search(path) and not is_there(path)}
            words |= {path for path in PATH.findall(text) if not PLACEHOLDER.search(path) and not leads_to_code(path)}
            yield from ((name, line, word) for word in sorted(words))


def test_comments_point_to_what_is_there():
    wrong = [f"{name}:{line}: {word}" for name, line, word in pointing_elsewhere()]
    assert not wrong, said("Say it here, or name a file that is in the repository:", wrong)


def test_product_files_are_read():
    assert {shown(path) for path in product_files()} <= set(code()), "the law above would pass over these"
