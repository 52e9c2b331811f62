"""The command `import-users`: users from a CSV file, all or nothing, every bad line named with its reason."""

import re
from pathlib import Path

import pytest

from tests.server import PASSWORD, Server, command, copied, rows

HEADING = "username,name,email,company,unit,role,login_method\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """bob, the only administrator, and alice, a member in Sales. Not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "data"
    for arguments in (("bob", "--role", "Administrator"), ("alice", "--name", "Alice", "--unit", "Sales")):
        assert command(folder, "create-user", *arguments).status == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path / "data")


def imports(folder: Path, content: str | bytes):
    path = folder.parent / "users.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return command(folder, "import-users", str(path))


def roles_of(folder: Path, username: str) -> list[object]:
    sql = (
        "SELECT o.name FROM users u JOIN user_roles r ON r.user_id = u.id JOIN roles o ON o.id = r.role_id"
        " WHERE u.username = '{}' ORDER BY 1"
    )
    return [name for (name,) in rows(folder, sql.format(username))]


def test_it_adds_and_updates_and_says_how_many(folder):
    done = imports(
        folder,
        HEADING
        + "dora,Dora Diaz,dora@example.org,Acme,IT,Member; auditor,password\n"
        + "alice,Alice Arden,alice@example.org,Acme,,User manager,\n"
        + "Erik,,,,,,sso\n",
    )
    assert done.status == 0, done.err
    assert "2 new, 1 changed, 0 unchanged." in done.out
    assert "Checking … 3" in done.err
    assert rows(folder, "SELECT name, email, company, unit FROM users WHERE username = 'alice'") == [
        ("Alice Arden", "alice@example.org", "Acme", "")
    ]
    assert roles_of(folder, "alice") == ["User manager"]
    assert roles_of(folder, "dora") == ["Auditor", "Member"]
    assert roles_of(folder, "erik") == []
    assert rows(folder, "SELECT name, login_method, password_hash FROM users WHERE username = 'erik'") == [
        ("erik", "sso", None)
    ]


def test_a_missing_column_leaves_as_is_and_new_users_are_members(folder):
    done = imports(folder, "unit,username\nWorks,alice\nWorks,dora\n")
    assert done.status == 0, done.err
    assert rows(folder, "SELECT username, name, unit FROM users WHERE unit = 'Works' ORDER BY 1") == [
        ("alice", "Alice", "Works"),
        ("dora", "dora", "Works"),
    ]
    assert roles_of(folder, "alice") == roles_of(folder, "dora") == ["Member"]


def test_the_same_file_again_changes_nothing(folder):
    content = HEADING + "dora,Dora,,,IT,Member,password\n"
    imports(folder, content)
    before = rows(folder, "SELECT count(*) FROM activity")
    assert "0 new, 0 changed, 1 unchanged." in imports(folder, content).out
    assert rows(folder, "SELECT count(*) FROM activity") == before


def test_a_mark_of_byte_order_windows_line_ends_blank_lines_and_quotes_are_fine(folder):
    done = imports(folder, '\ufeffusername,name\r\n\r\n"dora","Diaz, ""Dora"""\r\n')
    assert done.status == 0, done.err
    assert rows(folder, "SELECT name FROM users WHERE username = 'dora'") == [('Diaz, "Dora"',)]


