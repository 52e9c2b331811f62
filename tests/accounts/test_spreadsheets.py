"""What an export does to a cell so that no spreadsheet runs it, an import undoes exactly."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from accounts.spreadsheets import harmless, plain

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
PIECES = ("'", '"', " ", "a", "=", "-", "＝", ";", ",", "\t")


def test_every_text_of_up_to_four_such_characters_comes_back():
    for length in range(5):
        for letters in product(PIECES, repeat=length):
            # A line of text of a user does not begin with a tab; such a cell gets an apostrophe of its own.
            text = "".join(letters).strip()
            assert plain(harmless(text)) == text, text


@given(st.text(alphabet=st.sampled_from([*PIECES, *SIGNS, "é", "1"]), max_size=30))
def test_longer_ones_come_back(text: str):
    assert plain(harmless(text.strip())) == text.strip()
