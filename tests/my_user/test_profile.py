"""My User: name, e-mail address and time zone."""

import pytest

from tests.people import by_single_sign_on, somebody

MINUTES = 60


def saves(person, *, part=False, **typed):
    values = person.browser.get("/my-user").fields("/my-user/profile")
    return person.browser.post("/my-user/profile", values | typed, part=part)


def test_it_shows_who_one_is(alice):
    page = alice.signs_in().get("/my-user")
    for words in ("alice", "Sales", "Member", "Username/password"):
        assert words in page.words("#profile"), words
    assert page.fields("/my-user/profile") == {"name": "Alice", "email": "alice@example.org", "time_zone": ""}


def test_a_new_name_is_in_the_header_at_once(alice, bob):
    alice.signs_in()
    page = saves(alice, part=True, name="  Alice Liddell ")
    assert page.status == 200
    assert page.words("#profile [role=status]") == "Saved."
    assert page.words("#user-header").startswith("Alice Liddell")
    assert alice.browser.get("/").words("h1") == "Hello, Alice Liddell"
    assert "alice changed their profile: name from Alice to Alice Liddell" in bob.signs_in().get("/activity-log").text


def test_without_javascript_it_leads_back_to_my_user(alice):
    alice.signs_in()
    page = saves(alice, name="Alice Liddell")
    assert (page.status, page.location) == (303, "/my-user")


def test_saving_what_stands_there_changes_and_logs_nothing(alice, bob):
    alice.signs_in()
    assert saves(alice).status == 303
    assert "changed their profile" not in bob.signs_in().get("/activity-log?actor=alice").words("#activity-log")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Enter something here."),
        ("name", "   ", "Enter something here."),
        ("name", "x" * 201, "This is too long."),
        ("name", "Alice\x07", "characters that cannot be used here"),
        ("name", "Alice\nLiddell", "characters that cannot be used here"),
        ("email", "alice", "This is not an e-mail address."),
        ("email", "alice@", "This is not an e-mail address."),
        ("email", "a b@example.org", "This is not an e-mail address."),
        ("email", "alice@example.org\r\nBcc: x@example.org", "This is not an e-mail address."),
        ("email", "alice@example.org, bob@example.org", "This is not an e-mail address."),
        ("email", "x" * 250 + "@example.org", "This is too long."),
        ("time_zone", "Middle-earth/Shire", "Choose a time zone from the list."),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list."),
        ("time_zone", "\x00", "Choose a time zone from the list."),
    ],
)
def test_it_says_what_is_wrong_and_saves_nothing(alice, field, typed, words):
    alice.signs_in()
    page = alice.browser.post(
        "/my-user/profile",
        {"name": "Somebody Else", "email": "alice@example.org", "time_zone": "Europe/Paris", field: typed},
        part=True,
    )
    assert page.status == 422
    assert words in page.words("#profile .problem")
    assert alice.browser.get("/my-user").fields("/my-user/profile") == {
        "name": "Alice",
        "email": "alice@example.org",
        "time_zone": "",
    }


def test_what_was_typed_stays_in_the_form(alice):
    alice.signs_in()
    page = alice.browser.post("/my-user/profile", {"name": "Alice Liddell", "email": "nonsense", "time_zone": "UTC"})
    assert page.status == 422
    assert page.fields("/my-user/profile") == {"name": "Alice Liddell", "email": "nonsense", "time_zone": "UTC"}


def test_what_was_typed_is_shown_as_text(alice):
    alice.signs_in()
    saves(alice, name='<script>alert("1")</script>&amp;')
    page = alice.browser.get("/")
    assert page.words("h1") == 'Hello, <script>alert("1")</script>&amp;'
    assert len(page.all("script")) == 1


# ------------------------------------------------------------------------------------------------------- the address


def test_a_new_address_is_in_force_at_once_after_a_fresh_sign_in(alice, bob):
    alice.signs_in()
    assert saves(alice, email="alice@wonderland.example").status == 303
    assert alice.browser.get("/my-user").fields("/my-user/profile")["email"] == "alice@wonderland.example"
    assert "to alice@wonderland.example" in bob.signs_in().get("/activity-log").text


def test_an_address_can_be_taken_away(alice):
    alice.signs_in()
    assert saves(alice, email="").status == 303
    assert alice.browser.get("/my-user").fields("/my-user/profile")["email"] == ""


