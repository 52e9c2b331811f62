"""HTML that a template has written already."""

from markupsafe import Markup


class Rendered(Markup):
    """HTML that a template or a function of ours made: it holds no forbidden character, and is not looked through
    again.
    """
