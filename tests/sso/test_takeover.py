"""Somebody at the provider wants to be somebody here, by an address: nobody gets a row that was not made for them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.context import COMMAND_LINE
from accounts.users import users
from db import users as stored_users
from tests import acts, single_sign_on
from tests.browser import Browser, Installation
from tests.identity_provider import IdentityProvider, by_the_clock_of, signs_in
from tests.people import somebody

ADDRESS = "frank.sims@example.org"
Arrives = Callable[..., Browser]


@pytest.fixture
def settings(provider: IdentityProvider) -> dict[str, str]:
    """Those of a client of the real provider."""
    return provider.settings()


@pytest.fixture
def installation(tmp_path: Path, provider: IdentityProvider, settings: dict[str, str]) -> Iterator[Installation]:
    """One that knows the real provider."""
    with by_the_clock_of(provider, tmp_path / "data", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def besieged(
    tmp_path_factory: pytest.TempPathFactory, provider: IdentityProvider
) -> Iterator[tuple[Installation, int]]:
    """One with Frank's row, the same for all who want it: who is refused leaves nothing behind. And the row's
    number.
    """
    folder = tmp_path_factory.mktemp("besieged") / "data"
    with by_the_clock_of(provider, folder, **provider.settings()) as running:
        yield running, made(running, "frank", ADDRESS, "Administrator")


@pytest.fixture
def attacks(besieged: tuple[Installation, int], provider: IdentityProvider) -> Callable[..., None]:
    """An identity with these claims wants to be Frank, which must be refused, with an entry in the log; the row stays
    his.
    """
    installation, frank_id = besieged

    def arrives(**claims: Any) -> None:
        before = len(single_sign_on.causes(installation))
        # the first refusals of a network have an entry each
        browser = installation.browser(f"198.18.{before}.66")
        with provider.account("mallory", **{"preferred_username": "frank"} | claims) as mallory:
            single_sign_on.assert_refused(browser, signs_in(installation, mallory, browser), single_sign_on.IDENTITY)
        cause, *others = single_sign_on.causes(installation)
        assert cause.startswith("sso: ")
        assert len(others) == before
        row = installation.run(lambda context: stored_users.by_id(context.db, frank_id))
        assert row is not None
        assert row.sso_subject is None

    return arrives


@pytest.fixture
def refuses(installation: Installation, provider: IdentityProvider) -> Callable[..., None]:
    """An identity with these claims arrives, which must be refused, with an entry in the log."""

    def arrives(**claims: Any) -> None:
        browser = installation.browser("198.51.100.66")
        with provider.account("mallory", **{"preferred_username": "frank"} | claims) as mallory:
            single_sign_on.assert_refused(browser, signs_in(installation, mallory, browser), single_sign_on.IDENTITY)
        assert single_sign_on.causes(installation)[0].startswith("sso: ")

    return arrives


@pytest.fixture
def accepts(installation: Installation, provider: IdentityProvider) -> Callable[..., str]:
    """An identity with these claims arrives, which must be let in; as whom."""

    def arrives(**claims: Any) -> str:
        browser = installation.browser()
        with provider.account("frank", **claims) as frank:
            single_sign_on.assert_signed_in(browser, signs_in(installation, frank, browser))
        return single_sign_on.log(installation, "login.succeeded")[0].actor

    return arrives


def made(installation: Installation, username: str = "frank", email: str = ADDRESS, *roles: str) -> int:
    """A row made beforehand, as `create-user --sso` does it; its number."""
    new = users.New(username, email=email, login_method="sso", roles=roles or ("Member",))
    created = installation.run(lambda context: users.create(context, new, COMMAND_LINE))
    assert isinstance(created, users.Created), created
    return created.user_id


@pytest.fixture
def frank(installation: Installation) -> None:
    """Frank's row, with a role that is worth a theft; he has never been here."""
    made(installation, "frank", ADDRESS, "Administrator")


