"""The chain of the activity log: whatever is done to it behind its back is found, at the right entry."""

from dataclasses import replace

import pytest

from accounts.activity import chain, kinds
from accounts.activity import log as activities
from accounts.activity.chain import Broken, Verified
from accounts.context import COMMAND_LINE, UNKNOWN_USER, Client, Principal
from accounts.vault import Vault
from tests import server

LENGTH = 7


def record(installation, number: int = 1, what: kinds.Activity | None = None) -> None:
    async def act(context):
        for turn in range(number):
            async with context.db.transaction():
                done = what or kinds.TwoFactorSwitched("off", "on" if turn % 2 else "off")
                await activities.record(context, done, COMMAND_LINE, Principal(turn + 1, f"user {turn}"))

    installation.run(act)


@pytest.fixture
def log(installation):
    """A log of seven entries."""
    record(installation, LENGTH)
    return installation


def behind_its_back(installation, *statements: str) -> None:
    server.changes(installation.config.data_dir, *statements)


def rows(installation, sql: str):
    return server.rows(installation.config.data_dir, sql)


def verified(installation, kept: tuple[int, str] | None = None):
    return installation.run(lambda context: chain.verify(context, kept))


def broken_at(installation, kept: tuple[int, str] | None = None) -> int | None:
    found = verified(installation, kept)
    return found.number if isinstance(found, Broken) else None


def head(installation) -> tuple[int, str]:
    found = verified(installation)
    assert isinstance(found, Verified), found
    return found.number, found.mac.hex()


def test_a_log_that_nobody_touched_is_whole(log):
    assert head(log)[0] == LENGTH
    record(log)
    assert head(log)[0] == LENGTH + 1


def test_an_empty_log_is_whole(installation):
    assert head(installation) == (0, "")


@pytest.mark.parametrize("number", [1, 4, LENGTH])
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'eve'",
        "actor_id = 9",
        "actor_id = NULL, actor = 'system'",
        "subject = 'eve'",
        "subject_id = 99",
        "action = 'two_factor.removed'",
        "before = 'x'",
        "after = 'x'",
        "at = at + 1",
        "address = '192.0.2.1'",
        'detail = \'{"cause": "x"}\'',
        "mac = x'00'",
        "key_id = 'other'",
    ],
)
def test_an_entry_that_was_changed_is_found(log, number: int, change: str):
    behind_its_back(log, f"UPDATE activity SET {change} WHERE number = {number}")
    assert broken_at(log) == number


@pytest.mark.parametrize("number", [1, 4, LENGTH])
def test_an_entry_that_was_deleted_is_found(log, number: int):
    behind_its_back(log, f"DELETE FROM activity WHERE number = {number}")
    assert broken_at(log) == number


@pytest.mark.parametrize("number", [1, 4])
def test_an_entry_that_was_deleted_is_found_even_if_the_others_move_up(log, number: int):
    behind_its_back(
        log,
        f"DELETE FROM activity WHERE number = {number}",
        f"UPDATE activity SET number = -number WHERE number > {number}",
        "UPDATE activity SET number = -number - 1 WHERE number < 0",
        f"UPDATE activity_head SET number = {LENGTH - 1}",
    )
    assert broken_at(log) == number


def test_the_last_entry_deleted_is_found_even_if_the_head_is_set_back(log):
    mac = rows(log, f"SELECT mac FROM activity WHERE number = {LENGTH - 1}")[0][0].hex()
    behind_its_back(
        log,
        f"DELETE FROM activity WHERE number = {LENGTH}",
        f"UPDATE activity_head SET number = {LENGTH - 1}, mac = x'{mac}'",
    )
    assert broken_at(log) == LENGTH - 1


COPY = "actor_id, actor, action, subject_id, subject, before, after, address, detail, key_id, mac"


def test_an_entry_that_was_appended_is_found(log):
    behind_its_back(
        log,
        f"INSERT INTO activity (number, at, {COPY})"
        f" SELECT {LENGTH + 1}, at, {COPY} FROM activity WHERE number = {LENGTH}",
    )
    assert broken_at(log) == LENGTH + 1


def test_an_entry_that_was_inserted_is_found(log):
    behind_its_back(
        log,
        "UPDATE activity SET number = -number WHERE number >= 3",
        "UPDATE activity SET number = -number + 1 WHERE number < 0",
        f"INSERT INTO activity (number, at, {COPY}) SELECT 3, at, {COPY} FROM activity WHERE number = 2",
        f"UPDATE activity_head SET number = {LENGTH + 1}",
    )
    assert broken_at(log) == 3


