"""What sends this process's e-mails."""

from starlette.requests import Request

from accounts.mail.outbox import OutboxWorker


def outbox_of(request: Request) -> OutboxWorker:
    worker: OutboxWorker = request.app.state.outbox
    return worker
