"""The command `verify-activity-log`: tampering is found, a rollback with a head kept elsewhere."""

import re

import pytest

from tests.server import changes, command, refused


def heads(out: str) -> list[tuple[str, str]]:
    return re.findall(r"^Head: (\d+) ([0-9a-f]{64})$", out, re.MULTILINE)


def test_verify_activity_log_says_that_it_is_whole_and_where_it_stands(folder):
    done = command(folder, "verify-activity-log")
    assert done.status == 0
    assert "The activity log is whole: 4 entries." in done.out
    assert [number for number, _ in heads(done.out)] == ["4"]


@pytest.mark.parametrize(
    ("tampering", "entry"),
    [
        ("UPDATE activity SET actor = 'bob' WHERE number = 2", 2),
        ("UPDATE activity SET at = at - 1 WHERE number = 1", 1),
        ("DELETE FROM activity WHERE number = 1", 1),
        ("DELETE FROM activity WHERE number = 2", 2),
        ("DELETE FROM activity WHERE number = 3", 3),
        ("DELETE FROM activity", 1),
    ],
)
def test_verify_activity_log_names_the_first_bad_entry(folder, tampering, entry):
    changes(folder, tampering)
    said = refused(folder, "verify-activity-log")
    assert f"the activity log is broken at entry {entry}:" in said


def test_a_forged_head_is_found(folder):
    changes(folder, "UPDATE activity_head SET number = 2, mac = (SELECT mac FROM activity WHERE number = 2)")
    assert "the activity log is broken at entry " in refused(folder, "verify-activity-log")


def test_a_log_cut_off_with_its_head_is_found(folder):
    """Entries and head were rolled back together: the signature of the head is of another one."""
    changes(
        folder,
        "DELETE FROM activity WHERE number = 3",
        "UPDATE activity_head SET number = 2, mac = (SELECT mac FROM activity WHERE number = 2)",
    )
    assert "broken at entry 2: the signature of the head" in refused(folder, "verify-activity-log")


def test_entries_that_were_swapped_or_inserted_are_found(folder):
    changes(
        folder,
        "UPDATE activity SET number = 99 WHERE number = 2",
        "UPDATE activity SET number = 2 WHERE number = 3",
        "UPDATE activity SET number = 3 WHERE number = 99",
    )
    assert "broken at entry 2:" in refused(folder, "verify-activity-log")


def test_a_rollback_is_found_with_a_head_kept_elsewhere(folder, tmp_path):
    before = (folder / "two_keys.sqlite3").read_bytes()
    assert command(folder, "disable-user", "alice").status == 0
    kept = tmp_path / "head"
    kept.write_text(command(folder, "verify-activity-log").out)
    assert command(folder, "verify-activity-log", "--head", str(kept)).status == 0
    for path in folder.glob("two_keys.sqlite3*"):
        path.unlink()
    (folder / "two_keys.sqlite3").write_bytes(before)
    # by itself it cannot know
    assert command(folder, "verify-activity-log").status == 0
    said = refused(folder, "verify-activity-log", "--head", str(kept))
    assert "broken at entry 5: it is missing: the head that was kept elsewhere goes further" in said


def test_a_head_file_with_nonsense_is_refused(folder, tmp_path):
    for nonsense in ("", "hello world", "3 nothex"):
        (tmp_path / "head").write_text(nonsense)
        assert "does not end in a head" in refused(folder, "verify-activity-log", "--head", str(tmp_path / "head"))
    number, mac = heads(command(folder, "verify-activity-log").out)[0]
    other = ("0" if mac[0] != "0" else "1") + mac[1:]
    (tmp_path / "head").write_text(f"{number} {other}\n")
    assert "differs from the head" in refused(folder, "verify-activity-log", "--head", str(tmp_path / "head"))
