"""Files as spreadsheets and directories write them, and our own exports, through the upload page."""

import csv
import io
import unicodedata
from itertools import product
from pathlib import Path

import pytest

import routes
from accounts.context import COMMAND_LINE
from accounts.user_import.headings import HEADINGS, Columns, columns_of
from accounts.users import users
from tests.browser import Browser, Installation, Page
from tests.people import Person, somebody
from tests.users.test_user_import import counts, uploads

FIELD = Path(__file__).parent.parent / "field"
NEW = "1"
PASSED_OVER = "Passed over, since they are no field of a user or a better column is there:"


@pytest.fixture
def browser(bob: Person) -> Browser:
    return bob.signs_in()


def columns(page: Page) -> dict[str, str]:
    """Heading → what it becomes."""
    (table,) = [each for each in page.all("#user-import table") if "Column of the file" in "".join(each.itertext())]
    rows = [list(row) for row in table.iter("tr")][1:]
    return {(heading.text or ""): (part.text or "") for heading, part in rows}


# ------------------------------------------------------------------------------------------ files from the field


# File → new users, and what the page says.
FROM_THE_FIELD = {
    "csv-cp1252.csv": (1, ("name Anna Müller", "It was read as Windows-1252, which is a guess", "right: Anna Müller.")),
    "csv-headings-of-entra.csv": (1, ("anna@acme.example", "name Anna Adler", "unit Sales")),
    "csv-line-in-cell.csv": (1, ("Line 2company has a line break within the cell: “Acme Ltd Berlin”",)),
    "csv-macintosh.csv": (2, ("name Anna Adler", "name Ben Bauer")),
    "csv-many-trailing-commas.csv": (1, ("name Anna Adler",)),
    "csv-nbsp-heading.csv": (1, ("name Anna",)),
    "csv-scientific.csv": (1, ("seems to have shortened these usernames", "Line 2: 1.23457E+11")),
    "csv-sep-hint.csv": (1, ("name Anna Adler",)),
    "csv-short-rows.csv": (0, ("Line 2This line and the first line have different numbers of cells: 2, 3.",)),
    "csv-tabs.csv": (1, ("name Anna Adler", "columns separated by tabs")),
    "csv-trailing-comma.csv": (2, ("unit Sales", "name Ben Bauer; unit IT")),
    "csv-unicode-text.txt": (1, ("name Anna Ädler", "UTF-16, columns separated by tabs")),
    "csv-utf16-comma.csv": (1, ("name Anna Ädler", "UTF-16, columns separated by commas")),
}


def test_every_file_from_the_field_is_tried():
    assert set(FROM_THE_FIELD) == {path.name for path in FIELD.glob("csv-*")}


@pytest.mark.parametrize("name", FROM_THE_FIELD)
def test_a_file_from_the_field_is_read_or_refused_with_the_true_reason(browser: Browser, name: str):
    new, said = FROM_THE_FIELD[name]
    page = uploads(browser, (FIELD / name).read_bytes(), name)
    assert counts(page)[0] == str(new)
    for words in said:
        assert words in page.text
    assert ("Errors0" in page.text) == page.offers("/users/import/confirm")


# ------------------------------------------------------------------------------------- encodings, separators, lines


TEXT = "username,name,unit\r\ndora,Dora Müller,Köln\r\nerik,Erik Åberg,Ærø\r\n"


