"""Values of one kind each: a choice, a name, a folder, networks, keys."""

import re
from collections.abc import Callable
from pathlib import Path

from settings.addresses import Network, network

LONGEST_NAME = 64
SHORTEST_KEY = 32


def choice(*words: str) -> Callable[[str], str]:
    """A parser that accepts one of `words`."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be {' or '.join(words)}")
        return text

    return parse


def on_or_off(text: str) -> bool:
    return choice("on", "off")(text) == "on"


def number_of_processes(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?", text):
        raise ValueError("is set by `serve --workers` alone")
    return int(text)


def display_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME:
        raise ValueError(f"must be 1 to {LONGEST_NAME} printable characters")
    return name


def organisation(text: str) -> str:
    if ":" in text:
        raise ValueError("must not contain a colon (authenticator apps split names there)")
    return display_name(text)


def folder(text: str) -> Path:
    """It need not exist yet."""
    return Path(text)


def existing_folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError(f"{text!r} is not a folder")
    return Path(text).absolute()


def secret_keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(","))
    wrong = []
    if any(len(key) < SHORTEST_KEY or not key.isascii() for key in keys):
        wrong.append(
            f"each key needs at least {SHORTEST_KEY} characters, ASCII alone (for example `openssl rand -hex 32`)"
        )
    if len(set(keys)) != len(keys):
        wrong.append("must not name one key twice")
    if wrong:
        raise ValueError(*wrong)
    return keys


def networks(text: str) -> tuple[Network, ...]:
    """IP addresses and networks, separated by commas."""
    found: list[Network] = []
    wrong: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(network(part))
        except ValueError:
            wrong.append(f"{part!r} is not an IP address or network")
    if wrong:
        raise ValueError(*wrong)
    return tuple(found)
