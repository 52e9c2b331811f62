"""The outbox worker: one in each process; one at a time holds the lease, reads the activity log and sends.

A process killed after the server accepted an e-mail, but before it is marked, sends it twice, with the same Message-ID.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage

from accounts.context import Context
from accounts.durations import HOUR_SECONDS, MINUTE_SECONDS
from accounts.mail import notices, smtp
from accounts.mail.messages import Composer, IssueUrl, NotSendable, Render
from accounts.mail.smtp import Accepted, Rejected, SmtpConnection, Trouble
from accounts.vault import token
from config import Config
from db import Unavailable, leases, outbox
from db.outbox import QueuedEmail

POLL_SECONDS = 5
# Between attempts while the mail server is down.
LONGEST_PAUSE_SECONDS = 60
# E-mails over one connection, and how long no next one begins over it: then come those that follow from the log.
BATCH, BATCH_SECONDS = 50, 20.0
LEASE, LEASE_SECONDS = "letters", 60
# How long a stop waits for the e-mail in flight.
STOP_SECONDS = 10
# After each failed attempt; after the last one the e-mail has failed.
BACK_OFF_SECONDS = (
    MINUTE_SECONDS,
    5 * MINUTE_SECONDS,
    15 * MINUTE_SECONDS,
    HOUR_SECONDS,
    4 * HOUR_SECONDS,
    12 * HOUR_SECONDS,
)

# What a row of the outbox that is no e-mail leads to.
Handler = Callable[[Context, QueuedEmail], Awaitable[None]]
# A context of the present moment.
Now = Callable[[], Context]

_log = logging.getLogger("two_keys.mail")


class OutboxWorker:
    """Without a mail server nothing is queued and nothing is sent."""

    def __init__(self, config: Config, render: Render, issue_url: IssueUrl, handlers: Mapping[str, Handler]) -> None:
        self.server = config.mail
        self.render = render
        self._composer = Composer(config.mail, render, issue_url) if config.mail else None
        self._own_name = config.host
        self._handlers = handlers
        self._holder = token()
        self._turn = asyncio.Lock()
        self._woken, self._stopping = asyncio.Event(), asyncio.Event()
        self._tls: ssl.SSLContext | None = None

    def wake(self) -> None:
        """Something was queued: the worker does not wait for the next poll."""
        self._woken.set()

    @asynccontextmanager
    async def running(self, context: Now) -> AsyncIterator[None]:
        """Runs the worker. At the end it settles the e-mail in flight and releases the lease for another process."""
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

    async def _work(self, context: Now) -> None:
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                trouble = await self.deliver(context)
            except Exception as error:  # noqa: BLE001  # because a worker that died would take all later e-mails with it
                _log.error("e-mails wait: %s", error, exc_info=not isinstance(error, Unavailable))
                trouble = True
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if trouble else POLL_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await (self._stopping if trouble else self._woken).wait()
            except TimeoutError:
                pass

    async def deliver(self, context: Now) -> bool:
        """Reads the log and sends what is due; both in turns, so that no e-mail about an account waits for all others.

        Returns whether the server gave trouble; at once if another process sends.
        """
        async with self._turn:
            while await self._queue_notices(context):
                work = await self._look(context())
                if not work.due or self._stopping.is_set():
                    return False
                here = context()
                async with here.db.transaction():
                    if not await self._take_lease(here):
                        return False
                if await self._send_batch(context):
                    return True
        return False

    async def _queue_notices(self, context: Now) -> bool:
        """From the log, and from wrong codes. False if another process sends."""
        while (work := await self._look(context())).head > work.read_to:
            here = context()
            async with here.db.transaction():
                if not await self._take_lease(here):
                    return False
                await notices.read_batch(here, work)
        return await self._report_wrong_codes(context())

    async def _report_wrong_codes(self, context: Context) -> bool:
        """False if another process sends."""
        if not await notices.unreported_wrong_codes(context):
            return True
        async with context.db.transaction():
            if not await self._take_lease(context):
                return False
            await notices.report_wrong_codes(context)
        return True

    async def _look(self, context: Context) -> outbox.Work:
        work = await outbox.work(context.db, context.now, BACK_OFF_SECONDS[-1])
        if work.reading_since is None:
            async with context.db.transaction():
                await outbox.begin_reading(context.db, work.head, context.now)
            return await outbox.work(context.db, context.now, BACK_OFF_SECONDS[-1])
        return work

    async def _take_lease(self, context: Context) -> bool:
        return await leases.take(context.db, LEASE, self._holder, context.now, context.now + LEASE_SECONDS)

    async def _send_batch(self, context: Now) -> bool:
        """Sends at most BATCH e-mails over one connection, for BATCH_SECONDS; whether the server gave trouble."""
        assert self.server is not None
        waiting = await outbox.due(context().db, context().now, BATCH, BACK_OFF_SECONDS[-1])
        self._tls = self._tls or await smtp.tls_context()
        # What is not to be sent needs no connection.
        first = await self._next(context, waiting)
        if first is None:
            return False
        async with smtp.connect(self.server, self._tls, self._own_name) as connection:
            if isinstance(connection, Trouble):
                await self._settle(context(), first[0], connection)
                return True
            return await self._send_all(context, connection, first, waiting)

    async def _send_all(
        self, context: Now, connection: SmtpConnection, first: tuple[QueuedEmail, EmailMessage], waiting: list[int]
    ) -> bool:
        """Sends until none waits, the lease is lost or the worker stops; True if the server gave trouble."""
        ready: tuple[QueuedEmail, EmailMessage] | None = first
        until = time.monotonic() + BATCH_SECONDS
        while ready is not None:
            queued, message = ready
            outcome = await connection.send(message)
            # Settled also if this task is cancelled now: the server has the message.
            kept = await asyncio.shield(self._settle(context(), queued, outcome))
            if not kept or isinstance(outcome, Trouble):
                return kept
            ends = self._stopping.is_set() or time.monotonic() > until
            ready = None if ends else await self._next(context, waiting)
        return False

    async def _settle(self, context: Context, queued: QueuedEmail, outcome: Accepted | Rejected | Trouble) -> bool:
        """Stores how an attempt ended and renews the lease; False if another process holds it now."""
        async with context.db.transaction():
            match outcome:
                case Accepted():
                    await outbox.mark_sent(context.db, queued.id, context.now)
                case Rejected(permanent=True):
                    await outbox.mark_failed(context.db, queued.id, context.now, str(outcome))
                case _ if queued.tries >= len(BACK_OFF_SECONDS):
                    await outbox.mark_failed(context.db, queued.id, context.now, str(outcome))
                case _:
                    due_at = context.now + BACK_OFF_SECONDS[queued.tries]
                    await outbox.postpone(context.db, queued.id, due_at, str(outcome))
            kept = await leases.renew(context.db, LEASE, self._holder, context.now + LEASE_SECONDS)
        if not isinstance(outcome, Accepted):
            _log.warning("e-mail %d (%s) was not sent: %s", queued.id, queued.kind, outcome)
        return kept

    async def _next(self, context: Now, waiting: list[int]) -> tuple[QueuedEmail, EmailMessage] | None:
        """Takes ids from `waiting` up to the first e-mail that can be sent; None without one."""
        while waiting:
            prepared = await self._prepare(context(), waiting.pop(0))
            if prepared is not None or self._stopping.is_set():
                return prepared
        return None

    async def _prepare(self, context: Context, email_id: int) -> tuple[QueuedEmail, EmailMessage] | None:
        """An e-mail ready to be sent; None if it must not be (it is marked so), or if a handler took the row."""
        assert self._composer is not None
        queued = await outbox.waiting(context.db, email_id)
        if queued is None:
            return None
        if handle := self._handlers.get(queued.kind):
            await handle(context, queued)
            return None
        composed = await self._composer.compose(context, queued)
        if not isinstance(composed, NotSendable):
            return queued, composed
        async with context.db.transaction():
            await outbox.mark_failed(context.db, email_id, context.now, composed.error)
        return None
