"""Passwords: what a new one must satisfy, and hashing that gives nothing away."""

import asyncio
import os

import pytest

from accounts import password_strength, passwords
from accounts.password_owner import Owner
from accounts.passwords import Hasher
from accounts.places import Claim, Full

GOOD = "seven wet umbrellas"


def problem(password: str, username: str = "alice", organisation: str = "Two Keys") -> str | None:
    return passwords.problem_with(password, Owner(username, "", "", organisation, "keys.example.org"))


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct pony battery anchor",
        "   three blanks before",
        "nur kleine buchstaben",
        "ALL LETTERS ARE CAPITAL",
        "лошадь батарея скрепка",
        "馬 電池 ホチキス 正しい 傘 七つの 濡れた",
        "🐸🌊🪷🐟🦆 quiet pond",
        "k4-v9-b1-t7-g3-z6",
    ],
)
def test_a_phrase_is_accepted_whatever_it_is_made_of(password: str):
    assert problem(password) is None


@pytest.mark.parametrize("password", [GOOD[:15], "umbrella tram x"])
def test_fifteen_characters_are_enough(password: str):
    assert len(password) == 15
    assert problem(password) is None


def test_fourteen_are_not():
    assert problem("umbrella tram!") == "too_short"
    assert problem("u") == "too_short"


def test_nothing_is_missing():
    assert problem("") == "missing"


def test_1024_characters_are_accepted_and_1025_are_not():
    long = ("seven wet umbrellas on a tram " * 40)[:1024]
    assert problem(long) is None
    assert problem(long + "x") == "too_long"


def test_the_length_is_checked_before_anything_is_normalised():
    # NFKC of it takes half a minute
    assert problem("\u0344" * 200_000) == "too_long"


def test_characters_are_counted_after_normalisation():
    # 15 code points, 13 characters
    combined = "se\u0301ven wet u\u0308mb"
    assert len(combined) == 15
    assert problem(combined) == "too_short"


@pytest.mark.parametrize("password", ["seven wet\numbrellas", "seven wet\x00umbrellas", "seven wet \ud800 umbrellas"])
def test_control_characters_are_refused(password: str):
    assert problem(password) == "bad_characters"


def listed() -> list[str]:
    return [word for word in password_strength.common() if len(word) >= passwords.SHORTEST]


def test_common_passwords_are_refused_whatever_their_letters_case():
    words = [word for word in listed() if len(set(word)) >= passwords.FEWEST_CHARACTERS]
    assert len(words) > 5, "the list holds such long ones, too"
    for word in words:
        assert problem(word) == "common", word
        assert problem(word.upper()) == "common", word


@pytest.mark.parametrize(
    "password", ["passwordpassword", "PassWordPassWord", "sunshinesunshine", "letmeinletmeinletmein"]
)
def test_a_listed_word_repeated_is_refused(password: str):
    assert problem(password) == "repeated"


@pytest.mark.parametrize("password", ["aaaaaaaaaaaaaaaa", "abcdabcdabcdabcd", "aAbBcCdDaAbBcCdD", "1212121212121212"])
def test_at_most_four_different_characters_are_refused(password: str):
    assert problem(password) == "few_characters"


@pytest.mark.parametrize("characters", ["\ufdfa", "\ufdfa\ufb01", "\u3300\u3301\u3302\u3303"])
def test_at_most_four_different_characters_are_refused_whatever_nfkc_makes_of_them(characters: str):
    assert len(set(passwords.normalise(characters * 15))) >= 2
    assert problem(characters * 15) == "few_characters"


def test_five_different_characters_are_not():
    assert problem("abecdabdceadcbea") is None


def test_characters_are_counted_before_normalisation_too():
    # 1 code point, 18 characters
    assert problem("\ufdfa") == "too_short"
    assert problem("\ufdfa" * 14) == "too_short"


@pytest.mark.parametrize(
    "password",
    [
        "abcdefghijklmno",
        "onmlkjihgfedcba",
        "1234567890123456",
        "9876543210987654",
        "qwertyuiopasdfgh",
        "QWERTZUIOPASDFGH",
        "xyzabcdefghijklm",
    ],
)
def test_a_straight_run_is_refused(password: str):
    assert problem(password) in ("run", "common")


