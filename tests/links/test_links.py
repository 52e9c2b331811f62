"""Links with which a user chooses a password: invitation, password reset. They work once, for a while."""

import asyncio
import logging

import pytest

from accounts.context import COMMAND_LINE, Context
from accounts.limits import UNSENT_LINK_SECONDS
from accounts.links import links
from accounts.users.password import set_password
from db import users as stored_users
from tests.browser import Browser, Installation, Page
from tests.cookies import SESSION
from tests.people import Person, promotes, somebody

NEW_PASSWORD = "a brand new umbrella for rainy days"
HOUR, MINUTE = 3600, 60
# the first who is added after bob
DORA = 2


def path_in(page: Page) -> str:
    return page.words("#handed-link").removeprefix("http://localhost:8000")


@pytest.fixture
def invitation(bob: Person) -> str:
    """The path of a link that invites dora."""
    return path_in(bob.signs_in().post("/users", {"username": "dora", "name": "Dora Diaz"}))


@pytest.fixture
def reset(bob: Person, alice: Person) -> str:
    """The path of a link with which alice chooses another password."""
    return path_in(bob.signs_in().post(f"/users/{alice.user_id}/password-reset"))


@pytest.fixture
def stranger(installation: Installation) -> Browser:
    """A browser that nobody is signed in with."""
    return installation.browser("198.51.100.9")


def log(person: Person) -> str:
    return person.browser.get("/activity-log").text


def signs_in(installation: Installation, username: str, password: str, code: str = "") -> Page:
    return installation.browser().post("/login", {"username": username, "password": password, "code": code})


def is_over(page: Page) -> bool:
    return page.status == 410 and page.words("h1") == "This link does not work any more"


# ----------------------------------------------------------------------------------------------------------- invitation


def test_an_invitation_chooses_the_first_password_and_leads_to_the_login(installation, bob, invitation, stranger):
    page = stranger.get(invitation)
    assert page.status == 200
    assert "Welcome, Dora Diaz." in page.text
    assert page.fields(invitation)["username"] == "dora"
    assert page.headers["Cache-Control"] == "no-store"
    done = stranger.submit(page, invitation, new_password=NEW_PASSWORD)
    assert done.status == 303
    assert SESSION not in stranger.client.cookies, "nobody is signed in by it"
    login = stranger.follow(done)
    assert "Your password is saved. Sign in with it." in login.text
    assert stranger.get("/").status == 303
    assert signs_in(installation, "dora", NEW_PASSWORD).location == "/", "an ordinary session, not a confined one"
    assert "dora accepted the invitation and chose a password" in log(bob)
    assert bob.browser.get(f"/users/{DORA}").words("#user-account .state") == "Active"


def test_password_managers_find_what_they_need(invitation, stranger):
    page = stranger.get(invitation)
    password, username = page.find("[name=new_password]"), page.find("[name=username]")
    assert (password.get("autocomplete"), username.get("autocomplete")) == ("new-password", "username")
    assert username.get("readonly") is not None
    form = page._form(invitation)
    assert form.get("method") == "post"
    assert form.get("data-hx-post") is None, "posted plainly: they offer to save only after a real navigation"


def test_a_link_works_once(installation, invitation, stranger):
    stranger.post(invitation, {"new_password": NEW_PASSWORD})
    assert is_over(stranger.get(invitation))
    assert is_over(stranger.post(invitation, {"new_password": "another umbrella for sunny days"}))
    assert signs_in(installation, "dora", NEW_PASSWORD).status == 303


def test_looking_changes_nothing(installation, invitation, stranger):
    def state():
        async def read(context):
            return [
                [tuple(row) for row in await context.db.fetch_all(f"SELECT * FROM {table}")]
                for table in ("users", "links", "sessions", "activity")
            ]

        return installation.run(read)

    before = state()
    for _ in range(3):
        assert stranger.get(invitation).status == 200
    assert stranger.client.head(invitation).status_code == 200
    assert state() == before