WRITTEN = [
    *product(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"), ("\r\n", "\n", "\r")),
    *product(("cp1252",), ("\r\n", "\n")),
    # Excel on a Mac, "CSV (Macintosh)"
    ("mac_roman", "\r"),
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(("encoding", "line_end"), WRITTEN)
def test_every_encoding_separator_and_line_end_reads_alike(browser: Browser, encoding, line_end, separator):
    text = TEXT.replace("\r\n", line_end).replace(",", separator)
    page = uploads(browser, text.encode(encoding))
    assert counts(page) == ["2", "0", "0", "0"]
    assert "name Dora Müller; unit Köln" in page.text
    assert "name Erik Åberg; unit Ærø" in page.text
    assert ("which is a guess" in page.text) == (encoding in ("cp1252", "mac_roman"))


def test_the_bad_lines_of_a_file_that_is_utf_8_otherwise_are_named(browser):
    page = uploads(browser, "username,name\ndora,Müller\n".encode() + b"erik,M\xfcller\n")
    assert "Line 3The line is not UTF-8, but others are." in page.text


def test_a_damaged_utf_16_line_is_named(browser):
    page = uploads(
        browser, "username,name\r\ndora,".encode("utf-16") + b"\x00\xdc" + "\r\nerik,E\r\n".encode("utf-16-le")
    )
    assert "Line 2The line holds characters that cannot be read." in page.text
    assert counts(page)[0] == "1"


@pytest.mark.parametrize("beginning", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_workbook_is_refused_with_the_true_reason(browser, beginning):
    page = uploads(browser, beginning + bytes(range(256)) * 20, "users.xlsx")
    assert "This is a workbook, not a CSV file." in page.text


@pytest.mark.parametrize("hint", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_hint_for_excel_tells_the_separator(browser, hint):
    page = uploads(browser, f"{hint}\r\nusername\r\ndora;\r\n")
    assert counts(page) == ["1", "0", "0", "0"]
    assert "Line 3" in uploads(browser, f"{hint}\r\nusername;email\r\ndora;nowhere\r\n").text


def test_a_line_break_in_a_column_that_is_passed_over_is_no_error_and_lines_keep_their_numbers(browser):
    page = uploads(browser, 'username,Street,email\r\ndora,"Long Lane 1\r\nLondon",d@example.org\r\nerik,,nowhere\r\n')
    assert counts(page) == ["1", "0", "0", "1"]
    assert "Line 4“nowhere” is not an e-mail address." in page.text


def test_a_quotation_mark_that_never_closes_spoils_its_own_line_alone(browser):
    lines = "".join(f"user{number:03},x\n" for number in range(300))
    page = uploads(browser, f'username,name\n"dora,Dora\n{lines}"erik,E"x\nzoe,Zoe "Z" Z\n')
    assert counts(page) == ["301", "0", "0", "2"]
    assert "Line 2The line is not CSV" in page.text
    assert "Line 303The line is not CSV" in page.text


def test_a_cell_across_two_portions_of_lines_is_one_cell(browser):
    lines = "".join(f"user{number:03},\n" for number in range(98))
    page = uploads(browser, f'username,Address\n{lines}dora,"a\nb\nc"\nerik,\n')
    assert counts(page) == ["100", "0", "0", "0"]


# ------------------------------------------------------------------------------------------------------- headings


HEADINGS_OF_PROGRAMS = {
    "userPrincipalName,displayName,mail,department,companyName,accountEnabled": {
        "username": (0,), "name": (1,), "email": (2,), "unit": (3,), "company": (4,),
    },
    "User name [userPrincipalName] Required,First name [givenName],Last name [surname],Department [department]": {
        "username": (0,), "name": (1, 2), "unit": (3,),
    },
    "SamAccountName,GivenName,Surname,EmailAddress,Company,Department,UserPrincipalName": {
        "username": (6,), "name": (1, 2), "email": (3,), "company": (4,), "unit": (5,),
    },
    "Benutzername,Vorname,Nachname,E-Mail-Adresse,Firma,Abteilung,Rolle": {
        "username": (0,), "name": (1, 2), "email": (3,), "company": (4,), "unit": (5,), "role": (6,),
    },
    "Anmeldename;Vorname;Name".replace(";", ","): {"username": (0,), "name": (1, 2)},
    "Name,Login,E-Mail": {"username": (1,), "name": (0,), "email": (2,)},
    "Last Name,First Name,User ID,E-mail Address,Organizational Unit": {
        "username": (2,), "name": (1, 0), "email": (3,), "unit": (4,),
    },
    "Identifiant,Prénom,Nom,Courriel,Société,Département": {
        "username": (0,), "name": (1, 2), "email": (3,), "company": (4,), "unit": (5,),
    },
    "uid,cn,sn,givenName,mail,ou": {"username": (0,), "name": (1,), "email": (4,), "unit": (5,)},
    "username,name,email,company,unit,role,login method,status,joined,sessions": {
        "username": (0,), "name": (1,), "email": (2,), "company": (3,), "unit": (4,),
        "role": (5,), "login_method": (6,),
    },
}  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS_OF_PROGRAMS)
def test_headings_of_directories_and_spreadsheets_are_understood(heading: str):
    found = columns_of(heading.split(","))
    assert isinstance(found, Columns)
    assert found.places == HEADINGS_OF_PROGRAMS[heading]


def test_a_heading_means_one_thing():
    every = [heading for known in HEADINGS.values() for heading in known]
    assert len(every) == len(set(every))
    for heading in every:
        assert (
            heading == "".join(letter for letter in unicodedata.normalize("NFKD", heading) if letter.isalnum()).lower()
        )


def test_the_preview_says_which_column_became_which_field_and_which_are_passed_over(browser):
    page = uploads(browser, "E-Mail;Mail;Login;Vorname;Nachname;Schuhgröße;;\nd@example.org;x;dora;Dora;Diaz;38;;\n")
    assert columns(page) == {
        "E-Mail": "E-mail address",
        "Login": "Username",
        "Vorname": "Name: the first part",
        "Nachname": "Name: the last part",
    }
    assert f"{PASSED_OVER} Mail, Schuhgröße." in " ".join(page.text.split())
    assert "name Dora Diaz; email d@example.org" in page.text


def test_a_file_without_usernames_says_which_headings_it_has(browser):
    page = uploads(browser, "Phone,Department,Shoe size\n123,IT,44\n")
    assert "no column with usernames or e-mail addresses, but these: Phone, Department, Shoe size" in page.text
    assert counts(page)[3] == "1"


def test_without_usernames_the_e_mail_address_is_the_username(browser):
    page = uploads(browser, "Vorname;Nachname;E-Mail;Abteilung\nDora;Diaz;Dora.Diaz@acme.example;Vertrieb\n")
    assert columns(page)["E-Mail"] == "Username and e-mail address"
    assert "No column has usernames, so the e-mail address becomes the username." in page.text
    assert counts(page)[0] == NEW
    assert "dora.diaz@acme.exampleNewname Dora Diaz; email Dora.Diaz@acme.example; unit Vertrieb" in page.text


# ---------------------------------------------------------------------------------------------- sample and export


def test_the_sample_file_can_be_imported_as_it_is(installation: Installation, browser: Browser):
    assert "/users/import/sample.csv" in browser.get("/users/import").links()
    manager = somebody(installation, "mara", "User manager").signs_in()
    for each in (browser, manager):
        answer = each.client.get("/users/import/sample.csv")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="users-sample.csv"'
        assert answer.content.startswith(b"\xef\xbb\xbfusername,")
        assert counts(uploads(each, answer.content)) == ["2", "0", "0", "0"]


NASTY = ("=1+1", "'=1", "''-x", "-", "a;-b", "A, -b", "'quoted'", '"x"', "@home", "O'Neill", "Grün\u00a0Weiß", "＝x")


def add(installation: Installation, username: str, text: str, email: str) -> None:
    """A user without a password, whose texts are all the same."""
    roles = ("Auditor", "Member")
    new = users.New(username, text or username, email, text, text, roles, invited=True)
    assert isinstance(installation.run(lambda context: users.create(context, new, COMMAND_LINE)), users.Created)


def test_an_export_can_be_imported_again_and_changes_nothing(installation: Installation, browser: Browser, alice, cleo):
    for number, text in enumerate(NASTY):
        add(installation, f"nasty{number}", text, f"-{number}@example.org")
    add(installation, "-dash", "", "")
    answer = browser.client.get("/users.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    page = uploads(browser, answer.content)
    assert counts(page) == ["0", "0", str(len(NASTY) + 4), "0"]
    assert f"{PASSED_OVER} status, joined, set up at" in " ".join(page.text.split())
    # as Excel saves it where lists are separated by semicolons
    saved = io.StringIO()
    csv.writer(saved, delimiter=";").writerows(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert counts(uploads(browser, saved.getvalue().encode("utf-16"))) == counts(page)


def test_the_export_has_every_column(installation: Installation, bob: Person, alice: Person):
    add(installation, "erik", "Acme", "e@example.org")
    alice.signs_in()
    alice.browser = installation.browser()
    alice.signs_in()
    text = bob.signs_in().client.get("/users.csv").content.decode("utf-8-sig")
    found = {row["username"]: row for row in csv.DictReader(io.StringIO(text))}
    assert found["alice"]["sessions"] == "2"
    assert {name: found["erik"][name] for name in ("email", "company", "role", "status", "joined", "sessions")} == {
        "email": "e@example.org",
        "company": "Acme",
        "role": "Auditor;Member",
        "status": "active",
        "joined": "no",
        "sessions": "0",
    }


EXPORTS = [route.path for route in routes.ALL if route.path.endswith(".csv")]


@pytest.mark.parametrize("path", EXPORTS)
def test_every_csv_file_has_a_byte_order_mark(bob, path):
    assert bob.signs_in().client.get(path).content.startswith(b"\xef\xbb\xbf")
