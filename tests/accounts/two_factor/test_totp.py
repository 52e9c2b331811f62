"""Codes: the arithmetic of RFC 6238, what counts as a code, the otpauth address and its QR."""

import re
import xml.etree.ElementTree as ET
from base64 import b32decode, b32encode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from accounts.two_factor import totp

RFC_KEY = b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1: the last 6 of its 8 digits (RFC 4226 5.3 truncates to the right)
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
# in step 37037037, whose first second is 1111111110
NOW = 1111111111


@pytest.mark.parametrize(("moment", "code"), RFC_CODES.items())
def test_the_vectors_of_rfc_6238_belong_to_their_step(moment: int, code: str):
    assert totp.matching_step(RFC_KEY, code, moment, window=0) == moment // 30


@pytest.mark.parametrize(
    ("seconds_later", "accepted"), [(-32, False), (-31, True), (-1, True), (0, True), (58, True), (59, False)]
)
def test_a_code_is_good_one_step_before_and_after_its_own(seconds_later: int, accepted: bool):
    step = totp.matching_step(RFC_KEY, RFC_CODES[NOW], NOW + seconds_later)
    assert step == (NOW // 30 if accepted else None)


def test_a_code_of_the_step_before_says_that_step_so_that_it_can_be_spent():
    before = totp.matching_step(RFC_KEY, RFC_CODES[1111111109], NOW)
    now = totp.matching_step(RFC_KEY, RFC_CODES[1111111111], NOW)
    assert (before, now) == (37037036, 37037037)


def test_at_the_beginning_of_time_no_step_lies_before_the_first():
    # RFC 4226 appendix D, count 0
    assert totp.matching_step(RFC_KEY, "755224", 0) == 0


def test_another_key_has_other_codes():
    assert totp.matching_step(b32encode(b"another key of twenty").decode(), RFC_CODES[NOW], NOW) is None


@pytest.mark.parametrize("typed", ["123456", "123 456", "123-456", " 123456 ", "1 2 3 4 5 6", "12-34-56", "-123456-"])
def test_six_digits_are_a_code_with_blanks_and_hyphens_removed(typed: str):
    assert totp.read(typed) == ("code", "123456")


@pytest.mark.parametrize(
    "typed", ["12345678901234567890", "12345 67890 12345 67890", "12345-67890-12345-67890", " 1234567890 1234567890 "]
)
def test_twenty_digits_are_a_recovery_code(typed: str):
    assert totp.read(typed) == ("recovery", "12345678901234567890")


@pytest.mark.parametrize("typed", ["", " ", "-", " - - "])
def test_nothing_but_blanks_and_hyphens_is_empty(typed: str):
    assert totp.read(typed) == ("empty", "")


@pytest.mark.parametrize(
    "typed",
    [
        "12345",
        "1234567",
        "1234567890123456789",
        "123456789012345678901",
        # Arabic-Indic digits, which int() reads
        "١٢٣٤٥٦",
        # full-width digits, which NFKC reads
        "１２３４５６",
        "𝟏𝟐𝟑𝟒𝟓𝟔",
        # which int() reads, too
        "123_456",
        "12345_",
        "+12345",
        "0x1234",
        "1e5000",
        "123.56",
        "abcdef",
        "123456\n",
        "\t123456",
        # not ASCII's blank
        "123\u00a0456",
        # not ASCII's hyphen
        "123\u2011456",
        "12345६",
        "123456\x00",
    ],
)
def test_anything_else_is_no_code(typed: str):
    assert totp.read(typed) == ("other", "")


def test_the_length_is_looked_at_first():
    assert totp.read(" " * 58 + "123456") == ("code", "123456")
    assert totp.read(" " * 59 + "123456") == ("other", "")
    assert totp.read(" " * 65) == ("other", "")


@pytest.mark.parametrize("steps", [*range(-10, -1), *range(2, 11)])
def test_a_clock_that_is_off_by_up_to_ten_steps_is_told_by_how_many_seconds(steps: int):
    # the phone, which is `steps` ahead, shows the code of NOW already then
    typed_at = NOW - steps * 30
    assert totp.clock_seconds(RFC_KEY, RFC_CODES[NOW], typed_at) == steps * 30


@pytest.mark.parametrize("steps", [-11, 11])
def test_a_clock_that_is_off_by_more_is_not_told(steps: int):
    assert totp.clock_seconds(RFC_KEY, RFC_CODES[NOW], NOW - steps * 30) is None


def test_keys_are_160_random_bits_in_base32_without_padding():
    keys = {totp.new_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(re.fullmatch("[A-Z2-7]{32}", key) and len(b32decode(key)) == 20 for key in keys)


ALICE = totp.Account("alice", "keys.example.org")


def test_the_address_names_the_issuer_twice_and_the_user_percent_encoded():
    account = totp.Account("zoë o'neil+1@example.org", "keys.example.org")
    address = totp.uri("GEZDGNBVGY3TQOJQ", account, "Müller & Söhne / 100%")
    assert address.startswith("otpauth://totp/")
    assert not set(address) & set(" +'\"<>ëüö"), "blanks are %20, never +, and nothing is left unencoded"
    parts = urlsplit(address)
    assert unquote(parts.path) == "/Müller & Söhne / 100%:zoë o'neil+1@example.org@keys.example.org"
    assert parse_qs(parts.query) == {"secret": ["GEZDGNBVGY3TQOJQ"], "issuer": ["Müller & Söhne / 100%"]}
    assert parts.path.count(":") == 1, "one colon between issuer and user"


@pytest.mark.parametrize(
    ("account", "label"),
    [
        (ALICE, "alice@keys.example.org"),
        (totp.Account("alice", "keys.example.org", "Tablet"), "alice@keys.example.org (Tablet)"),
        (totp.Account("alice", "keys.example.org", "2"), "alice@keys.example.org (2)"),
        (totp.Account("alice", "localhost:8720"), "alice@localhost-8720"),
        (totp.Account("alice", "[2001:db8::9]:8720"), "alice@2001-db8--9-8720"),
        (totp.Account("a:b", "localhost", "work: old"), "a-b@localhost (work- old)"),
        (totp.Account("alice", "localhost", "Zoë’s"), "alice@localhost (Zoë’s)"),
    ],
)
def test_the_label_tells_host_and_phone_and_holds_no_colon(account: totp.Account, label: str):
    path = urlsplit(totp.uri(RFC_KEY, account, "Two Keys")).path
    assert unquote(path) == f"/Two Keys:{label}"
    assert path.count(":") + path.lower().count("%3a") == 1


@pytest.mark.parametrize("username", ["x" * 128, "ü" * 128, "\U0001f511" * 128])
def test_a_label_that_is_too_long_loses_the_end_of_the_username_and_of_the_phone_alone(username: str):
    label = urlsplit(totp.uri(RFC_KEY, totp.Account(username, "keys.example.org", username), "Two Keys")).path[12:]
    assert len(label) <= totp.LONGEST_LABEL + len(":")
    assert re.search(r".@keys\.example\.org \(.+\)$", unquote(label)), unquote(label)


def test_the_address_holds_nothing_that_apps_stumble_over():
    query = parse_qs(urlsplit(totp.uri(RFC_KEY, ALICE, "Two Keys")).query)
    assert set(query) == {"secret", "issuer"}, "algorithm, digits and period are the defaults, which some apps misread"


def drawing() -> ET.Element:
    return ET.fromstring(totp.qr(totp.uri(RFC_KEY, ALICE, "Two Keys")))


def test_the_qr_is_an_inline_svg_without_styles_or_scripts():
    elements = list(drawing().iter())
    assert elements[0].tag == "svg"
    assert {element.tag for element in elements} == {"svg", "path"}
    allowed = {"viewBox", "class", "fill", "stroke", "d"}
    assert not {name for element in elements for name in element.attrib} - allowed


def dark_modules() -> tuple[int, set[tuple[int, int]]]:
    """The side of the whole drawing, and where it is dark: read off the path as a browser would."""
    svg = drawing()
    side = int(svg.attrib["viewBox"].split()[2])
    dark, x, y = set(), 0.0, 0.0
    for letter, figures in re.findall(r"([mMh])([^mMh]+)", svg[1].attrib["d"]):
        moved = [float(figure) for figure in figures.split()]
        if letter == "h":
            dark |= {(int(x) + right, int(y)) for right in range(int(moved[0]))}
            x += moved[0]
        else:
            x, y = (moved[0], moved[1]) if letter == "M" else (x + moved[0], y + moved[1])
    return side, dark


def test_the_qr_is_black_on_white_whatever_colours_the_page_has():
    svg = drawing()
    side = svg.attrib["viewBox"].split()[2]
    background, modules = svg
    assert background.attrib == {"fill": "#fff", "d": f"M0 0h{side}v{side}h-{side}z"}
    assert modules.attrib["stroke"] == "#000"


def test_the_qr_has_a_quiet_zone_of_four_modules():
    side, dark = dark_modules()
    edges = {value for module in dark for value in module}
    assert (min(edges), max(edges)) == (4, side - 5)
    assert {(4 + step, 4) for step in range(7)} <= dark, "a finder pattern in the corner"