def test_of_parallel_uses_of_one_link_one_wins(installation, invitation):
    token = invitation.rsplit("/", 1)[1]

    async def all_at_once(context):
        return await asyncio.gather(
            *(links.choose_password(context, "invitation", token, f"{NEW_PASSWORD} {number}") for number in range(20))
        )

    outcomes = installation.run(all_at_once)
    winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, links.Chosen)]
    assert len(winners) == 1
    assert all(isinstance(outcome, links.Chosen | links.NotValid) for outcome in outcomes)
    assert signs_in(installation, "dora", f"{NEW_PASSWORD} {winners[0]}").status == 303


@pytest.mark.parametrize(("seconds", "works"), [(72 * HOUR - 1, True), (72 * HOUR, False), (1000 * HOUR, False)])
def test_an_invitation_lives_72_hours(installation, invitation, stranger, seconds, works):
    installation.clock.forward(seconds)
    assert (stranger.get(invitation).status == 200) == works
    assert (stranger.post(invitation, {"new_password": NEW_PASSWORD}).status == 303) == works


def test_the_users_page_says_when_no_invitation_is_good(installation, bob, invitation):
    installation.clock.forward(73 * HOUR)
    bob.signs_in()
    assert "there is no invitation that still works" in bob.browser.get(f"/users/{DORA}").text


def test_sent_again_the_old_link_is_void(bob, invitation, stranger):
    page = bob.browser.get(f"/users/{DORA}")
    again = bob.browser.submit(page, f"/users/{DORA}/invitation")
    assert again.status == 200
    newer = path_in(again)
    assert newer != invitation
    assert is_over(stranger.get(invitation))
    assert is_over(stranger.post(invitation, {"new_password": NEW_PASSWORD}))
    assert stranger.post(newer, {"new_password": NEW_PASSWORD}).status == 303


def test_a_link_asked_for_again_by_a_reload_is_shown_no_second_time(bob, invitation, stranger):
    page = bob.browser.get(f"/users/{DORA}")
    form = page.fields(f"/users/{DORA}/invitation")
    newer = path_in(bob.browser.post(f"/users/{DORA}/invitation", form))
    reloaded = bob.browser.post(f"/users/{DORA}/invitation", form)
    assert reloaded.status == 200
    assert not reloaded.has("#handed-link")
    assert "was shown once" in reloaded.words("[role=status]")
    assert stranger.get(newer).status == 200, "and the one that was shown still works"
    assert bob.browser.submit(reloaded, f"/users/{DORA}/invitation").has("#handed-link")


def test_an_invitation_is_for_those_without_a_password(bob, alice, cleo, stranger, invitation):
    for other in (alice, cleo):
        refused = bob.browser.post(f"/users/{other.user_id}/invitation")
        assert refused.status == 409
        assert "No link was created." in refused.words("#user-account [role=alert]")
    dora = cleo.user_id + 1
    # there is none that could be reset
    assert bob.browser.post(f"/users/{dora}/password-reset").status == 409


