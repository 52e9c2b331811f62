"""The file `serving` in the data folder: locked while a server runs on it, and with the port that was served last."""

import sys
from pathlib import Path
from typing import TextIO

NAME = "serving"


def begin(data_dir: Path, port: int) -> tuple[TextIO, bool]:
    """The open file, which holds the lock until the server ends; whether another server holds it already."""
    file = (data_dir / NAME).open("a+", encoding="utf-8")
    (data_dir / NAME).chmod(0o600)
    alone = _lock(file)
    if alone:
        file.truncate(0)
        file.write(f"{port}\n")
        file.flush()
    return file, not alone


def is_served(data_dir: Path) -> bool:
    """Whether a server runs on this data folder."""
    try:
        with (data_dir / NAME).open("r+", encoding="utf-8") as file:
            return not _lock(file)
    except OSError:
        return False


def _lock(file: TextIO) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def last_port(data_dir: Path) -> int | None:
    """The port that was served last; None if that is not known."""
    try:
        text = (data_dir / NAME).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) < 65536 else None
