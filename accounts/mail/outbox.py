"""The outbox's way out: in each process a worker, of which one at a time holds the lease and sends.

A letter is marked as sent right after the server accepted it. Whoever is killed in between leaves one letter that is sent twice,
with the same Message-ID. While the mail server is talked to, no connection of the database is held.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.errors import MessageError
from email.message import EmailMessage

from accounts.context import Context
from accounts.mail import notices, smtp
from accounts.mail.smtp import Accepted, Letter, Line, Rejected, Render, Trouble, Unwritable
from accounts.vault import token
from config import Config
from db import Unavailable, leases, outbox
from settings.mail import MailServer

POLL_SECONDS = 5
LONGEST_PAUSE_SECONDS = 60  # between tries while the mail server is down
BATCH = 50  # letters over one connection
LEASE, LEASE_SECONDS = "letters", 60
STOP_SECONDS = 10  # how long a stop waits for the letter in flight
BACK_OFF_SECONDS = (60, 5 * 60, 15 * 60, 3600, 4 * 3600, 12 * 3600)  # then it failed

MakeLink = Callable[
    [Context, int, notices.LinkKind, int], Awaitable[str]
]  # user's number, kind and number of the link → its address, with a fresh token; "": it is void

# What a row of the outbox that is no e-mail leads to.
Handler = Callable[[Context, outbox.Letter], Awaitable[None]]

_log = logging.getLogger("two_keys.mail")


class OutboxWorker:
    """The letters of this process. Without a mail server nothing leaves and nothing is queued."""

    def __init__(self, config: Config, render: Render, make_link: MakeLink, handlers: Mapping[str, Handler]) -> None:
        self.server = config.mail
        self.render = render
        self._own_name = config.host
        self._make_link = make_link
        self._handlers = handlers
        self._holder = token()
        self._turn = asyncio.Lock()
        self._woken, self._stopping = asyncio.Event(), asyncio.Event()
        self._tls: ssl.SSLContext | None = None

    def wake(self) -> None:
        """Something was queued: do not wait for the next look."""
        self._woken.set()

    @asynccontextmanager
    async def running(self, context: Callable[[], Context]) -> AsyncIterator[None]:
        """While it lasts, letters leave. At the end the one in flight may arrive, and another process may go on at once."""
        if self.server is None:
            yield
            return
        self._stopping.clear()
        working = asyncio.create_task(self._work(context))
        yield
        self._stopping.set()
        self._woken.set()
        await asyncio.wait({working}, timeout=STOP_SECONDS)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        try:
            async with context().db.transaction():
                await leases.release(context().db, LEASE, self._holder)
        except Unavailable as error:
            _log.warning("the lease runs out by itself: %s", error)

    async def _work(self, context: Callable[[], Context]) -> None:
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                trouble = await self.deliver(context)
            except Exception as error:  # noqa: BLE001  # because a worker that died would take all later letters with it
                _log.error("letters wait: %s", error, exc_info=not isinstance(error, Unavailable))
                trouble = True
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if trouble else POLL_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await (self._stopping if trouble else self._woken).wait()
            except TimeoutError:
                pass

    async def deliver(self, context: Callable[[], Context]) -> bool:
        """Reads the log on and sends all that is due; whether the mail server gave trouble. Returns at once if another process sends."""
        async with self._turn:
            while (work := await self._look(context())).head > work.read_to:
                here = context()
                async with here.db.transaction():
                    if not await self._take(here):
                        return False
                    await notices.read_portion(here, work)
            while work.due and not self._stopping.is_set():
                here = context()
                async with here.db.transaction():
                    if not await self._take(here):
                        return False
                if await self._send_batch(context):
                    return True
                work = await self._look(context())
        return False

    async def _look(self, context: Context) -> outbox.Work:
        work = await outbox.work(context.db, context.now)
        if work.reading_since is None:
            async with context.db.transaction():
                await outbox.begin_reading(context.db, work.head, context.now)
            return await outbox.work(context.db, context.now)
        return work

    async def _take(self, context: Context) -> bool:
        return await leases.take(context.db, LEASE, self._holder, context.now, context.now + LEASE_SECONDS)

    async def _send_batch(self, context: Callable[[], Context]) -> bool:
        """At most 50 letters over one connection; whether the server gave trouble, which counts a try for one letter alone."""
        assert self.server is not None
        numbers = await outbox.due(context().db, context().now, BATCH)
        self._tls = self._tls or await smtp.tls_context()
        prepared: tuple[outbox.Letter, EmailMessage] | None = None
        while numbers and prepared is None:  # those that are not to be sent need no connection
            prepared = await self._prepared(context(), numbers.pop(0))
        if prepared is None:
            return False
        async with smtp.line(self.server, self._tls, self._own_name) as line:
            if isinstance(line, Trouble):
                await self._settle(context(), prepared[0], line)
                return True
            while prepared is not None:
                outcome = await self._send(context, line, *prepared)
                if outcome is None or isinstance(outcome, Trouble):
                    return outcome is not None
                prepared = None
                while numbers and prepared is None and not self._stopping.is_set():
                    prepared = await self._prepared(context(), numbers.pop(0))
        return False

    async def _send(
        self, context: Callable[[], Context], line: Line, letter: outbox.Letter, message: EmailMessage
    ) -> Accepted | Rejected | Trouble | None:
        """Sends one letter and settles it, also if this task is cancelled meanwhile; None if the lease is lost."""
        outcome = await line.send(message)
        return outcome if await asyncio.shield(self._settle(context(), letter, outcome)) else None

    async def _settle(self, context: Context, letter: outbox.Letter, outcome: Accepted | Rejected | Trouble) -> bool:
        """Marks how a try ended and renews the lease; whether it is still ours."""
        async with context.db.transaction():
            match outcome:
                case Accepted():
                    await outbox.sent(context.db, letter.id, context.now)
                case Rejected(for_good=True):
                    await outbox.failed(context.db, letter.id, context.now, str(outcome))
                case _ if letter.tries >= len(BACK_OFF_SECONDS):
                    await outbox.failed(context.db, letter.id, context.now, str(outcome))
                case _:
                    due_at = context.now + BACK_OFF_SECONDS[letter.tries]
                    await outbox.try_again(context.db, letter.id, due_at, str(outcome))
            kept = await leases.renew(context.db, LEASE, self._holder, context.now + LEASE_SECONDS)
        if not isinstance(outcome, Accepted):
            _log.warning("letter %d (%s) was not sent: %s", letter.id, letter.letter, outcome)
        return kept

    async def _prepared(self, context: Context, number: int) -> tuple[outbox.Letter, EmailMessage] | None:
        """A letter ready to leave; None, and it is marked, if it is not to be sent (any more)."""
        assert self.server is not None
        letter = await outbox.waiting(context.db, number)
        if letter is None:
            return None
        if handle := self._handlers.get(letter.letter):
            await handle(context, letter)
            return None
        why = _why_not(letter)
        if not why:
            try:
                return letter, await self._composed(context, letter, self.server)
            except (ValueError, MessageError) as error:
                why = f"unsendable: {' '.join(str(error).split())[:300]}"
            except Unwritable as error:
                why = f"unwritable: {error}"
            except _LinkOver:
                why = "link_over"
        async with context.db.transaction():
            await outbox.failed(context.db, number, context.now, why)
        return None

    async def _composed(self, context: Context, letter: outbox.Letter, server: MailServer) -> EmailMessage:
        facts: dict[str, str] = json.loads(letter.facts)
        at = int(facts.pop("at", letter.created_at))
        link = await self._link(context, letter, facts)
        username, name, time_zone = letter.username, letter.name, letter.time_zone
        if letter.user_id is None:  # deleted meanwhile: the letter is about that
            username, name, time_zone = (facts.get(fact) for fact in ("username", "name", "time_zone"))
        written = self.render(Letter(letter.letter, username or "", name or "", time_zone or "", at, facts, link))
        message_id = message_id_of(context, letter.id, letter.created_at)
        return smtp.compose(server, written, letter.address or letter.email or "", message_id, letter.created_at)

    async def _link(self, context: Context, letter: outbox.Letter, facts: dict[str, str]) -> str:
        """The link that a letter holds, made at this moment; "" if it holds none. Raises _LinkOver, Unwritable."""
        kind, number = notices.KINDS[letter.letter].link, facts.pop("link_id", "")
        if not kind:
            return ""
        if letter.user_id is None or not number.isdecimal():
            raise Unwritable(f"its link, of the kind {kind}, is not there")
        link = await self._make_link(context, letter.user_id, kind, int(number))
        if not link:
            raise _LinkOver
        return link


class _LinkOver(Exception):
    """The link of a letter was voided, or does not fit the user any more."""


def message_id_of(context: Context, number: int, created_at: int) -> str:
    """The same at every try, and nobody's to guess."""
    return f"{number}.{context.vault.keyed_hash('message id', f'{number} {created_at}').hex()[:32]}"


def _why_not(letter: outbox.Letter) -> str:
    """Why a letter is not to be sent as things stand when it would leave; "" if it is."""
    if letter.letter not in notices.KINDS:
        return "unwritable: no such letter"
    if not (letter.address or letter.email):
        return "no_address"
    if letter.letter != "reminder":
        return ""
    if letter.two_factor != "on":
        return "function_off"
    if letter.login_method != "password":
        return "sso"
    if letter.disabled_at is not None:
        return "disabled"
    return "has_set_up" if letter.two_factor_at is not None else ""
