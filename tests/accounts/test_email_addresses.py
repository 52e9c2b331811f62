"""E-mail addresses beyond ASCII: their domain by IDNA 2008, in every place that uses one."""

import csv
from pathlib import Path

import pytest

from accounts import email_addresses, fields

FIELD = Path(__file__).parent.parent / "field"
# Of idna-addresses.csv: what RCPT TO must say.
DELIVERABLE = {
    "anna": "anna@xn--strae-oqa.example",
    "klara": "klara@xn----ylba7abgd9bnh0e.example",
    "otto": "otto@xn--mller-kva.example",
}


def test_the_addresses_from_the_field_keep_their_domain():
    with (FIELD / "idna-addresses.csv").open(encoding="utf-8") as file:
        found = {row["username"]: email_addresses.in_ascii(row["email"]) for row in csv.DictReader(file)}
    assert found == DELIVERABLE


@pytest.mark.parametrize(
    "address", ["cleo@example.org", "cleo@EXAMPLE.org", "m\u00fcller@example.org", "a_b@c_d.example"]
)
def test_an_address_with_an_ascii_domain_stays_as_it_is(address: str):
    assert email_addresses.in_ascii(address) == address


REFUSED = [
    "cleo@\u2603.example",
    "cleo@a\u200db.example",
    "cleo@xn--a.example",
    "cleo@a_\u00fc.example",
    "cleo@\u05d0a.example",
]


@pytest.mark.parametrize("address", [*REFUSED, "cleo@" + "\u00fc" * 60 + ".example"])
def test_what_idna_refuses_is_refused_when_it_is_entered(address: str):
    assert email_addresses.in_ascii(address) is None
    assert fields.problem_with_email(address) == "bad_address"


LABELS = ["x" * 64, "-x", "x-", "-", "a_b", "a!b", "a'b", "a/b", "a`b", "x" * 100]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("domain", ["{}.example", "mail.{}.example", "mail.{}.stra\u00dfe.example", "example.{}"])
def test_a_domain_that_cannot_exist_is_refused_when_it_is_entered(domain: str, label: str):
    assert fields.problem_with_email(f"cleo@{domain.format(label)}") == "bad_address"


@pytest.mark.parametrize("address", ["cleo@192.0.2.7", "cleo@example.7", "cleo@" + "a." * 124 + "example"])
def test_a_number_or_too_long_a_domain_is_refused(address: str):
    assert fields.problem_with_email(address) in ("bad_address", "too_long")


@pytest.mark.parametrize(
    "domain",
    ["x" * 63 + ".org", "1.2.example", "3m.example", "a-b.c--d.example", "EXAMPLE.Org", "xn--mller-kva.example"],
)
def test_a_domain_that_can_exist_is_accepted(domain: str):
    assert fields.problem_with_email(f"cleo@{domain}") == ""


def test_a_domain_of_253_characters_can_exist_and_one_of_254_cannot():
    longest = ".".join(["x" * 63, "x" * 63, "x" * 63, "x" * 61])
    assert len(longest) == email_addresses.LONGEST_DOMAIN
    assert email_addresses.is_possible(f"a@{longest}")
    assert not email_addresses.is_possible(f"a@x{longest}")


@pytest.mark.parametrize("local", ["\u00fc", "j\u00f6rg.m", "\u0430nna", "\u675c", "anna\u00df", "\uff41nna"])
@pytest.mark.parametrize("domain", ["example.org", "stra\u00dfe.example"])
def test_a_local_part_beyond_ascii_is_refused_with_its_own_reason(local: str, domain: str):
    assert fields.problem_with_email(f"{local}@{domain}") == "local_part_beyond_ascii"


def test_the_length_counts_as_it_is_sent():
    address = "cleo@" + ".".join(["\u00fc" * 20] * 9) + ".example"
    assert len(address) < fields.LONGEST_EMAIL
    assert fields.problem_with_email(address) == "too_long"


def test_every_spelling_is_looked_for():
    assert email_addresses.spellings("cleo@xn--strae-oqa.example") >= {
        "cleo@stra\u00dfe.example",
        "cleo@xn--strae-oqa.example",
    }
    assert email_addresses.spellings("cleo@example.org") == {"cleo@example.org"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Cleo@Example.org", "cleo@example.ORG", True),
        ("cleo@example.org", "cleo@example.org ", False),
        # the Kelvin sign, which case-folds to k
        ("kleo@example.org", "\u212aleo@example.org", False),
        ("strasse@example.org", "stra\u00dfe@example.org", False),
        ("cleo@stra\u00dfe.example", "cleo@strasse.example", False),
        ("cleo@stra\u00dfe.example", "Cleo@XN--strae-oqa.example", True),
        ("cleo@xn--mller-kva.example", "CLEO@m\u00fcller.example", True),
        ("cleo@m\u00fcller\uff0eexample", "cleo@m\u00fcller.example", False),
        ("\u00c4rger@example.org", "\u00e4rger@example.org", False),
    ],
)
def test_addresses_are_compared_without_ascii_letter_case(one: str, other: str, same: bool):
    assert email_addresses.same(one, other) == same
