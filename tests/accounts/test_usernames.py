"""Usernames: one canonical form, and what cannot be one."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n import get_profile

from accounts.confusables import skeleton
from accounts.fields import problem_with_email, problem_with_text
from accounts.usernames import canonical, lowered, problem_with
from db.folding import former


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("alice", "alice"),
        ("Alice", "alice"),
        ("  ALICE  ", "alice"),
        ("alice@example.org", "alice@example.org"),
        ("o'neil, mary-ann", "o'neil, mary-ann"),
        ("Straße", "straße"),
        ("STRAẞE", "straße"),
        ("STRASSE", "strasse"),
        # half-width katakana, an ideographic space and a no-break space
        ("\uff76\uff9e\u3000\uff80", "\u30ac \u30bf"),
        ("non\u00a0break", "non break"),
        ("İstanbul", "istanbul"),
        ("ISPARTA", "isparta"),
        ("ısparta", "ısparta"),
        ("zo\u00eb", "zo\u00eb"),
        ("Zoe\u0308", "zo\u00eb"),
        # full-width letters
        ("\uff41\uff4c\uff49\uff43\uff45", "alice"),
        ("Σίσυφος", "σίσυφος"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("σίσυφοσ", "σίσυφοσ"),
        ("ΟΔΟΣ ΟΔΥΣΣΕΩΣ", "οδος οδυσσεως"),
        # with a vowel mark
        ("राम", "राम"),
        ("山田太郎", "山田太郎"),
        ("user 007", "user 007"),
    ],
)
def test_a_username_has_one_canonical_form(typed: str, stored: str):
    assert canonical(typed) == stored


@given(st.text(max_size=20))
def test_what_is_canonical_stays_as_it_is(typed: str):
    name = canonical(typed)
    assert name is None or canonical(name) == name


LETTERS = "aAäÄßẞſsſﬁİıΣςσµKÅi\u0307\u0301\u0345ᾳᾼΐǆǅḖe.ゕｶﾞᎠꭰ"


@given(st.text(alphabet=LETTERS, min_size=1, max_size=12))
def test_what_a_name_of_any_letters_becomes_stays_as_it_is(typed: str):
    name = canonical(typed)
    assert name is None or canonical(name) == name


@given(st.text(alphabet="aAäÄßẞſsſﬁİıΣςσµKÅᾳᾼΐǆǅḖe.ゕｶᎠꭰ", min_size=1, max_size=12))
def test_a_name_that_was_stored_before_is_found_by_all_that_led_to_it(typed: str):
    """Nobody who signed in before types another name now: what was stored is the former form of what they type."""
    stored = former(typed)
    assert former(stored) == stored
    for typed_now in (typed, stored):
        name = canonical(typed_now)
        assert name is None or former(name) == stored


@given(st.text(alphabet=LETTERS, min_size=1, max_size=12))
def test_names_of_one_former_form_have_one_skeleton(typed: str):
    """So that no new user can have a name by which one from before is found."""
    name = canonical(typed)
    if name is not None and problem_with(typed) == "":
        assert skeleton(name) == skeleton(former(name))


def test_it_is_what_the_library_makes_of_every_single_letter():
    """Width, letter case, NFC, in this order (RFC 8264, 7); but for the dot of İ."""
    profile = get_profile("UsernameCaseMapped")
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        try:
            expected = profile.enforce(letter)
        except UnicodeEncodeError:
            continue
        assert lowered(letter) == expected or letter == "İ", hex(number)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "two  blanks",
        "line\nbreak",
        "tab\there",
        "zero\x00",
        "escape\x1b[31m",
        "line\u2028separator",
        "paragraph\u2029separator",
        "next\x85line",
        "right\u202eto left",
        "zero\u200bwidth",
        "lone\ud800surrogate",
        "private\ue000use",
        "non\u2003em",
    ],
)
def test_control_and_line_break_characters_and_double_blanks_are_none(typed: str):
    name = canonical(typed)
    # an em space becomes a single blank
    assert name is None or name == "non em"


@pytest.mark.parametrize("typed", ["command line", "Command Line", "SYSTEM", "system ", "Unknown User", "ｓystem"])
def test_the_actors_of_the_log_cannot_be_usernames(typed: str):
    assert canonical(typed) is None


def test_128_characters_are_the_most():
    assert canonical("a" * 128) == "a" * 128
    assert canonical("a" * 129) is None
    assert canonical("\u0149" * 128) == "\u0149" * 128


def test_the_length_is_checked_before_anything_is_normalised():
    # NFKC of it takes half a minute
    assert canonical("\u0344" * 200_000) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Alice Möller", ""),
        ("", ""),
        ("x" * 200, ""),
        ("x" * 201, "too_long"),
        ("a\nb", "bad_characters"),
        ("a\u2028b", "bad_characters"),
        ("a\x00b", "bad_characters"),
    ],
)
def test_a_line_of_text_is_short_and_one_line(text: str, problem: str):
    assert problem_with_text(text) == problem


@pytest.mark.parametrize("address", ["", "alice@example.org", "a.b+c@mail.example.org", "o@exämple.org", "a@b.c"])
def test_addresses_are_accepted(address: str):
    assert problem_with_email(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "alice",
        "alice@",
        "@example.org",
        "alice@example",
        "a b@example.org",
        "a@b@example.org",
        "alice@example.org\nBcc: eve@example.org",
        "alice@example.org\r\n",
        "Alice <alice@example.org>",
        "a@example.org,b@example.org",
        "a@example.org;b@example.org",
        "alice@example.org\u202e",
    ],
)
def test_what_is_no_address_is_refused(address: str):
    assert problem_with_email(address) == "bad_address"


def test_an_address_has_at_most_254_characters():
    assert problem_with_email("a" * 242 + "@example.org") == ""
    assert problem_with_email("a" * 243 + "@example.org") == "too_long"
