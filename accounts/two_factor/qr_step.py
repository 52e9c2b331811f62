"""The QR step: what a pending set-up shows until it is confirmed, cancelled or expired."""

from dataclasses import dataclass
from typing import Literal

from accounts.context import Context
from accounts.limits import SET_UP_SECONDS, SET_UP_WRONG_CODES
from accounts.sessions import Current
from accounts.two_factor import attempts, totp
from accounts.vault import Unreadable
from db import clock
from db.authenticators import Purpose, SetUp


@dataclass(frozen=True)
class Pending:
    """A set-up that is not confirmed yet: the QR step."""

    # In base32.
    key: str
    # otpauth://…
    uri: str
    tries_left: int
    purpose: Literal["first", "replace", "add"]
    # The phone's name as it was typed; None: not typed yet.
    name: str | None


@dataclass(frozen=True)
class Step:
    """What the QR step of a set-up shows. `others`: how many authenticators the user has."""

    purpose: Purpose
    name: str
    wrong_codes: int
    others: int


def pending(context: Context, current: Current, set_up: SetUp | None, others: int) -> Pending | None:
    """The session's pending set-up: the same key until it is confirmed, cancelled or expired.

    `others`: how many authenticators the user has.
    None also if its key cannot be decrypted, or if it adds an authenticator while they are locked.
    """
    now = context.now
    if set_up is None or not current.function_on or not clock.is_since(set_up.started_at, now - SET_UP_SECONDS, now):
        return None
    if set_up.purpose == "add" and current.session.codes_blocked_at is not None:
        return None
    key = key_of(context, set_up)
    step = Step(set_up.purpose, set_up.name, set_up.wrong_codes, others)
    return pending_step(context, current, key, step) if key else None


def key_of(context: Context, set_up: SetUp) -> str | None:
    associated_data = attempts.associated_data(set_up.user_id)
    try:
        return context.vault.decrypt(set_up.key_id, set_up.encrypted_key, associated_data).decode()
    except Unreadable:
        return None


def pending_step(context: Context, current: Current, key: str, step: Step) -> Pending:
    account = totp.Account(current.session.username, context.host, _label_of_phone(current, step))
    return Pending(
        key=key,
        uri=totp.uri(key, account, context.organisation),
        tries_left=SET_UP_WRONG_CODES - step.wrong_codes,
        purpose=step.purpose if current.set_up else "first",
        name=step.name or None,
    )


def _label_of_phone(current: Current, step: Step) -> str:
    """What tells the entry in the app from those of the user's other phones: the name, else a number."""
    if not current.set_up:
        return ""
    return step.name or (str(step.others + 1) if step.purpose == "add" else "")
