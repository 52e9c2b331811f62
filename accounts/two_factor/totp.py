"""The arithmetic of codes: keys, the otpauth URI, the QR code, the time step that a code belongs to."""

import hashlib
import hmac
import re
import secrets
from base64 import b32decode, b32encode
from dataclasses import dataclass
from urllib.parse import quote

import pyotp
import segno

# RFC 6238 5.2. Authenticator apps ignore other figures, and other digits and hashes than 6 and SHA-1.
STEP_SECONDS = 30
DIGITS = 6
# One step before and one after: RFC 6238 5.2 recommends at most one for the delay.
WINDOW_STEPS = 1
# Up to 5 minutes the set-up can tell how wrong the phone's clock is.
CLOCK_STEPS = 10
# 160 bits, as RFC 4226 4 R6 recommends.
KEY_BYTES = 20

_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY_CODE = re.compile(r"[0-9]{20}", re.ASCII)
LONGEST_INPUT = 64


def new_key() -> str:
    """In base32: 32 characters without padding."""
    return b32encode(secrets.token_bytes(KEY_BYTES)).decode()


def read(typed: str) -> tuple[str, str]:
    """The kind of what was typed ("code", "recovery", "empty", "other"), and its digits.

    ASCII spaces and hyphens are removed. Digits other than 0–9 do not count as digits.
    """
    if len(typed) > LONGEST_INPUT:
        return "other", ""
    bare = typed.replace(" ", "").replace("-", "")
    if not bare:
        return "empty", ""
    if _CODE.fullmatch(bare):
        return "code", bare
    if _RECOVERY_CODE.fullmatch(bare):
        return "recovery", bare
    return "other", ""


def step_at(now: int) -> int:
    """The time step of `now` in epoch seconds (RFC 6238 4.2)."""
    return now // STEP_SECONDS


def matching_step(key: str, code: str, now: int, window: int = WINDOW_STEPS) -> int | None:
    """The step within `window` of now that the code belongs to.

    Compares with every one, whichever matches: always the same time.
    """
    totp = _Totp(key)
    found: int | None = None
    for step in range(max(0, step_at(now) - window), step_at(now) + window + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


class _Totp(pyotp.TOTP):
    """The codes of one key of ours, which is decoded once: pyotp decodes it, and checks its length, for each code."""

    digits, interval, digest = DIGITS, STEP_SECONDS, hashlib.sha1

    def __init__(self, key: str) -> None:
        self._key_bytes = b32decode(key)

    def byte_secret(self) -> bytes:
        return self._key_bytes

    @staticmethod
    def int_to_bytestring(i: int, padding: int = 8) -> bytes:
        return i.to_bytes(padding, "big")


def clock_seconds(key: str, code: str, now: int) -> int | None:
    """By how many seconds the phone's clock is fast (+) or slow (−), up to CLOCK_STEPS; None if no step matches."""
    step = matching_step(key, code, now, CLOCK_STEPS)
    return None if step is None else (step - step_at(now)) * STEP_SECONDS


# Characters, percent-encoded: with longer ones phones cannot read the QR code off a screen.
LONGEST_ISSUER, LONGEST_LABEL = 60, 90
# Of the label: what tells entries apart stays when a long username is cut.
LONGEST_HOST, LONGEST_PHONE = 40, 20


@dataclass(frozen=True)
class Account:
    """What an entry in the app is called. `host`: with its port, if it has one. `phone`: "" of the first."""

    username: str
    host: str
    phone: str = ""


def uri(key: str, account: Account, organisation: str) -> str:
    """The otpauth URI (Key URI Format): spaces as %20, the issuer twice, and nothing that apps ignore or fail at."""
    issuer = _quoted(organisation, LONGEST_ISSUER)
    return f"otpauth://totp/{issuer}:{_label(account)}?secret={key}&issuer={issuer}"


def _label(account: Account) -> str:
    """`alice@keys.example.org (Tablet)`: apps replace an entry by one of the same name, or show two alike.

    A colon would end the issuer, percent-encoded or not.
    """
    host = _quoted("@" + account.host.replace("[", "").replace("]", ""), LONGEST_HOST)
    phone = f"%20%28{_quoted(account.phone, LONGEST_PHONE)}%29" if account.phone else ""
    return _quoted(account.username, LONGEST_LABEL - len(host) - len(phone)) + host + phone


def _quoted(name: str, longest: int) -> str:
    """As much of a name, percent-encoded, as `longest` allows: it is only a label."""
    name = name.replace(":", "-")
    while len(quote(name, safe="")) > longest:
        name = name[:-1]
    return quote(name, safe="")


def qr(otpauth: str) -> str:
    """An inline SVG without style attributes, on white, with the quiet zone of 4 modules (ISO/IEC 18004).

    The mask is fixed: to find the best one takes 8–13 ms on the event loop, and every reader reads every mask.
    """
    code = segno.make(otpauth, error="m", micro=False, mask=0, boost_error=False)
    return code.svg_inline(dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr", lineclass=None)
