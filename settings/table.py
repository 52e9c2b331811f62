"""What a row of the table of settings is, and the loop that reads the table from the environment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

PREFIX = "TWO_KEYS_"

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Setting(Generic[T_co]):
    """`parse` raises ValueError with one message per mistake. A message that begins with "must" or "is" continues
    the name; any other follows a colon."""

    name: str
    parse: Callable[[str], T_co]
    default: T_co
    # the meaning, as Markdown for docs/operators/settings.md
    help: str
    # May be read from a file that NAME_FILE names.
    secret: bool = False
    # what the documentation says where the default itself says nothing
    shown_default: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that set it."""
        return (self.name, f"{self.name}_FILE") if self.secret else (self.name,)

    def is_set(self, environment: Mapping[str, str]) -> bool:
        """Whether the environment names it, usable or not."""
        return any(variable in environment for variable in self.variables)

    def text(self, environment: Mapping[str, str]) -> str | None:
        """Its text, from the variable or the file; None if it is not set. Raises ValueError with the mistake."""
        text = environment.get(self.name)
        if self.secret and f"{self.name}_FILE" in environment:
            if text is not None:
                raise ValueError(f"{self.name} and {self.name}_FILE are both set; keep one")
            text = self._file(environment[f"{self.name}_FILE"])
        if text is not None and not (text and text.isprintable()):
            raise ValueError(f"{self.name} is empty or holds characters that cannot be printed")
        return text

    def _file(self, path: str) -> str:
        try:
            return Path(path).read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            why = error.strerror
        except UnicodeDecodeError:
            why = "not UTF-8"
        raise ValueError(f"{self.name}_FILE: cannot read {path!r} ({why})")

    def parsed(self, text: str) -> T_co:
        """The value of a text. Raises ValueError with one sentence per mistake."""
        try:
            return self.parse(text)
        except ValueError as error:
            raise ValueError(*(self._sentence(message) for message in error.args)) from None

    def _sentence(self, message: str) -> str:
        return f"{self.name} {message}" if message.startswith(("must ", "is ")) else f"{self.name}: {message}"

    def of(self, values: Mapping[str, object]) -> T_co:
        """Its value among those of all settings, by name."""
        return cast("T_co", values[self.name])


class BadSettings(Exception):
    """One line per mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Reading:
    """What the environment says: the value of each setting, its default if it is missing or bad."""

    values: Mapping[str, object]
    # the settings that have a text, whether it is a good one or not
    readable: frozenset[str]
    mistakes: tuple[str, ...]


def read_table(table: Sequence[Setting[object]], environment: Mapping[str, str]) -> Reading:
    values: dict[str, object] = {setting.name: setting.default for setting in table}
    known = {variable for setting in table for variable in setting.variables}
    mistakes = list(_unknown_names(environment, known))
    readable: set[str] = set()
    for setting in table:
        try:
            if (text := setting.text(environment)) is not None:
                readable.add(setting.name)
                values[setting.name] = setting.parsed(text)
        except ValueError as error:
            mistakes += error.args
    return Reading(values, frozenset(readable), tuple(mistakes))


def _unknown_names(environment: Mapping[str, str], known: set[str]) -> Iterator[str]:
    """A misspelt setting would have no effect, without a word."""
    for name in environment:
        if name.startswith(PREFIX) and name not in known:
            yield f"{name} is not a setting of this program; docs/operators/settings.md lists them"