def test_a_new_address_needs_a_proof_when_the_last_one_is_old(installation, alice):
    alice.signs_in()
    installation.clock.forward(10 * MINUTES)
    asked = saves(alice, part=True, name="Alice Liddell", email="new@example.org")
    assert asked.status == 422
    fields = asked.fields("/my-user/profile")
    assert (fields["name"], fields["email"], fields["password"]) == ("Alice Liddell", "new@example.org", "")
    assert "code" not in fields
    wrong = alice.browser.submit(asked, "/my-user/profile", part=True, password="not this one at all")
    assert wrong.status == 422
    assert "The password is wrong. Nothing has changed." in wrong.words("#profile")
    assert alice.browser.get("/my-user").fields("/my-user/profile")["email"] == "alice@example.org"
    right = alice.browser.submit(wrong, "/my-user/profile", part=True, password=alice.password)
    assert right.status == 200
    assert alice.browser.get("/my-user").fields("/my-user/profile") == {
        "name": "Alice Liddell",
        "email": "new@example.org",
        "time_zone": "",
    }


def test_who_has_a_second_factor_proves_it_too(installation, function_on, alice):
    alice.signs_in()
    alice.sets_up()
    installation.clock.forward(10 * MINUTES)
    asked = saves(alice, part=True, email="new@example.org")
    assert {"password", "code"} <= set(asked.fields("/my-user/profile"))
    alone = alice.browser.submit(asked, "/my-user/profile", part=True, password=alice.password)
    assert alone.status == 422
    both = alice.browser.submit(asked, "/my-user/profile", part=True, password=alice.password, code=alice.phone.code())
    assert both.status == 200


def test_name_and_time_zone_need_no_proof(installation, alice):
    alice.signs_in()
    installation.clock.forward(11 * MINUTES)
    assert saves(alice, name="Alice Liddell", time_zone="Asia/Tokyo").status == 303


# -------------------------------------------------------------------------------------------------------- time zones


def test_times_are_shown_in_ones_own_zone(installation, bob):
    bob.signs_in()
    assert "24 Nov 2026, 12:00" in bob.browser.get("/my-user").words("#sessions")
    assert saves(bob, time_zone="Asia/Kolkata").status == 303
    for path, words in {
        "/my-user": "24 Nov 2026, 17:30",
        "/users": "24 Nov 2026, 17:30",
        f"/users/{bob.user_id}": "24 Nov 2026, 17:30",
        "/": "24 Nov 2026, 17:30",
        "/activity-log": "17:30:00",
    }.items():
        assert words in bob.browser.get(path).text.replace("17:30 :00", "17:30:00"), path


def test_without_a_choice_the_installations_zone_counts(tmp_path):
    from tests.browser import Installation

    with Installation(tmp_path / "data", TWO_KEYS_TIME_ZONE="Europe/Berlin") as installation:
        alice = somebody(installation, "alice")
        page = alice.signs_in().get("/my-user")
        assert "24 Nov 2026, 13:00" in page.words("#sessions")
        assert "Europe/Berlin, like everyone here" in page.words("#profile")


def test_the_zone_can_be_taken_back(alice):
    alice.signs_in()
    saves(alice, time_zone="Asia/Kolkata")
    saves(alice, time_zone="")
    assert "24 Nov 2026, 12:00" in alice.browser.get("/my-user").words("#sessions")


def test_every_zone_that_is_offered_can_be_chosen_and_has_a_place(alice):
    page = alice.signs_in().get("/my-user")
    zones = ["".join(option.itertext()) for option in page.all("option")][1:]
    assert len(zones) > 300
    assert {"UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney"} <= set(zones)
    assert zones == sorted(set(zones), key=lambda zone: (zone != "UTC", zone))


# ---------------------------------------------------------------------------------------------------- Single Sign-On


def test_by_single_sign_on_one_changes_the_time_zone_alone(cleo):
    by_single_sign_on(cleo)
    page = cleo.browser.get("/my-user")
    assert page.fields("/my-user/profile") == {"time_zone": ""}
    saved = cleo.browser.submit(page, "/my-user/profile", part=True, time_zone="Asia/Tokyo")
    assert saved.status == 200
    assert "24 Nov 2026, 21:00" in cleo.browser.get("/my-user").words("#sessions")
    assert "Cleo" in cleo.browser.get("/my-user").words("#profile")
    assert "cleo@example.org" in cleo.browser.get("/my-user").words("#profile")


@pytest.mark.parametrize("forged", [{"name": "Cleopatra"}, {"email": "cleo@evil.example"}])
def test_by_single_sign_on_anything_else_is_refused(cleo, forged):
    by_single_sign_on(cleo)
    assert cleo.browser.post("/my-user/profile", {"time_zone": "Asia/Tokyo", **forged}).status == 403
    page = cleo.browser.get("/my-user")
    assert "Cleo" in page.words("#profile")
    assert "cleo@example.org" in page.words("#profile")
    assert page.fields("/my-user/profile") == {"time_zone": ""}


def test_by_single_sign_on_there_is_no_password_here(cleo):
    browser = by_single_sign_on(cleo)
    assert "/my-user/password" not in browser.get("/my-user").links()
    assert browser.get("/my-user/password").status == 403
    assert browser.post("/my-user/password", {"new_password": "a password of my own choice"}).status == 403
