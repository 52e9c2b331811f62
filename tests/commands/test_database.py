"""`migrate`, and what every command refuses: a missing key, a newer database, a data folder that is none."""

from db.revisions import head
from tests import postgres
from tests.server import Server, changes, command, refused, rows


def test_migrate_makes_the_folder_for_its_owner_alone_and_says_when_there_is_nothing_to_do(tmp_path):
    folder = tmp_path / "deep" / "data"
    assert command(folder, "migrate").out == "The database was brought to the current schema.\n"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert {"two_keys.sqlite3", "secret_key"} <= set(modes)
    assert set(modes.values()) == {"0o600"}, modes
    assert command(folder, "migrate").out == "The database is up to date.\n"


def test_without_its_key_the_database_is_not_opened_and_no_new_key_is_made(folder):
    (folder / "secret_key").unlink()
    for arguments in (("migrate",), ("serve", "--port", "1"), ("verify-activity-log",)):
        said = refused(folder, *arguments)
        assert "the key of this database (fingerprint" in said
        assert "restore" in said
        assert "TWO_KEYS_SECRET_KEYS" in said
    assert not (folder / "secret_key").exists()


def test_with_another_key_the_database_is_not_opened(folder):
    (folder / "secret_key").write_text("f" * 64 + "\n")
    said = refused(folder, "two-factor", "on")
    assert "(fingerprint " in said
    assert f"restore {folder / 'secret_key'} from your backup" in said
    assert rows(folder, "SELECT value FROM settings WHERE name = 'two_factor'") == [("off",)]
    (folder / "secret_key").write_text("\n")
    assert "does not hold a key" in refused(folder, "migrate")


def test_the_key_may_stand_in_the_environment_beside_a_new_one(folder):
    key = (folder / "secret_key").read_text().strip()
    (folder / "secret_key").unlink()
    assert command(folder, "verify-activity-log", TWO_KEYS_SECRET_KEYS=f"{'n' * 32},{key}").status == 0
    assert "is missing" in refused(folder, "verify-activity-log", TWO_KEYS_SECRET_KEYS="n" * 32)


def test_a_database_from_a_newer_version_is_refused(folder):
    changes(folder, "UPDATE alembic_version SET version_num = '9999'")
    said = refused(folder, "migrate")
    assert "9999" in said
    assert "newer than this program" in said


def test_what_is_no_database_is_refused(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "two_keys.sqlite3").write_text("This is a shopping list, not a database. " * 100)
    assert "cannot open the database" in refused(folder, "migrate")
    assert (folder / "two_keys.sqlite3").read_text().startswith("This is a shopping list")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is not a folder" in refused(tmp_path / "file", "migrate")
    refused(tmp_path / "file" / "below", "migrate")


def test_serve_may_be_told_not_to_migrate(tmp_path, folder):
    if not postgres.in_use():
        # there, tests find databases that are migrated
        new = tmp_path / "new"
        new.mkdir(mode=0o700)
        assert "does not have the current schema: run migrate first" in refused(new, "serve", "--no-migrate")
    changes(folder, "UPDATE alembic_version SET version_num = '0021'")
    assert "run migrate first" in refused(folder, "serve", "--no-migrate")
    assert rows(folder, "SELECT version_num FROM alembic_version") == [("0021",)]
    changes(folder, f"UPDATE alembic_version SET version_num = '{head()}'")
    with Server(folder, "--no-migrate") as server:
        assert server.get("/login")[0] == 200
