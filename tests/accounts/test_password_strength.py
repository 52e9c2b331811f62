"""Passwords that are guessed first are refused, and what a program or dice choose is accepted."""

import random
import string
import time
from pathlib import Path

import pytest

from accounts import password_strength, passwords
from accounts.password_owner import Owner

ALICE = Owner("alice", "Alice Liddell", "alice@mail.acme.example", "Acme Works", "keys.acme.example:8720")
# What rules of composition would accept: capitals, digits, symbols, 15 characters.
WEAK = Path(__file__).with_name("weak_passwords.txt").read_text("utf-8").splitlines()
RANDOM = random.Random(20261127)


@pytest.mark.parametrize("password", WEAK)
def test_what_is_guessed_first_is_refused(password: str):
    assert passwords.problem_with(password, ALICE) is not None


@pytest.mark.parametrize(
    "password",
    ["acme works alice monkey", "AliceSommer2026!", "4cm3w0rks-2026-2026", "w.alice.w.alice.w"],
)
def test_the_own_username_and_organisation_count_as_listed_words(password: str):
    assert passwords.problem_with(password, ALICE) is not None


def words() -> list[str]:
    """The hardest ones: words that the estimate knows."""
    return [word for word in next(list_ for list_ in password_strength._lists() if "you" in list_) if len(word) > 3]


@pytest.mark.parametrize("separator", [" ", "-", "."])
def test_500_passphrases_of_four_random_words_are_accepted(separator: str):
    listed = words()
    for _ in range(500):
        phrase = separator.join(RANDOM.choice(listed) for _ in range(4))
        assert passwords.problem_with(phrase, ALICE) is None, phrase


@pytest.mark.parametrize(
    ("letters", "length"),
    [
        (string.ascii_letters + string.digits + string.punctuation, 16),
        (string.ascii_letters + string.digits, 15),
        (string.ascii_lowercase, 16),
        ("0123456789abcdef", 20),
    ],
)
def test_500_random_passwords_are_accepted(letters: str, length: int):
    for _ in range(500):
        password = "".join(RANDOM.choice(letters) for _ in range(length))
        assert passwords.problem_with(password, ALICE) is None, password


def test_eleven_letters_of_nothing_make_a_weak_password_strong():
    for password in WEAK:
        assert password_strength.guesses_log10(password + "vqkxjzwhygt") >= passwords.FEWEST_GUESSES_LOG10, password


LONG = [
    "4@8({[<369&#!1/|0$5+7%2",
    "qwertyuiop",
    "ab",
    "1/1/1999 ",
    "p4ssw0rd",
    "\u0130",
    "\ufdfa",
    "59143753355",
    "qwe1 ",
    "a.1 ",
]


@pytest.mark.parametrize("part", LONG)
def test_1024_characters_take_no_longer_than_40(part: str):
    password_strength.guesses_log10("warm")
    password = (part * 1024)[:1024]
    times = []
    for _ in range(5):
        # Of this thread alone: other programs share the machine.
        begin = time.thread_time()
        password_strength.guesses_log10(password)
        times.append(time.thread_time() - begin)
    assert min(times) < 0.05


# --------------------------------------------------------------------------------------------------------------- kinds

NOBODY = Owner("zz", "", "", "", "")
SEASONS = "spring summer autumn fall winter Fr\u00fchling Fruehling Sommer Herbst Winter"
MONTHS = (
    "January February March April May June July August September October November December"
    " Januar Februar M\u00e4rz Maerz Mai Juni Juli Oktober Dezember"
)
DAYS = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    " Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag"
)
OFFICE = (
    "company password passwort kennwort welcome willkommen login admin administrator root office server secret geheim"
    " local localhost test guest gast user www example vergessen nicht firma b\u00fcro default backup service support"
)


def padded(text: str, with_: str) -> str:
    """At least the length that is asked for."""
    return text + with_ * max(1, passwords.SHORTEST - len(text))


MARKS = ["!", "?", ".", "#", "1", "!?", "123"]


@pytest.mark.parametrize("word", f"{SEASONS} {MONTHS} {DAYS} {OFFICE}".split())
def test_a_word_of_the_calendar_or_the_office_with_a_year_is_refused(word: str):
    for year in ("1999", "2026"):
        forms = (f"{word}{year}", f"{year}{word}", f"{word}-{year}", f"{word}{year}{word}")
        for weak in (padded(form, mark) for form in forms for mark in MARKS):
            assert passwords.problem_with(weak.title(), NOBODY) is not None, weak
        for weak in (padded(f"{word}{year}", "!").lower(), padded(f"{word}{year}", "!").upper()):
            assert passwords.problem_with(weak, NOBODY) is not None, weak


