"""`make docs`: writes the table of docs/operators/settings.md from the table of config/settings.py."""

from pathlib import Path

from config.settings import SETTINGS, Setting

PAGE = Path(__file__).parents[1] / "docs/operators/settings.md"
BEGIN = "<!-- `make docs` writes this table from config/settings.py. -->\n"
END = "<!-- The end of the table. -->\n"


def with_table(page: str) -> str:
    """The page with the table as the code has it now. Raises ValueError if a marker is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} needs the two markers of the table: {BEGIN.strip()} and {END.strip()}")
    return before + begin + "\n" + table() + "\n" + end + after


def table() -> str:
    return "\n".join(["| Name | Meaning | Default | Secret |", "|---|---|---|---|", *map(row, SETTINGS)]) + "\n"


def row(setting: Setting) -> str:
    default = setting.otherwise if setting.default is None else f"`{setting.default}`"
    return f"| `{setting.name}` | {setting.help} | {default} | {'yes' if setting.secret else ''} |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
