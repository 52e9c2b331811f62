"""Addresses that one user entered for others: who is concerned when they leave, and who answers for them then."""

import pytest

from accounts.context import Context
from accounts.users import status
from db import makers
from db import users as stored_users
from tests.mailing import Mailing
from tests.people import Person, somebody


@pytest.fixture
def bob(mailing: Mailing) -> Person:
    person = somebody(mailing.installation, "bob", "Administrator")
    person.signs_in()
    return person


@pytest.fixture
def mgr(mailing: Mailing) -> Person:
    """Who has entered the addresses of Nora and Olga, and of Hugo, who is an administrator since."""
    person = somebody(mailing.installation, "mgr", "User manager")
    person.signs_in()
    for username in ("nora", "olga"):
        form = {"username": username, "name": username.title(), "email": f"{username}@example.org"}
        assert person.browser.post("/users", form).status in (200, 303)
    mailing.delivered()
    return person


def path(mgr: Person) -> str:
    return f"/users/{mgr.user_id}/entered-addresses"


def disabled(mgr: Person) -> None:
    mgr.installation.run(lambda context: status.disable(context, mgr.user_id, None))


def asked_for_a_password(mailing: Mailing, username: str) -> list[str]:
    mailing.installation.browser().post("/login/reset", {"username": username})
    return [letter.subject for letter in mailing.delivered(f"{username}@example.org")]


@pytest.mark.parametrize("act", ["disable", "delete", "roles"])
def test_the_page_that_asks_before_says_how_many_are_concerned_and_leads_to_them(bob, mgr, act: str):
    page = bob.browser.get(f"/users/{mgr.user_id}/{act}")
    assert "mgr entered the e-mail addresses of 2 other users, who have not confirmed them" in page.text.replace(
        "Mgr", "mgr"
    )
    assert path(mgr) in page.links()


@pytest.mark.parametrize("act", ["disable", "delete", "roles"])
def test_without_such_addresses_it_says_nothing(bob, mailing, act: str):
    alice = somebody(mailing.installation, "alice")
    assert "entered the e-mail address" not in bob.browser.get(f"/users/{alice.user_id}/{act}").text


@pytest.mark.parametrize("act", ["disable", "take-role&to_role=2", "set-unit&to_unit=HR"])
def test_an_act_on_many_says_it_only_if_it_concerns_somebody(mailing, bob, mgr, act: str):
    alice = somebody(mailing.installation, "alice", "User manager")
    text = "of them entered e-mail addresses for others"
    page = bob.browser.get(f"/users/bulk?act={act}&user={alice.user_id}")
    assert "It reaches 1 user" in page.text
    assert text not in page.text
    page = bob.browser.get(f"/users/bulk?act={act}&user={alice.user_id}&user={mgr.user_id}")
    assert "It reaches 2 users" in page.text
    assert (f"1 {text}" in page.text) == (not act.startswith("set-unit"))


def test_all_of_them_are_confirmed_in_one_act_with_an_entry_each(mailing, bob, mgr):
    disabled(mgr)
    assert asked_for_a_password(mailing, "nora") == []
    mailing.installation.clock.forward(601)
    page = bob.browser.get(path(mgr))
    assert page.words("main").count("No links are sent") == 2
    asked = bob.browser.submit(page, path(mgr))
    assert (asked.status, asked.has("[name=password]")) == (422, True)
    done = bob.browser.follow(bob.browser.submit(asked, path(mgr), password=bob.password))
    assert "The addresses are confirmed." in done.words("[role=status]")
    assert "There is no such address." in done.text
    log = bob.browser.get("/activity-log?action=address.vouched_for").words("#activity-log")
    assert "bob confirmed that the e-mail address nora@example.org belongs to nora" in log
    assert "bob confirmed that the e-mail address olga@example.org belongs to olga" in log
    assert asked_for_a_password(mailing, "nora") != []


def test_the_page_of_a_user_whose_address_counts_no_more_leads_to_the_list(mailing, bob, mgr):
    nora = mailing.installation.run(lambda context: stored_users.by_username(context.db, "nora"))
    assert nora is not None
    assert path(mgr) not in bob.browser.get(f"/users/{nora.id}").links()
    disabled(mgr)
    assert path(mgr) in bob.browser.get(f"/users/{nora.id}").links()


@pytest.mark.parametrize("act", ["disable", "take-role"])
def test_acts_on_many_say_it_too(bob, mgr, act: str):
    page = bob.browser.get(f"/users/bulk?act={act}&to_role=2&user={mgr.user_id}")
    assert "no links are sent until somebody confirms the address" in page.text


def test_sent_again_it_does_nothing(bob, mgr):
    for _ in range(3):
        assert bob.browser.post(path(mgr)).status == 303
    log = bob.browser.get("/activity-log?action=address.vouched_for").words("#activity-log")
    assert log.count("bob confirmed") == 2


