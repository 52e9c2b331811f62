"""The shipped templates and a designer's over them: a mistake in these is named, and the shipped one is served."""

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import jinja2

Made = TypeVar("Made")

_log = logging.getLogger("two_keys.theme")


@dataclass(frozen=True)
class Mistake:
    """`line` 0: of the file as a whole."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


class ThemeMistake(Exception):
    """Raised in development in place of the page that a designer's template cannot make."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


class Templates:
    """Without a designer's folder `themed` and `shipped` are one environment.

    `strict`: a mistake is raised as ThemeMistake, for development; else it is logged once.
    """

    def __init__(
        self, shipped: jinja2.Environment, themed: jinja2.Environment, folders: Sequence[Path], strict: bool
    ) -> None:
        self.shipped = shipped
        self.themed = themed
        self.folders = folders
        self._strict = strict
        self._named: set[Mistake] = set()

    def using(self, render: Callable[[jinja2.Environment], Made]) -> Made:
        """What `render` makes of the designer's templates, or of the shipped ones if they have a mistake."""
        try:
            return render(self.themed)
        # a template may raise anything
        except Exception as error:
            mistake = self.mistake_in(error)
            if mistake is None:
                raise
            if self._strict:
                raise ThemeMistake(mistake) from error
            self._name(mistake)
        return render(self.shipped)

    def mistake_in(self, error: Exception) -> Mistake | None:
        """Where in a designer's template an error comes from; None: from elsewhere."""
        if isinstance(error, jinja2.TemplateSyntaxError) and self._is_designers(error.filename):
            return Mistake(Path(error.filename or ""), error.lineno, error.message or "cannot be read")
        frames = traceback.extract_tb(error.__traceback__)
        for frame in reversed(frames):
            if self._is_designers(frame.filename):
                what = f"there is no template {error}" if isinstance(error, jinja2.TemplateNotFound) else str(error)
                return Mistake(Path(frame.filename), frame.lineno or 0, what or type(error).__name__)
        return None

    def _is_designers(self, file: str | None) -> bool:
        return bool(file) and any(Path(file or "").is_relative_to(folder) for folder in self.folders)

    def _name(self, mistake: Mistake) -> None:
        if mistake not in self._named:
            self._named.add(mistake)
            _log.error("the shipped template is served: %s", mistake)
