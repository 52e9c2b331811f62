"""Two Keys: the front door of an organisation. This file is a table of contents."""

if __name__ == "__main__":
    # before the imports below, which commands such as `--help` need not wait for
    from commands import main

    main()

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route, request_response

import config
import db
import routes
from accounts.context import Context
from accounts.places import Full
from accounts.sessions import SessionEnded
from accounts.sso.provider import IdentityProvider
from accounts.system import contact, installation
from commands.running import log_to_standard_output
from routes import mail
from routes.web import access_log, by_path, environment, errors, guard, headers, proxies, static_files
from routes.web.templates import ThemeMistake


def create_app(settings: config.Config, clock: Callable[[], int] = lambda: int(time.time())) -> headers.SecureHeaders:
    """The application. `clock` says what time it is, in epoch seconds."""
    app = Starlette(
        routes=by_path.ordered([*routes.ALL, *(_gallery() if settings.development else [])]),
        middleware=[Middleware(guard.Gate, config=settings)],
        exception_handlers={
            HTTPException: errors.http,
            db.Unavailable: errors.unavailable,
            Full: errors.unavailable,
            SessionEnded: errors.session_over,
            ClientDisconnect: errors.gone,
            ThemeMistake: errors.theme_mistake,
            Exception: errors.failed,
        },
        lifespan=_lifespan,
    )
    # a redirect to the other spelling would hold the Host header's name
    app.router.redirect_slashes = False
    app.router.default = request_response(guard.everyone("-", errors.missing))
    app.state.config, app.state.clock, app.state.sample_data = settings, clock, False
    app.state.contact = contact.NONE
    app.state.files = static_files.Files(settings.development, settings.theme_dir)
    app.state.templates = environment.templates(settings, app.state.files.address)
    app.state.provider = IdentityProvider(settings.sso, settings.base_url) if settings.sso else None
    app.state.proxies = proxies.Watch()
    app.state.outbox = mail.worker(settings, app.state.templates)
    return headers.SecureHeaders(app, settings)


def _gallery() -> list[Route]:
    # Its samples take 2 MB, which only development should carry.
    import gallery

    return routes.gallery(gallery.show, gallery.show_sample)


def create() -> headers.SecureHeaders:
    """For uvicorn's workers, each of which reads the settings anew."""
    log_to_standard_output()
    access_log.to_standard_output()
    return create_app(config.read())


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state = app.state

    def context() -> Context:
        return installation.context_of_system(state.db, state.vault, state.hasher, state.config, state.clock())

    async with (
        installation.opened(state.config) as (state.db, state.hasher, state.vault),
        installation.tidied(context),
        state.outbox.running(context),
    ):
        state.sample_data = await installation.is_demonstration(state.db)
        state.contact = await contact.now(context())
        yield