def test_the_command_line_may_set_a_password_meanwhile(installation, invitation, stranger):
    installation.run(lambda context: set_password(context, "dora", NEW_PASSWORD, COMMAND_LINE))
    assert is_over(stranger.get(invitation))
    assert is_over(stranger.post(invitation, {"new_password": "another umbrella for sunny days"}))
    assert signs_in(installation, "dora", NEW_PASSWORD).status == 303


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Enter a new password."),
        ("short", "too short"),
        ("x" * 1025, "too long"),
        ("passwordpassword", "common word repeated"),
        ("aaaaaaaaaaaaaaaaaaaa", "fewer than five different characters"),
        ("abcdefghijklmnopqrstuvwxyz", "simple sequence"),
        ("dora dora two keys 12", "Do not build the password from your name, username"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_and_the_link_still_works(invitation, stranger, password, words):
    page = stranger.post(invitation, {"new_password": password})
    assert page.status == 422
    assert words in page.words("#new-password-problem")
    assert page.find("[name=new_password]").get("value") is None
    assert stranger.post(invitation, {"new_password": NEW_PASSWORD}).status == 303


# ------------------------------------------------------------------------------------------------------- password reset


def test_a_reset_changes_the_password_and_ends_all_sessions(installation, bob, alice, reset, stranger):
    alice.signs_in()
    page = stranger.get(reset)
    assert page.status == 200
    assert page.words("h1") == "Choose a new password"
    assert alice.browser.get("/").status == 200, "looking changes nothing"
    done = stranger.submit(page, reset, new_password=NEW_PASSWORD)
    assert done.location.split("?")[0] == "/login"
    assert SESSION not in stranger.client.cookies, "nobody is signed in by it"
    assert alice.browser.get("/").status == 303
    assert bob.browser.get("/").status == 200
    assert signs_in(installation, "alice", alice.password).status == 422
    assert signs_in(installation, "alice", NEW_PASSWORD).status == 303
    assert "bob started a password reset for alice" in log(bob)
    assert "alice chose a new password with a link" in log(bob)


def test_until_then_the_old_password_works(installation, alice, reset):
    assert signs_in(installation, "alice", alice.password).status == 303


def test_the_second_factor_stays_demanded(installation, function_on, bob, alice, stranger):
    alice.signs_in()
    alice.sets_up()
    link = path_in(bob.signs_in().post(f"/users/{alice.user_id}/password-reset"))
    assert stranger.post(link, {"new_password": NEW_PASSWORD}).status == 303
    assert alice.phone is not None
    assert signs_in(installation, "alice", NEW_PASSWORD).status == 422
    assert signs_in(installation, "alice", NEW_PASSWORD, alice.phone.wrong_code()).status == 422
    assert signs_in(installation, "alice", NEW_PASSWORD, alice.phone.code()).status == 303
    assert bob.browser.get(f"/users/{alice.user_id}").has("#shown-user-header .two-keys")
    assert "10 left" in bob.browser.get(f"/users/{alice.user_id}").text


def test_a_reset_ends_the_waiting_of_those_who_tried_the_old_password_often(installation, alice, reset, stranger):
    for _ in range(10):
        alice.types(password="what was it again")
    assert alice.types().status == 422
    stranger.post(reset, {"new_password": NEW_PASSWORD})
    assert alice.types(password=NEW_PASSWORD).status == 303


@pytest.mark.parametrize(("seconds", "works"), [(30 * MINUTE - 1, True), (30 * MINUTE, False)])
def test_a_reset_lives_30_minutes(installation, reset, stranger, seconds, works):
    installation.clock.forward(seconds)
    assert (stranger.get(reset).status == 200) == works
    assert (stranger.post(reset, {"new_password": NEW_PASSWORD}).status == 303) == works


def test_a_newer_reset_voids_the_older(bob, alice, reset, stranger):
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert "A link to choose a new password works until 24 Nov 2026, 12:30" in page.text
    newer = path_in(bob.browser.submit(page, f"/users/{alice.user_id}/password-reset"))
    assert is_over(stranger.get(reset))
    assert stranger.get(newer).status == 200


def test_a_password_changed_meanwhile_voids_it(alice, reset, stranger):
    changed = alice.signs_in().post(
        "/my-user/password", {"current_password": alice.password, "new_password": NEW_PASSWORD}
    )
    assert changed.status == 303
    assert is_over(stranger.get(reset))


def test_a_link_of_a_disabled_user_does_not_work_nor_after_enabling(installation, bob, alice, reset, stranger):
    bob.browser.post(f"/users/{alice.user_id}/disable")
    assert is_over(stranger.get(reset))
    assert bob.browser.post(f"/users/{alice.user_id}/password-reset").status == 409
    bob.browser.post(f"/users/{alice.user_id}/enable")
    assert is_over(stranger.post(reset, {"new_password": NEW_PASSWORD}))


def test_a_link_of_somebody_who_now_uses_single_sign_on_does_not_work(installation, alice, reset, stranger):
    async def moves(context):
        async with context.db.transaction():
            await context.db.execute(
                "UPDATE users SET login_method = 'sso', password_hash = NULL WHERE id = :id", {"id": alice.user_id}
            )

    installation.run(moves)
    assert is_over(stranger.get(reset))
    assert is_over(stranger.post(reset, {"new_password": NEW_PASSWORD}))


def test_a_link_of_a_deleted_user_does_not_work(bob, alice, reset, stranger):
    bob.browser.post(f"/users/{alice.user_id}/delete")
    assert is_over(stranger.get(reset))
    assert is_over(stranger.post(reset, {"new_password": NEW_PASSWORD}))


def test_single_sign_on_has_no_password_to_reset(bob, cleo):
    assert bob.signs_in().post(f"/users/{cleo.user_id}/password-reset").status == 409
    assert not bob.browser.get(f"/users/{cleo.user_id}").offers(f"/users/{cleo.user_id}/password-reset")


# ------------------------------------------------------------------------------------------------------------- any link


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%C3%A9", "%ED%A0%80", "..", "%00"])
@pytest.mark.parametrize("where", ["/invitation/", "/login/reset/"])
def test_an_unknown_link_is_answered_in_the_same_way(stranger, where, token):
    assert is_over(stranger.get(where + token)) or token == ".."
    assert is_over(stranger.post(where + token, {"new_password": NEW_PASSWORD})) or token == ".."


def test_one_kind_does_not_open_the_other(invitation, reset, stranger):
    assert is_over(stranger.get(invitation.replace("/invitation/", "/login/reset/")))
    assert is_over(stranger.get(reset.replace("/login/reset/", "/invitation/")))


def test_asking_for_a_reset_oneself_needs_a_mail_server(stranger):
    assert stranger.get("/login/reset").status == 404


def test_the_token_is_nowhere_but_in_the_link(installation, caplog, bob, alice, stranger):
    with caplog.at_level(logging.INFO):
        link = path_in(bob.signs_in().post(f"/users/{alice.user_id}/password-reset"))
        stranger.get(link)
        stranger.post(link, {"new_password": NEW_PASSWORD})
        stranger.get(link)
    token = link.rsplit("/", 1)[1]
    assert "GET /login/reset/{token} 200" in caplog.text
    assert "POST /login/reset/{token} 303" in caplog.text
    assert "GET /login/reset/{token} 410" in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("two_keys")]
    assert ours
    assert not [line for line in ours if token in line]
    path = installation.file
    stored = path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
    assert b"password.reset_started" in stored
    assert token.encode() not in stored