@pytest.mark.parametrize("separator", [".", "-", "_", " ", ""])
@pytest.mark.parametrize("word", OFFICE.split())
def test_three_words_of_the_office_are_refused(word: str, separator: str):
    for others in ("login root", "test server", "local www"):
        weak = padded(separator.join([word, *others.split()]), "1")
        assert passwords.problem_with(weak, NOBODY) is not None, weak


TOGETHER = ["password123", "summer2026", "welcome1234", "Passwort2026", "letmein2025", "qwertz123456", "iloveyou12"]


@pytest.mark.parametrize("separator", [*" .-_,;:/|+*~", "\u00b7", "\u2014", "  ", "- ", " . "])
@pytest.mark.parametrize("weak", TOGETHER)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_weak_one_in_pieces_stays_weak(weak: str, separator: str, length: int):
    weak = weak if length < 3 else weak * 2
    pieces = separator.join(weak[at : at + length] for at in range(0, len(weak), length))
    assert len(pieces) < passwords.SHORTEST or passwords.problem_with(pieces, NOBODY) is not None, pieces


ROWS = {
    "qwerty": ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
    "qwertz": ["1234567890", "qwertzuiop\u00fc", "asdfghjkl\u00f6\u00e4", "yxcvbnm"],
    "azerty": ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"],
    "russian": [
        "1234567890",
        "\u0439\u0446\u0443\u043a\u0435\u043d\u0433\u0448\u0449\u0437\u0445\u044a",
        "\u0444\u044b\u0432\u0430\u043f\u0440\u043e\u043b\u0434\u0436\u044d",
        "\u044f\u0447\u0441\u043c\u0438\u0442\u044c\u0431\u044e",
    ],
}


def walks(rows: list[str]) -> list[str]:
    """Along the rows, along the columns, and in blocks of three and four keys."""
    columns = ["".join(column) for column in zip(*rows, strict=False)]
    blocks = [
        "".join(row[at : at + size] for at in range(0, 12, size) for row in order)
        for size in (3, 4)
        for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]])
    ]
    joined = ["".join(rows[1:]), "".join(rows[::-1]), "".join(columns), "".join(columns[::-1]), *blocks]
    return [walk[:length] for walk in joined for length in (15, 18, 24)]


@pytest.mark.parametrize("layout", ROWS)
def test_a_walk_on_a_keyboard_is_refused(layout: str):
    for walk in walks(ROWS[layout]):
        for weak in (walk, walk[::-1], walk.upper(), padded(walk, "1"), f"{walk}2026"):
            assert passwords.problem_with(weak, NOBODY) is not None, weak


UNCOMMON = (
    "Regenschirm Leuchtturm Kieselstein Fahrradkette Wacholder Gartenzaun Teekanne Bergziege Postkutsche Windm\u00fchle"
    " Haselnuss Kerzenlicht Schneckenhaus Kohlrabi Zugvogel Backstein Dachboden Eisscholle Flaschenpost Glockenturm"
    " Hagebutte Igelnest Kaktusbl\u00fcte Laternenpfahl Moorhuhn Nebelhorn Ofenrohr Pinselstrich Quittenbaum Rucksack"
)


@pytest.mark.parametrize("number", [4, 5])
def test_50_phrases_of_german_words_are_accepted(number: int):
    for separator in (" ", "-", "", ".", "_"):
        for _ in range(10):
            phrase = separator.join(RANDOM.choice(UNCOMMON.split()) for _ in range(number))
            assert passwords.problem_with(phrase.lower(), NOBODY) is None, phrase


def test_50_phrases_of_english_and_german_words_are_accepted():
    listed = words()
    for number in range(50):
        mixed = [*RANDOM.sample(listed, 2 + number % 2), *RANDOM.sample(UNCOMMON.split(), 2)]
        assert passwords.problem_with(" ".join(mixed), NOBODY) is None, mixed


@pytest.mark.parametrize("separator", "- ._")
def test_50_random_passwords_in_groups_are_accepted(separator: str):
    for _ in range(50):
        letters = "".join(RANDOM.choice(string.ascii_lowercase + string.digits) for _ in range(16))
        groups = separator.join(letters[at : at + 4] for at in range(0, 16, 4))
        assert passwords.problem_with(groups, NOBODY) is None, groups


def test_of_a_long_password_the_better_end_counts():
    weak = "password" * 20
    assert passwords.problem_with(weak, ALICE) == "repeated"
    assert password_strength.guesses_log10(weak + " seven wet umbrellas on a tram") > passwords.FEWEST_GUESSES_LOG10