@pytest.mark.parametrize(
    "password",
    [
        "alice alice 1234567",
        "ALICEalice1234567",
        "Two Keys two keys 1",
        "twokeystwokeys99",
        "two keys: alice",
    ],
)
def test_too_little_without_username_and_product_is_refused(password: str):
    assert problem(password) == "personal"


@pytest.mark.parametrize("password", ["Acme Works 123456", "acmeworks1234567", "ACME works acme works"])
def test_too_little_without_the_organisation_is_refused(password: str):
    assert problem(password, organisation="Acme Works") == "personal"


def test_eight_characters_besides_the_username_are_enough():
    # 7
    assert problem("alicealice8umbrel", username="alice") == "personal"
    # 8
    assert problem("alicealice8umbrexq", username="alice") != "personal"


def test_nothing_else_is_asked_for():
    assert problem("onlylowercaselettersarehere") is None


@pytest.fixture
def hasher():
    made = Hasher("test", threads=1, places=2)
    yield made
    made.close()


def test_the_right_password_is_right_and_another_is_not(hasher):
    async def act():
        stored = await hasher.hash(GOOD)
        return [await hasher.verify(stored, typed) for typed in (GOOD, GOOD + " ", GOOD.upper(), "")]

    assert asyncio.run(act()) == [True, False, False, False]


def test_nothing_is_right_where_there_is_no_hash_or_one_that_cannot_be_read(hasher):
    async def act():
        return [await hasher.verify(stored, typed) for stored in (None, "", "rubbish") for typed in (GOOD, "")]

    assert asyncio.run(act()) == [False] * 6


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("caffe\u0301 con leche caldo", "caff\u00e9 con leche caldo"),
        ("\uff43\uff41\uff46e con leche caldo", "cafe con leche caldo"),
        ("\ufb01ve wet umbrellas", "five wet umbrellas"),
    ],
)
def test_the_same_letters_in_another_form_are_the_same_password(hasher, stored: str, typed: str):
    async def act():
        return await hasher.verify(await hasher.hash(stored), typed)

    assert asyncio.run(act())


def test_hashes_are_argon2id_of_owasps_parameters():
    owasp = Hasher("owasp", threads=1)
    try:
        assert asyncio.run(owasp.hash(GOOD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert owasp._dummy.startswith("$argon2id$v=19$m=19456,t=2,p=1$"), "equal work where there is no hash"
    finally:
        owasp.close()


def test_a_hash_with_other_parameters_is_outdated(hasher):
    owasp = Hasher("owasp", threads=1)
    try:
        cheap = asyncio.run(hasher.hash(GOOD))
        assert owasp.outdated(cheap)
        assert not hasher.outdated(cheap)
        assert asyncio.run(owasp.verify(cheap, GOOD)), "it still opens"
    finally:
        owasp.close()


def test_who_finds_no_place_is_turned_away_and_places_come_back(hasher):
    async def act():
        claim = Claim("network 203.0.113.7", known=False)
        async with hasher.place(claim), hasher.place(claim):
            with pytest.raises(Full):
                async with hasher.place(claim):
                    pass
        async with hasher.place(claim):
            return await hasher.verify(await hasher.hash(GOOD), GOOD)

    assert asyncio.run(act())


def test_one_time_passwords_are_four_groups_of_five_without_ambiguous_letters():
    made = {passwords.one_time() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert [len(group) for group in password.split("-")] == [5] * 4
        assert not set(password) & set("il1o0ILO")
        assert problem(password) is None


def test_workers_share_the_cores_and_the_places():
    alone, one_of_two, one_of_many = (Hasher("test", workers=workers) for workers in (1, 2, 200))
    cores = os.cpu_count() or 1
    assert alone._threads._max_workers == cores
    assert one_of_two._threads._max_workers == max(1, cores // 2)
    assert one_of_many._threads._max_workers == 1
    assert (alone.places.number, one_of_two.places.number, one_of_many.places.number) == (64, 32, 1)
    for each in (alone, one_of_two, one_of_many):
        each.close()
