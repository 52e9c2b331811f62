"""Rows that pages show again and again, kept as the HTML that was made of them."""

from collections.abc import Hashable

from jinja2.runtime import Macro

from routes.web.rendered import Rendered

# At most 2 MB, the rows of twenty pages: a row of the overview has some 800 characters.
MOST_CHARACTERS = 1_000_000


class KeptRows:
    """What a macro made of its arguments. A macro that is imported without a context sees its arguments alone; a
    template that was reloaded has another macro.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Hashable, ...], Rendered] = {}
        self._characters = 0

    def row(self, macro: Macro, *arguments: Hashable) -> Rendered:
        """For templates, in place of calling the macro: `kept(macro, …)`."""
        # With the types: text that is to be escaped equals the same text as HTML.
        key = (macro, *arguments, *map(type, arguments))
        html = self._kept.get(key)
        if html is None:
            html = self._kept[key] = Rendered(macro(*arguments))
            self._characters += len(html)
            while self._characters > MOST_CHARACTERS:
                self._characters -= len(self._kept.pop(next(iter(self._kept))))
        return html