def swap(log, first: int, second: int) -> None:
    behind_its_back(
        log,
        f"UPDATE activity SET number = -1 WHERE number = {first}",
        f"UPDATE activity SET number = {first} WHERE number = {second}",
        f"UPDATE activity SET number = {second} WHERE number = -1",
    )


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 6), (LENGTH - 1, LENGTH)])
def test_entries_that_changed_places_are_found(log, first: int, second: int):
    swap(log, first, second)
    assert broken_at(log) == first


def test_contents_that_changed_places_are_found(log):
    behind_its_back(
        log,
        "UPDATE activity SET subject = 'user 4', subject_id = 5 WHERE number = 2",
        "UPDATE activity SET subject = 'user 1', subject_id = 2 WHERE number = 5",
    )
    assert broken_at(log) == 2


def test_an_end_that_was_cut_off_is_found(log):
    behind_its_back(log, "DELETE FROM activity WHERE number > 4")
    assert broken_at(log) == 5


def test_a_log_that_was_emptied_is_found(log):
    behind_its_back(log, "DELETE FROM activity")
    assert broken_at(log) == 1


@pytest.mark.parametrize("signature", ["x''", "signature"])
def test_a_log_that_was_made_to_look_like_a_fresh_one_is_found(log, signature: str):
    behind_its_back(
        log, "DELETE FROM activity", f"UPDATE activity_head SET number = 0, mac = x'', signature = {signature}"
    )
    assert isinstance(verified(log), Broken)


@pytest.mark.parametrize("change", ["signature = x'00'", "key_id = 'other'", "mac = x'00'", "number = 3"])
def test_a_changed_head_is_found(log, change: str):
    behind_its_back(log, f"UPDATE activity_head SET {change}")
    assert isinstance(verified(log), Broken)


def test_under_another_key_nothing_verifies(log):
    stranger = Vault(("x" * 64,))
    found = log.run(lambda context: chain.verify(replace(context, vault=stranger)))
    assert isinstance(found, Broken)
    assert found.number == 1


def test_entries_that_somebody_without_the_key_wrote_are_found(log):
    async def forge(context):
        forger = replace(context, vault=Vault(("x" * 64,)))
        async with context.db.transaction():
            await activities.record(forger, kinds.TwoFactorRemoved(), Principal(1, "user 0"))

    log.run(forge)
    assert broken_at(log) == LENGTH + 1


def test_after_a_rotation_of_keys_old_and_new_entries_verify(log):
    async def act(context):
        old_key = next(iter(context.vault._keys.values())).decode()
        rotated = replace(context, vault=Vault(("n" * 64, old_key)))
        async with context.db.transaction():
            await activities.record(rotated, kinds.TwoFactorRemoved(), Principal(1, "user 0"))
        return await chain.verify(rotated)

    assert isinstance(log.run(act), Verified)


def test_a_kept_head_agrees_with_a_log_that_went_on(log):
    kept = head(log)
    record(log, 3)
    assert isinstance(verified(log, kept), Verified)


def head_of_a_log_that_was_rolled_back(log):
    """The head of three entries more, after which the log is as it was before them."""

    ((mac, signature),) = rows(log, "SELECT mac, signature FROM activity_head")
    record(log, 3)
    kept = head(log)
    behind_its_back(
        log,
        f"DELETE FROM activity WHERE number > {LENGTH}",
        f"UPDATE activity_head SET number = {LENGTH}, mac = x'{mac.hex()}', signature = x'{signature.hex()}'",
    )
    return kept


def test_a_rollback_of_the_whole_log_is_found_by_a_head_that_was_kept_elsewhere(log):
    kept = head_of_a_log_that_was_rolled_back(log)
    assert isinstance(verified(log), Verified), "as it was then; only who kept a head can know"
    assert broken_at(log, kept) == LENGTH + 1


def test_a_rollback_is_found_also_when_the_log_has_grown_since(log):
    kept = head_of_a_log_that_was_rolled_back(log)
    record(log, 5, kinds.TwoFactorRemoved())
    assert isinstance(verified(log), Verified)
    assert broken_at(log, kept) == kept[0]


def test_an_entry_of_another_course_of_things_is_found(log):
    behind_its_back(log, "CREATE TABLE kept_head AS SELECT * FROM activity_head")
    record(log, 3)
    behind_its_back(
        log,
        f"CREATE TABLE elsewhere AS SELECT * FROM activity WHERE number = {LENGTH + 2}",
        f"DELETE FROM activity WHERE number > {LENGTH}",
        "UPDATE activity_head SET (number, mac, signature) = (SELECT number, mac, signature FROM kept_head)",
    )
    record(log, 1, kinds.TwoFactorRemoved())
    record(log, 2)
    behind_its_back(
        log,
        f"DELETE FROM activity WHERE number = {LENGTH + 2}",
        "INSERT INTO activity SELECT * FROM elsewhere",
    )
    assert broken_at(log) == LENGTH + 2, "genuine, and with the right number, but after another entry"