def test_another_site_cannot_post_it(invitation, stranger):
    page = stranger.post(invitation, {"new_password": NEW_PASSWORD}, Origin="https://evil.example")
    assert page.status == 403
    assert stranger.get(invitation).status == 200


def test_what_ran_out_is_tidied_up(installation, invitation):
    from accounts.system import installation as house

    async def left(context):
        await house.tidy_up(context)
        return (await context.db.fetch_one("SELECT count(*) AS n FROM links"))["n"]

    assert installation.run(left) == 1
    installation.clock.forward(72 * HOUR + UNSENT_LINK_SECONDS)
    assert installation.run(left) == 0


def test_somebody_signed_in_may_open_a_link_of_another(installation, bob, invitation):
    page = bob.browser.get(invitation)
    assert bob.browser.submit(page, invitation, new_password=NEW_PASSWORD).status == 303
    assert bob.browser.get("/").status == 200
    assert signs_in(installation, "dora", NEW_PASSWORD).status == 303


# ----------------------------------------------------------------------------------- nobody gives what they do not hold


@pytest.fixture
def mara(installation: Installation) -> Person:
    """A user manager."""
    return somebody(installation, "mara", "User manager")


def test_who_made_a_link_does_not_become_an_administrator_when_its_user_does(installation, bob, alice, mara, stranger):
    """Mara has seen the links: with them she would choose an administrator's password."""
    mara.signs_in()
    invitation = path_in(mara.browser.post("/users", {"username": "dora", "name": "Dora Diaz"}))
    reset = path_in(mara.browser.post(f"/users/{alice.user_id}/password-reset"))
    promotes(installation, "dora")
    promotes(installation, "alice")
    for path in (invitation, reset):
        assert is_over(stranger.get(path))
        assert is_over(stranger.post(path, {"new_password": NEW_PASSWORD}))
    alice.signs_in()
    added = installation.run(lambda context: stored_users.by_username(context.db, "dora"))
    dora = f"/users/{added.id}"
    page = bob.signs_in().get(dora)
    assert "there is no invitation that still works" in page.text
    again = path_in(bob.browser.submit(page, f"{dora}/invitation"))
    assert stranger.post(again, {"new_password": NEW_PASSWORD}).status == 303, "an administrator's own link opens"


