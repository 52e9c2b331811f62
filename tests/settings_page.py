"""Writes the table of docs/operators/settings.md from the table in config.py: `make docs`."""

import config
from settings.table import Setting
from tests.house.tree import ROOT

PAGE = ROOT / "docs/operators/settings.md"
BEGIN = "<!-- The table is written by `make docs`: change config.py. -->\n"
END = "<!-- End of the table. -->\n"


def table() -> str:
    """The table of settings, in Markdown."""
    rows = ["| Variable | Meaning | Default | Secret |", "|---|---|---|---|", *map(row, config.SETTINGS)]
    return "\n".join(rows) + "\n"


def row(setting: Setting[object]) -> str:
    default = setting.shown_default or (f"`{setting.default}`" if setting.default else "none")
    return f"| `{setting.name}` | {setting.help} | {default} | {'yes' if setting.secret else 'no'} |"


def page(text: str) -> str:
    """The page with its table written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