@pytest.mark.parametrize("address", [ADDRESS, "Frank.Sims@Example.ORG", "FRANK.SIMS@EXAMPLE.ORG"])
def test_a_verified_address_binds_the_row_that_was_made_for_it(frank, accepts, refuses, address: str):
    assert accepts(email=address, preferred_username="somebody") == "frank"
    # once, and for that identity alone
    refuses(email=address)


@pytest.mark.parametrize("address", [ADDRESS, "Frank.Sims@Example.Org"])
def test_the_rows_own_letter_case_does_not_matter_either(installation, accepts, address: str):
    made(installation, "frank", address)
    assert accepts(email=ADDRESS, preferred_username="somebody") == "frank"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("frank@stra\u00dfe.example", "frank@xn--strae-oqa.example"),
        ("frank@xn--strae-oqa.example", "Frank@stra\u00dfe.example"),
    ],
)
def test_a_domain_is_one_in_both_of_its_forms(installation, accepts, refuses, stored: str, said: str):
    made(installation, "frank", stored)
    refuses(email="frank@strasse.example")
    assert accepts(email=said, preferred_username="somebody") == "frank"


@pytest.mark.parametrize(
    "verified",
    [False, None, "true", "True", 1, 1.0, [True], {"value": True}, "yes", "false", 0, ""],
    ids=lambda value: f"{type(value).__name__} {value}",
)
def test_an_address_that_is_not_verified_binds_nothing(attacks, verified: object):
    attacks(email=ADDRESS, email_verified=verified)


def test_whoever_was_not_verified_leaves_the_row_to_its_owner(frank, refuses, accepts):
    refuses(email=ADDRESS, email_verified=False)
    assert accepts(email=ADDRESS, preferred_username="somebody") == "frank"


LOOKALIKES = {
    "Cyrillic a": "fr\u0430nk.sims@example.org",
    "fullwidth f": "\uff46rank.sims@example.org",
    "all fullwidth": "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in ADDRESS),
    "dotless i": "frank.s\u0131ms@example.org",
    "dotted capital I": "frank.s\u0130ms@example.org",
    "Kelvin sign": "fran\u212a.sims@example.org",
    "long s": "frank.\u017fims@example.org",
    "mathematical f": "\U0001d41frank.sims@example.org",
    "Greek omicron in the domain": "frank.sims@example.\u03bfrg",
    "fullwidth dot in the domain": "frank.sims@example\uff0eorg",
    "ideographic full stop in the domain": "frank.sims@example\u3002org",
    "fullwidth at": "frank.sims\uff20example.org",
    "soft hyphen": "frank\u00ad.sims@example.org",
    "zero width space": "frank.sims\u200b@example.org",
    "combining dot": "frank.si\u0307ms@example.org",
    "blank behind": f"{ADDRESS} ",
    "blank before": f" {ADDRESS}",
    "line break behind": f"{ADDRESS}\n",
    "NUL behind": f"{ADDRESS}\x00",
    "dot behind": f"{ADDRESS}.",
    "a tag": "frank.sims+a@example.org",
    "no dot": "franksims@example.org",
    "quoted": '"frank.sims"@example.org',
    "in angle brackets": f"<{ADDRESS}>",
    "a name with it": f"Frank <{ADDRESS}>",
    "two": f"{ADDRESS},mallory@evil.example",
    "another one behind": f"mallory@evil.example {ADDRESS}",
    "a comment": "frank.sims(x)@example.org",
    "a wildcard": "frank.sims@example.%",
    "a one-letter wildcard": "frank_sims@example.org",
    "a list": [ADDRESS],
    "a mapping": {"value": ADDRESS},
    "true": True,
    "empty": "",
    "none": None,
}


@pytest.mark.parametrize("lookalike", LOOKALIKES)
def test_an_address_that_only_looks_like_it_binds_nothing(attacks, lookalike: str):
    attacks(email=LOOKALIKES[lookalike])


def test_an_empty_address_does_not_bind_the_row_without_one(installation, refuses):
    made(installation, "frank", "")
    refuses(email="")
    refuses(email=None)