def test_every_bad_line_is_named_and_nothing_is_stored(folder):
    done = imports(
        folder,
        HEADING
        + "good,,,,,,\n"
        + "  ,,,,,Member,\n"
        + "good,,,,,,\n"
        + "mail,,not an address,,,,\n"
        + "role,,,,,Emperor,\n"
        + "method,,,,,,ldap\n"
        + "alice,,,,,,sso\n"
        + "few,cells\n"
        + '"quote,,,,,,\n'
        + "command line,,,,,,\n"
        + f"long,{'x' * 201},,,,,\n",
    )
    assert done.status == 1
    for line, reason in (
        (3, "username '' has neither a letter nor a digit"),
        (4, "the same username is in line 2"),
        (5, "'not an address' is not an e-mail address"),
        (6, "there is no role 'Emperor'"),
        (7, "the login method 'ldap' is neither password nor sso"),
        (8, "exists with the login method password, which an import does not change"),
        (9, "different numbers of cells: 2, 7"),
        (10, "is not CSV"),
        (11, "username 'command line' is reserved"),
        (12, "name is too long"),
    ):
        assert f"line {line}: " in done.err
        assert reason in done.err
    assert "10 of 11 lines cannot be imported; nothing was changed" in done.err
    assert rows(folder, "SELECT count(*) FROM users") == [(2,)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        (HEADING, "the file has no line with a user"),
        ("name,unit\nx,y\n", "no column username and none with e-mail addresses, but these: name, unit"),
        ("username,name,name\nx,y,z\n", "'name' appears twice"),
        (b"username,name\nx,\xff\n", "line 2: the line is not UTF-8"),
        (b"PK\x03\x04\x14\x00", "this is a workbook"),
        ("username,name\nx," + "y" * 20_000, "longer than 16 KiB"),
        (b"username\n\x00\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder, content, reason):
    done = imports(folder, content)
    assert done.status == 1
    assert reason in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "content",
    ["name,unit,unit\nx,y,y\nz,y,y\n", "username,name,name,email,mail,mail,email\n" + "x,,,,,,\n" * 4],
)
def test_complaints_about_the_heading_are_not_counted_as_lines(folder, content):
    done = imports(folder, content)
    assert done.status == 1
    assert done.err.count("line 1: ") == 2
    assert "the file cannot be imported; nothing was changed" in done.err
    assert "of" not in done.err.splitlines()[-1].split()


def test_it_says_how_it_read_the_file(folder):
    done = imports(folder, "Benutzername;Vorname;Nachname;Schuhgröße;\ndora;Dora;Diaz;38;\n1.23457E+11;;;;\n")
    assert done.status == 0, done.err
    assert (
        "Read as UTF-8, separated by semicolons: 'Benutzername' as username, 'Vorname' as first_name,"
        " 'Nachname' as last_name."
    ) in done.err
    assert "Passed over: 'Schuhgröße'." in done.err
    assert "Warning: line 3: the username '1.23457E+11' looks like a number" in done.err
    assert rows(folder, "SELECT name FROM users WHERE username = 'dora'") == [("Dora Diaz",)]


def test_nobody_is_locked_out(folder):
    done = imports(folder, "username,role\nbob,Member\n")
    assert done.status == 1
    assert "at least one user who can sign in must be able to edit general settings and roles" in done.err
    assert roles_of(folder, "bob") == ["Administrator"]
    assert imports(folder, "username,role\nalice,Administrator\nbob,Member\n").status == 0


def test_the_log_says_who_was_added_and_what_changed_and_is_whole(folder):
    imports(folder, "username,name,role\nalice,Alice Arden,Auditor\ndora,,\n")
    entries = rows(folder, "SELECT actor, action, subject, before, after FROM activity ORDER BY number DESC LIMIT 3")
    assert entries == [
        ("command line", "users.imported", "", "", ""),
        ("command line", "user.created", "dora", "", "password"),
        (
            "command line",
            "user.imported",
            "alice",
            '{"name": "Alice", "role": "Member"}',
            '{"name": "Alice Arden", "role": "Auditor"}',
        ),
    ]
    assert "whole" in command(folder, "verify-activity-log").out


def test_the_figures_follow(folder):
    imports(folder, "username,unit,login_method\ndora,IT,\nerik,IT,sso\nalice,IT,\n")
    assert rows(folder, "SELECT set_up, not_set_up, not_joined FROM adoption") == [(0, 2, 2)]
    assert rows(folder, "SELECT unit, not_set_up, not_joined FROM adoption_by_unit WHERE unit = 'IT'") == [("IT", 1, 2)]


def test_who_was_imported_is_found_by_the_search(folder):
    imports(folder, "username,name,email\ndora,Dora Diaz,dd@example.org\nalice,Zenobia,\n")
    assert command(folder, "set-password", "bob", "--password-stdin", typed=PASSWORD).status == 0
    with Server(folder) as server:
        cookie = server.signs_in("bob", PASSWORD)
        for typed, username in (("diaz", "dora"), ("zenobia", "alice")):
            page = server.get(f"/users?q={typed}", cookie)[1]
            assert re.findall(r'</a><span class="muted"><bdi>(\w+)</bdi></span></th>', page) == [username]
