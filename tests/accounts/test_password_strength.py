"""Passwords that are guessed first are refused, and what a program or dice choose is accepted."""

import random
import string
import time
from pathlib import Path

import pytest

from accounts import password_strength, passwords

# What rules of composition would accept: capitals, digits, symbols, 15 characters.
WEAK = Path(__file__).with_name("weak_passwords.txt").read_text("utf-8").splitlines()
RANDOM = random.Random(20261127)


@pytest.mark.parametrize("password", WEAK)
def test_what_is_guessed_first_is_refused(password: str):
    assert passwords.problem_with(password, "alice", "Acme Works") is not None


@pytest.mark.parametrize(
    "password",
    ["acme works alice monkey", "AliceSommer2026!", "4cm3w0rks-2026-2026", "w.alice.w.alice.w"],
)
def test_the_own_username_and_organisation_count_as_listed_words(password: str):
    assert passwords.problem_with(password, "alice", "Acme Works") is not None


def words() -> list[str]:
    """The hardest ones: words that the estimate knows."""
    return [word for word in next(list_ for list_ in password_strength._lists() if "you" in list_) if len(word) > 3]


@pytest.mark.parametrize("separator", [" ", "-", "."])
def test_500_passphrases_of_four_random_words_are_accepted(separator: str):
    listed = words()
    for _ in range(500):
        phrase = separator.join(RANDOM.choice(listed) for _ in range(4))
        assert passwords.problem_with(phrase, "alice", "Acme Works") is None, phrase


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
        assert passwords.problem_with(password, "alice", "Acme Works") is None, password


def test_eleven_letters_of_nothing_make_a_weak_password_strong():
    for password in WEAK:
        assert password_strength.guesses_log10(password + "vqkxjzwhygt") >= passwords.FEWEST_GUESSES_LOG10, password


LONG = ["4@8({[<369&#!1/|0$5+7%2", "qwertyuiop", "ab", "1/1/1999 ", "p4ssw0rd", "\u0130", "\ufdfa", "59143753355"]


@pytest.mark.parametrize("part", LONG)
def test_1024_characters_take_no_longer_than_40(part: str):
    password_strength.guesses_log10("warm")
    password = (part * 1024)[:1024]
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        password_strength.guesses_log10(password)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.05


def test_of_a_long_password_the_better_end_counts():
    weak = "password" * 20
    assert passwords.problem_with(weak, "alice", "Acme Works") == "repeated"
    assert password_strength.guesses_log10(weak + " seven wet umbrellas on a tram") > passwords.FEWEST_GUESSES_LOG10