def test_an_entry_and_its_change_are_one_transaction(log):
    async def act(context):
        async with context.db.transaction():
            await activities.record(context, kinds.TwoFactorRemoved(), Principal(1, "user 0"))
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError, match="the change failed"):
        log.run(act)
    assert head(log)[0] == LENGTH


# ---------------------------------------------------------------------------------- refused logins: ten entries an hour


ALICE = Principal(7, "alice")


def refuse(installation, times: int, who: Principal = ALICE, address: str = "203.0.113.7") -> None:
    async def act(context):
        context = replace(context, client=Client(address, "", None))
        for _ in range(times):
            async with context.db.transaction():
                await activities.record(context, kinds.LoginRefused("wrong password"), who, who)

    installation.run(act)


def entries(installation):
    return rows(installation, "SELECT action, subject, detail FROM activity WHERE number > 0 ORDER BY number")


def test_the_first_ten_refusals_in_an_hour_get_an_entry_each_the_others_are_counted(installation):
    refuse(installation, 10)
    assert len(entries(installation)) == 10
    installation.clock.forward(3599)
    refuse(installation, 15)
    assert len(entries(installation)) == 10


def test_the_first_refusal_after_the_hour_writes_how_many_were_counted(installation):
    refuse(installation, 25)
    installation.clock.forward(3600)
    refuse(installation, 1)
    assert entries(installation)[10:] == [
        ("login.refusals_counted", "alice", '{"number": "15"}'),
        ("login.refused", "alice", '{"cause": "wrong password"}'),
    ]


def test_the_hourly_task_writes_it_if_nobody_is_refused_any_more_and_once(installation):
    refuse(installation, 12)
    installation.run(activities.record_counts)
    assert len(entries(installation)) == 10, "the hour goes on"
    installation.clock.forward(3600)
    for _ in range(2):
        installation.run(activities.record_counts)
    assert entries(installation)[10:] == [("login.refusals_counted", "alice", '{"number": "2"}')]


def test_ten_or_fewer_leave_nothing_to_count(installation):
    refuse(installation, 10)
    installation.clock.forward(3600)
    refuse(installation, 1)
    installation.clock.forward(3600)
    installation.run(activities.record_counts)
    assert {action for action, *_ in entries(installation)} == {"login.refused"}
    assert len(entries(installation)) == 11


def test_users_are_counted_apart_and_unknown_names_per_network(installation):
    refuse(installation, 11)
    refuse(installation, 11, Principal(8, "bob"))
    refuse(installation, 11, UNKNOWN_USER)
    refuse(installation, 11, UNKNOWN_USER, "198.51.100.9")
    refuse(installation, 6, UNKNOWN_USER, "2001:db8::1")
    refuse(installation, 6, UNKNOWN_USER, "2001:db8::2")
    subjects = [subject for _, subject, _ in entries(installation)]
    assert subjects == ["alice"] * 10 + ["bob"] * 10 + ["unknown user"] * 30


@pytest.mark.parametrize("cause", ["unknown user", "sso: no state"])
def test_unknown_names_from_the_networks_of_one_ipv6_customer_are_counted_together(installation, cause):
    """/64 after /64: 40 entries from a /56, 160 from a /48; one entry tells the rest."""

    async def act(context):
        for number in range(240):
            # Sixteen /64 of each of fifteen /56, one attempt in each.
            client = Client(f"2001:db8:1:{number // 16:02x}{number % 16:02x}::1", "", None)
            async with context.db.transaction():
                await activities.record(
                    replace(context, client=client), kinds.LoginRefused(cause), UNKNOWN_USER, UNKNOWN_USER
                )

    async def one_56(context):
        for number in range(60):
            client = Client(f"2001:db8:2:{number:04x}::1", "", None)
            async with context.db.transaction():
                await activities.record(
                    replace(context, client=client), kinds.LoginRefused(cause), UNKNOWN_USER, UNKNOWN_USER
                )

    installation.run(act)
    assert len(entries(installation)) == 160
    installation.run(one_56)
    assert len(entries(installation)) == 160 + 40
    installation.clock.forward(3600)
    installation.run(activities.record_counts)
    counted = sorted(detail for action, _, detail in entries(installation) if action == "login.refusals_counted")
    assert counted == ['{"number": "20"}', '{"number": "80"}']
