"""What a sample is: who looks at which page; None: without a session."""

from routes.web.me import Me
from routes.web.part import Page

Sample = tuple[Me | None, Page]
Samples = dict[str, Sample]
