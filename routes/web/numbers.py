"""Numbers of rows as requests carry them."""

DIGITS = 18


def row_number(text: str) -> int | None:
    """The number of a row; None if the text is none, or is larger than the database can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None
