"""The outbox: the mail server is down, slow, hostile; the program is killed. No e-mail is lost."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.context import COMMAND_LINE, Context
from accounts.mail import outbox as worker
from accounts.mail.outbox import LEASE_SECONDS
from accounts.mail.smtp import CONNECT_SECONDS, MESSAGE_SECONDS
from accounts.users.password import set_password
from db import outbox
from tests.browser import Installation
from tests.mail_server import MailServer, certificate, wait_until
from tests.mailing import Mailing, settings
from tests.people import somebody, switch
from tests.server import Server, changes, command, free_port, rows

# 10000 with LETTERS=10000
MANY = int(os.environ.get("LETTERS", "1000"))
MINUTE = 60
PASSWORD = "correct pony battery anchor"


@pytest.fixture
def mailing(tmp_path: Path, server: MailServer) -> Iterator[Mailing]:
    with Installation(tmp_path / "data", **settings(server)) as running:
        made = Mailing(running, server)
        for username in ("alice", "bob", "dora"):
            somebody(running, username)
        made.deliver()
        yield made


def new_password(mailing: Mailing, *usernames: str) -> None:
    async def act(context: Context) -> None:
        for username in usernames:
            await set_password(context, username, None, COMMAND_LINE)

    mailing.installation.run(act)


def later(mailing: Mailing, seconds: int) -> bool:
    mailing.installation.clock.forward(seconds)
    return mailing.deliver()


def test_a_letter_that_is_not_taken_yet_is_tried_again_with_the_same_id(mailing, server):
    server.answers["alice@example.org"] = "451 come back"
    new_password(mailing, "alice", "bob")
    assert mailing.deliver() is False
    assert [letter.to for letter in server.received] == [["bob@example.org"]], "the other one does not wait"
    for seconds in (MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE):
        tries = mailing.rows("SELECT tries FROM outbox WHERE sent_at IS NULL")
        later(mailing, seconds - 1)
        assert mailing.rows("SELECT tries FROM outbox WHERE sent_at IS NULL") == tries, "too early"
        later(mailing, 1)
        assert mailing.rows("SELECT tries FROM outbox WHERE sent_at IS NULL") != tries
    server.answers.clear()
    later(mailing, 4 * 60 * MINUTE)
    assert len(server.to("alice@example.org")) == 1


def test_it_fails_after_seven_tries_and_says_why(mailing, server):
    server.answers["alice@example.org"] = "451 come back"
    new_password(mailing, "alice")
    for seconds in (0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 720 * MINUTE, 720 * MINUTE):
        later(mailing, seconds)
    assert mailing.rows("SELECT tries, error FROM outbox WHERE failed_at IS NOT NULL") == [(7, "later: 451 come back")]


def test_a_recipient_who_is_refused_fails_at_once_and_alone(mailing, server):
    server.answers["alice@example.org"] = "550 no such user here"
    new_password(mailing, "alice", "bob")
    mailing.deliver()
    failed = mailing.rows("SELECT tries, error FROM outbox WHERE failed_at IS NOT NULL")
    assert failed == [(1, "rejected: 550 no such user here")]
    assert len(server.to("bob@example.org")) == 1
    assert server.connections == 1


def test_an_administrator_sees_what_failed_and_what_waits(mailing, server):
    ivan = somebody(mailing.installation, "ivan", "Administrator").signs_in()
    mailing.deliver()
    assert "All sent in the last 30 days" in ivan.get("/general-settings").text
    server.answers |= {"alice@example.org": "550 no such user here", "bob@example.org": "451 later"}
    new_password(mailing, "alice", "bob")
    mailing.deliver()
    page = ivan.get("/general-settings")
    assert "alice Password changed The mail server refused this e-mail. 550 no such user here" in page.text
    assert "E-mails are waiting. The mail server has not accepted this e-mail yet. 451 later" in page.text


@pytest.mark.parametrize("answer", ["550 who are you", "421 closing"])
def test_trouble_with_the_server_counts_a_try_for_one_letter_alone(mailing, server, answer):
    server.answers["keys@example.org" if answer[0] == "5" else "alice@example.org"] = answer
    new_password(mailing, "alice", "bob", "dora")
    assert mailing.deliver() is True
    assert sorted(mailing.rows("SELECT tries FROM outbox")) == [(0,), (0,), (1,)]
    server.answers.clear()
    later(mailing, MINUTE)
    assert sorted(letter.to[0] for letter in server.received) == [
        f"{name}@example.org" for name in ("alice", "bob", "dora")
    ]
    assert len({letter.id for letter in server.received}) == 3


def test_a_server_that_is_down_costs_one_letter_a_try(tmp_path):
    port = free_port()
    with Installation(tmp_path / "data", **settings(MailServer(port))) as running:
        down = MailServer(port)
        mailing = Mailing(running, down)
        for username in ("alice", "bob", "dora"):
            somebody(running, username)
        mailing.deliver()
        new_password(mailing, "alice", "bob", "dora")
        assert mailing.deliver() is True
        assert sorted(mailing.rows("SELECT tries FROM outbox")) == [(0,), (0,), (1,)]
        ((error,),) = mailing.rows("SELECT error FROM outbox WHERE error <> ''")
        assert str(error).startswith("refused")
        with down:
            later(mailing, MINUTE)
            assert len(down.received) == 3


def test_other_letters_leave_before_reminders(mailing, server):
    mailing.damage(
        "INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error)"
        " SELECT 'reminder', id, '', '{}', 1795521600, 1795521600, 0, '' FROM users"
    )
    mailing.damage("UPDATE settings SET value = 'on' WHERE name = 'two_factor'")
    new_password(mailing, "dora")
    mailing.deliver()
    assert server.received[0].to == ["dora@example.org"]
    assert len(server.received) == 4


@pytest.mark.parametrize(("most", "seconds"), [(5, 20.0), (50, 0.0)], ids=["many", "a slow server"])
def test_letters_about_an_account_do_not_wait_until_all_others_have_left(
    mailing, server, monkeypatch, most: int, seconds: float
):
    """Wrong codes, and what the log tells, while hundreds of reminders are on their way."""
    switch(mailing.installation, True)
    first = int(str(mailing.rows("SELECT min(id) FROM users")[0][0]))
    emil = somebody(mailing.installation, "emil")
    emil.signs_in()
    emil.sets_up()
    emil.browser = mailing.installation.browser()
    assert emil.phone is not None
    wrong = emil.phone.wrong_code()
    mailing.deliver()
    server.received.clear()
    monkeypatch.setattr(worker, "BATCH", most)
    monkeypatch.setattr(worker, "BATCH_SECONDS", seconds)
    takes = server.handle_DATA

    async def takes_while_somebody_guesses(*about: Any) -> str:
        if len(server.received) == 1:
            for _ in range(3):
                assert emil.types(code=wrong).status == 422
            mailing.installation.run(lambda context: set_password(context, "emil", None, COMMAND_LINE))
        return str(await takes(*about))

    monkeypatch.setattr(server, "handle_DATA", takes_while_somebody_guesses)

    async def remind(context: Context) -> None:
        async with context.db.transaction():
            await outbox.add_same(context.db, "reminder", [first] * 12, {"actor": "bob"}, context.now)

    mailing.installation.run(remind)
    mailing.deliver()
    subjects = [letter.subject for letter in server.received]
    assert len(subjects) == 14, subjects
    about = [number for number, letter in enumerate(server.received) if letter.subject != subjects[0]]
    assert max(about) <= 6, subjects


def test_two_workers_do_not_send_at_once(mailing, server):
    mailing.damage("UPDATE leases SET holder = 'another', until = 1795521600 + 60 WHERE name = 'letters'")
    new_password(mailing, "alice")
    mailing.deliver()
    assert server.received == []
    later(mailing, LEASE_SECONDS + 1)
    assert len(server.received) == 1, "a killed holder's lease runs out"


def test_a_letter_ends_within_the_lease():
    assert MESSAGE_SECONDS < LEASE_SECONDS
    assert CONNECT_SECONDS < LEASE_SECONDS


# ------------------------------------------------------------------------------------------- the real program, killed


def user(folder: Path, username: str, *more: str) -> None:
    done = command(
        folder, "create-user", username, "--email", f"{username}@example.org", *more, "--password-stdin", typed=PASSWORD
    )
    assert done.status == 0, done.err


def test_the_server_was_down_at_first_and_the_program_was_killed_meanwhile(tmp_path):
    folder, down = tmp_path / "data", MailServer()
    user(folder, "alice")
    with Server(folder, port=0, **settings(down)) as running:
        running.signs_in("alice", PASSWORD)
        running.signs_in("alice", PASSWORD)
        wait_until(lambda: rows(folder, "SELECT count(*) FROM outbox WHERE error <> ''") == [(1,)])
        running.kill()
    # a minute passes
    changes(folder, "UPDATE outbox SET due_at = 0", "UPDATE leases SET until = 0")
    with down, Server(folder, port=0, **settings(down)):
        letter = down.wait_for(1)[0]
        assert letter.subject == "You signed in from a new browser"
        wait_until(lambda: rows(folder, "SELECT count(sent_at) FROM outbox") == [(1,)])
    assert len(down.received) == 1


def test_a_login_does_not_wait_while_the_mail_server_hangs(tmp_path, server):
    folder = tmp_path / "data"
    user(folder, "alice")
    server.hanging = True
    with Server(folder, port=0, **settings(server)) as running:
        running.signs_in("alice", PASSWORD)
        running.signs_in("alice", PASSWORD)
        wait_until(lambda: server.connections >= 1)
        times = []
        for _ in range(5):
            began = time.monotonic()
            running.signs_in("alice", PASSWORD)
            times.append(time.monotonic() - began)
        assert sorted(times)[2] < 1
        assert running.get("/health")[0] == 200
        began = time.monotonic()
        assert running.stop() in (0, -15)
        assert time.monotonic() - began < 20


def test_many_letters_two_workers_a_kill_and_twenty_presses(tmp_path, server):
    """10,000 letters: none lost, none twice but those in flight at the kill."""
    folder = tmp_path / "data"
    user(folder, "bob", "--role", "Administrator")
    assert command(folder, "two-factor", "on").status == 0
    rows(
        folder,
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) INSERT INTO users"
        " (username, name, email, name_beginning, email_beginning, search_text, company, unit, login_method,"
        " time_zone, created_at, password_set_at, codes_generation, access_version)"
        " SELECT 'u' || i, 'U ' || i, 'u' || i || '@example.org', 'u ' || i,"
        " 'u' || i || '@example.org', 'u' || i, '', '', 'password', '', 1795521600, 1795521600, 0, 0 FROM n",
    )
    # bob, too
    everybody = MANY + 1
    with Server(folder, "--workers", "2", port=0, **settings(server)) as running:
        cookie = running.signs_in("bob", PASSWORD)
        for _ in range(10):
            answered = running.post("/users/bulk", {"act": "remind", "all": "on", "by_hand": "on"}, cookie)[0]
            assert answered in (303, 409), "409: they all have one"
        wait_until(lambda: len(server.received) > MANY // 3, 30 + MANY / 20)
        running.kill()
    time.sleep(0.5)
    accepted = len(server.received)
    # instead of waiting for a minute
    changes(folder, "UPDATE leases SET until = 0")
    with Server(folder, "--workers", "2", port=0, **settings(server)) as running:
        cookie = running.signs_in("bob", PASSWORD)
        for _ in range(10):
            answered = running.post("/users/bulk", {"act": "remind", "all": "on", "by_hand": "on"}, cookie)[0]
            assert answered in (303, 409), "409: they all have one"
        wait_until(lambda: rows(folder, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(0,)], 30 + MANY / 20)
    reminders = [letter for letter in server.received if letter.subject == "Set up two-factor authentication at Acme"]
    times = Counter(letter.to[0] for letter in reminders)
    assert len(times) == everybody, "none lost"
    twice = {address: number for address, number in times.items() if number > 1}
    assert len(twice) <= 1, "at most the one in flight"
    assert all(number == 2 for number in twice.values())
    for address in twice:
        assert len({letter.id for letter in reminders if letter.to == [address]}) == 1, "with the same Message-ID"
    assert MANY // 3 < accepted < len(server.received)
    assert rows(folder, "SELECT count(*) FROM outbox WHERE letter = 'reminder'") == [(everybody,)]


# ------------------------------------------------------------------------------------------------------- check-mail


def checked(folder: Path, url: str, to: str = "alice@example.org", **more: str) -> tuple[int, str]:
    done = command(folder, "check-mail", to, TWO_KEYS_SMTP_URL=url, TWO_KEYS_MAIL_FROM="keys@example.org", **more)
    assert "Traceback" not in done.err
    return done.status, done.out + done.err


def test_check_mail_sends_a_letter(tmp_path, server):
    status, said = checked(tmp_path / "data", f"smtp://localhost:{server.port}")
    assert (status, server.received[0].subject) == (0, "Two Keys: the mail server works")
    assert "localhost accepted the e-mail to alice@example.org" in said
    assert not (tmp_path / "data").exists(), "it needs no database"


def test_check_mail_says_the_address_that_it_used(tmp_path, server):
    status, said = checked(tmp_path / "data", f"smtp://localhost:{server.port}", "anna@stra\u00dfe.example")
    assert (status, server.received[0].to) == (0, ["anna@xn--strae-oqa.example"])
    assert "accepted the e-mail to anna@xn--strae-oqa.example" in said


def test_check_mail_refuses_a_domain_that_idna_refuses(tmp_path, server):
    status, said = checked(tmp_path / "data", f"smtp://localhost:{server.port}", "anna@\u2603.example")
    assert (status, server.received) == (1, [])
    assert "IDNA" in said


def test_check_mail_refuses_a_local_part_beyond_ascii_in_a_whole_sentence(tmp_path, server):
    status, said = checked(tmp_path / "data", f"smtp://localhost:{server.port}", "\u00fc@example.org")
    assert (status, server.received) == (1, [])
    assert "characters beyond ASCII before the @" in said
    assert said.count("(") == said.count(")")


def test_check_mail_says_what_is_wrong(tmp_path, server):
    folder = tmp_path / "data"
    here = f"smtp://localhost:{server.port}"
    assert "no mail server is configured" in command(folder, "check-mail", "a@b.c").err
    assert "was not found" in checked(folder, "smtp://no-such-host.invalid")[1]
    assert "nothing listens" in checked(folder, f"smtp://localhost:{free_port()}")[1]
    assert "offers no STARTTLS" in checked(folder, here.replace("smtp:", "smtp+starttls:"))[1]
    assert "no encrypted connection" in checked(folder, here.replace("smtp:", "smtps:"))[1]
    assert "refused the login" in checked(folder, here.replace("//", "//user:hunter2@"))[1]
    assert "cannot be the recipient of an e-mail" in checked(folder, here, "alice\r\nBcc: eve@example.org")[1]
    server.answers["keys@example.org"] = "550 not yours"
    assert "refused the sender keys@example.org" in checked(folder, here)[1]
    server.answers = {"alice@example.org": "550 nobody"}
    assert "refused the e-mail to alice@example.org: 550 nobody" in checked(folder, here)[1]
    server.answers = {"alice@example.org": "451 busy"}
    status, said = checked(folder, here)
    assert status == 1
    assert "may later: 451 busy" in said


# aiosmtpd does not see that smtps:// is TLS from the start
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_certificates_are_verified(tmp_path, tls):
    own, other = certificate(tmp_path), certificate(tmp_path, "other.example.org")
    scheme = {"tls": "smtps", "starttls": "smtp+starttls"}[tls]
    folder = tmp_path / "data"
    with MailServer(tls=tls, certificate=own, login="keys@example.org:p/w%") as server:
        url = f"{scheme}://keys%40example.org:p%2Fw%25@localhost:{server.port}"
        status, said = checked(folder, url)
        assert status == 1
        assert "certificate of localhost cannot be trusted" in said
        assert checked(folder, url, SSL_CERT_FILE=str(own))[0] == 0
        assert len(server.received) == 1
        said = checked(folder, url.replace("p%2Fw%25", "wrong"), SSL_CERT_FILE=str(own))[1]
        assert "refused the login" in said
        assert "wrong" not in said.replace("what is wrong", "")
    with MailServer(tls=tls, certificate=other) as server:
        said = checked(folder, f"{scheme}://localhost:{server.port}", SSL_CERT_FILE=str(other))[1]
        assert "cannot be trusted" in said