def test_who_may_not_act_on_somebody_does_not_answer_for_them(mailing, bob, mgr):
    other = somebody(mailing.installation, "other", "User manager")
    nora = mailing.installation.run(lambda context: stored_users.by_username(context.db, "nora"))
    assert nora is not None
    bob.browser.post(f"/users/{nora.id}/roles", {"role": ["1"]})
    page = other.signs_in().get(path(mgr))
    done = other.browser.follow(other.browser.submit(page, path(mgr)))
    assert "The addresses of all users whom you may change are confirmed." in done.text
    assert "Nora" in done.words("main")
    assert "Olga" not in done.words("main")


def test_they_outlast_the_account_of_the_one_who_entered_them(bob, mgr):
    bob.browser.post(f"/users/{mgr.user_id}/delete")
    page = bob.browser.get(path(mgr))
    assert "were entered by a user who was deleted" in page.text
    assert bob.browser.submit(page, path(mgr)).status == 303


def test_ones_own_are_listed_without_the_act(mgr):
    page = mgr.browser.get(path(mgr))
    assert "Nora" in page.text
    assert not page.offers(path(mgr))


def test_more_than_a_page_shows_are_confirmed_too(mailing, bob, mgr, monkeypatch):
    monkeypatch.setattr("accounts.users.entered_addresses.MOST_SHOWN", 1)
    page = bob.browser.get(path(mgr))
    assert "There are more" in page.text
    bob.browser.submit(page, path(mgr))
    assert mailing.installation.run(lambda context: makers.entered(context.db, mgr.user_id, 10)) == []


# ------------------------------------------------------------------------------------------------------- by the owner


@pytest.fixture
def alice(mailing: Mailing, mgr: Person) -> Person:
    """Whose address mgr entered, and whose password is her own."""
    person = somebody(mailing.installation, "alice")
    person.signs_in()
    page = mgr.browser.post(f"/users/{person.user_id}/edit", {"email": "alice.a@example.org"})
    assert page.status == 303
    mailing.delivered()
    return person


def asks_to_confirm(alice: Person, **typed: str):
    fields = alice.browser.get("/my-user").fields("/my-user/profile")
    return alice.browser.post("/my-user/profile", fields | {"confirm": "on"} | typed)


def set_by(alice: Person) -> int | None:
    async def read(context: Context) -> int | None:
        user = await stored_users.by_id(context.db, alice.user_id)
        return user.email_set_by if user else 0

    return alice.installation.run(read)


def test_its_owner_confirms_it_by_its_link(mailing, alice, mgr, bob):
    assert "Confirm this e-mail address" in alice.browser.get("/my-user").text
    assert asks_to_confirm(alice).status == 303
    assert set_by(alice) == mgr.user_id
    link = mailing.link("alice.a@example.org")
    assert alice.browser.submit(alice.browser.get(link), link).status == 303
    assert set_by(alice) is None
    assert "Confirm this e-mail address" not in alice.browser.get("/my-user").text
    log = bob.browser.get("/activity-log").words("#activity-log")
    assert "alice asked for a link to confirm the e-mail address alice.a@example.org" in log
    assert "alice confirmed the e-mail address alice.a@example.org by its link" in log
    disabled(mgr)
    alice.installation.browser().post("/login/reset", {"username": "alice"})
    assert mailing.delivered("alice.a@example.org"), "links go there all the same"


def test_it_works_for_an_address_that_has_ended(mailing, alice, mgr):
    disabled(mgr)
    asks_to_confirm(alice)
    link = mailing.link("alice.a@example.org")
    alice.browser.submit(alice.browser.get(link), link)
    assert set_by(alice) is None


def test_it_asks_who_it_is(mailing, alice):
    mailing.installation.clock.forward(601)
    page = asks_to_confirm(alice)
    assert (page.status, page.has("[name=password]")) == (422, True)
    assert alice.browser.submit(page, "/my-user/profile", password=alice.password).status == 303
    assert mailing.delivered("alice.a@example.org")


def test_it_is_limited_as_new_addresses_are(mailing, alice):
    for _ in range(5):
        assert asks_to_confirm(alice).status == 303
    assert asks_to_confirm(alice).status == 429


def test_an_address_of_ones_own_needs_it_not(mailing, bob):
    assert "Confirm this e-mail address" not in bob.browser.get("/my-user").text
    fields = bob.browser.get("/my-user").fields("/my-user/profile")
    assert bob.browser.post("/my-user/profile", fields | {"confirm": "on"}).status == 303
    assert mailing.delivered("bob@example.org") == []


def test_who_signs_in_with_what_another_made_cannot_tell_whose_it_is(mailing, mgr):
    """Whoever reads that mailbox chose the password, by a link that went there."""
    nora = mailing.installation.browser()
    mailing.installation.browser().post("/login/reset", {"username": "nora"})
    path = mailing.link("nora@example.org")
    assert nora.post(path, {"new_password": "eleven grey owls on a roof"}).status == 303
    assert nora.post("/login", {"username": "nora", "password": "eleven grey owls on a roof"}).status == 303
    assert "Confirm this e-mail address" not in nora.get("/my-user").text