def test_a_link_is_over_when_its_maker_may_not_act_any_more(installation, bob, alice, mara, stranger):
    reset = path_in(mara.signs_in().post(f"/users/{alice.user_id}/password-reset"))
    assert stranger.get(reset).status == 200
    bob.signs_in().post(f"/users/{mara.user_id}/disable")
    assert is_over(stranger.post(reset, {"new_password": NEW_PASSWORD}))


def test_a_link_of_the_command_line_opens_for_whomever_it_is(installation, alice, stranger):
    promotes(installation, "alice")
    user = installation.run(lambda context: stored_users.by_id(context.db, alice.user_id))

    async def make(context: Context) -> str:
        async with context.db.transaction():
            return (await links.create(context, user.id, "password_reset")).token

    assert stranger.post(f"/login/reset/{installation.run(make)}", {"new_password": NEW_PASSWORD}).status == 303


def test_who_was_invited_is_no_administrator_to_hand_over_to_before_they_came(installation, bob, stranger):
    """Nobody could sign in any more: Bob would hold nothing, and the link that he made would open nothing."""
    bob.signs_in()
    invitation = path_in(bob.browser.post("/users", {"username": "dora", "name": "Dora Diaz"}))
    promotes(installation, "dora")
    bobs_roles = f"/users/{bob.user_id}/roles"
    page = bob.browser.submit(bob.browser.get(bobs_roles), bobs_roles, role="4")
    assert page.status == 409
    assert "Nothing has changed: at least one user who can sign in must be able" in page.text
    assert stranger.post(invitation, {"new_password": NEW_PASSWORD}).status == 303
    assert bob.browser.submit(page, bobs_roles, role="4").status == 303
    assert bob.browser.get(bobs_roles).status == 403


def test_after_choosing_a_password_the_sign_in_page_knows_the_username(invitation, stranger):
    page = stranger.follow(stranger.post(invitation, {"new_password": NEW_PASSWORD}))
    assert "Your password is saved." in page.text
    assert page.find("[name=username]").get("value") == "dora"
    assert page.find("[name=password]").get("autofocus") is not None
    assert page.find("[name=username]").get("autofocus") is None


@pytest.mark.parametrize(
    "query", ["username=dora", "password=changed&username=dora", "address=confirmed&username=dora"]
)
def test_no_other_link_fills_the_username_in(query, stranger):
    assert not stranger.get(f"/login?{query}").find("[name=username]").get("value")


def test_a_username_that_is_too_long_is_cut(stranger):
    page = stranger.get(f"/login?password=chosen&username={'x' * 500}")
    assert page.find("[name=username]").get("value") == "x" * 128