def test_two_unbound_rows_with_one_address_stay_unbound(installation, refuses):
    made(installation, "frank", ADDRESS)
    made(installation, "frank.sims", "Frank.Sims@example.org")
    refuses(email=ADDRESS)
    refuses(email=ADDRESS)


def test_a_password_users_address_is_never_matched(installation, refuses):
    bob = somebody(installation, "bob", "Administrator")
    refuses(email="bob@example.org", preferred_username="bob")
    assert bob.types().status == 303


def test_a_password_user_with_the_same_address_neither_helps_nor_hinders(installation, frank, accepts):
    new = users.New("frank.s", email=ADDRESS, password="the frank who sells sea shells")
    installation.run(lambda context: users.create(context, new, COMMAND_LINE))
    assert accepts(email=ADDRESS, preferred_username="somebody") == "frank"


def test_a_row_that_is_bound_already_is_nobody_elses(frank, accepts, refuses):
    accepts(email=ADDRESS)
    refuses(email=ADDRESS)


def test_a_disabled_row_is_not_bound(installation, frank, refuses, accepts):
    # the last administrator cannot be disabled
    somebody(installation, "bob", "Administrator")
    installation.run(lambda context: acts.disable(context, "frank"))
    refuses(email=ADDRESS)
    installation.run(lambda context: acts.enable(context, "frank"))
    assert accepts(email=ADDRESS, preferred_username="somebody") == "frank"


def test_who_changes_their_address_later_stays_who_they_are(installation, frank, provider):
    made(installation, "mallory", "mallory@example.org")
    bob = somebody(installation, "bob", "Administrator")
    with provider.account("mallory") as mallory:
        for address in ("mallory@example.org", ADDRESS, "bob@example.org"):
            browser = installation.browser()
            mallory.changes(email=address)
            single_sign_on.assert_signed_in(browser, signs_in(installation, mallory, browser))
            assert browser.get("/").words("h1") == "Hello, Mallory"
            assert browser.get("/general-settings").status == 403
    assert bob.types().status == 303


def test_an_address_that_its_owner_gave_up_binds_nobody_who_took_it_over(
    installation, frank, accepts, refuses, provider
):
    with provider.account("frank", email=ADDRESS) as real:
        single_sign_on.assert_signed_in(browser := installation.browser(), signs_in(installation, real, browser))
        refuses(email=ADDRESS)
        real.changes(email="sims@example.org")
        single_sign_on.assert_signed_in(browser := installation.browser(), signs_in(installation, real, browser))
    refuses(email=ADDRESS)


def test_another_users_subject_is_not_a_username(installation, frank, accepts, refuses):
    accepts(email=ADDRESS)
    refuses(email="mallory@example.org", name="frank", preferred_username="FRANK")


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email": LOOKALIKES["Kelvin sign"]}]
)
def test_where_strangers_become_users_they_become_somebody_new_and_nobody_who_was_there(
    tmp_path, provider, claims: dict[str, Any]
):
    settings = provider.settings() | {"TWO_KEYS_SSO_CREATE_USERS": "on"}
    with by_the_clock_of(provider, tmp_path / "data", **settings) as installation:
        frank_id = made(installation, "frank", ADDRESS, "Administrator")
        browser = installation.browser()
        with provider.account("mallory", **{"email": ADDRESS} | claims) as mallory:
            single_sign_on.assert_signed_in(browser, signs_in(installation, mallory, browser))
        assert browser.get("/").words("h1") == "Hello, Mallory"
        assert browser.get("/general-settings").status == 403
        row = installation.run(lambda context: stored_users.by_id(context.db, frank_id))
        assert row is not None
        assert row.sso_subject is None
        browser = installation.browser()
        # the row waits for him still
        with provider.account("frank", email=ADDRESS) as frank:
            single_sign_on.assert_signed_in(browser, signs_in(installation, frank, browser))
        assert browser.get("/general-settings").status == 200
