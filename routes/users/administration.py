"""What those who edit users do: add, change, disable, enable, delete, sign out, and hand over a link. The page itself is in users.py."""

from dataclasses import replace
from typing import Literal, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import usernames
from accounts.links import links
from accounts.login import reauthentication
from accounts.users import administration, status, users
from accounts.users.administration import Barred, Details
from db import links as stored_links
from db import users as rows
from db.links import WayIn
from db.reads.user_detail import Detail
from db.users import User
from routes.users import account as account_part
from routes.users import users as users_page
from routes.users.account import Asking, Done, HandedLink, HandedLinkPage, NewUser, NewUserPage, Problem
from routes.web import part
from routes.web.link_urls import link_url
from routes.web.reauthentication import Reauthentication
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of, keep_token, moment

NOTHING_TYPED = NewUser("", "", "", "", "", "password", {}, 0)


async def show_new(request: Request) -> Response:
    """The form that adds a user."""
    return part.render(request, NewUserPage(replace(NOTHING_TYPED, mail=_mail(request))))


def _mail(request: Request) -> bool:
    return config_of(request).mail is not None


async def add(request: Request) -> Response:
    """Adds a user, and mails the link with which they begin; without a mail server or address it is shown, once."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    method = form["login_method"] or "password"
    if method not in ("password", "sso"):
        raise HTTPException(422)
    login_method: Literal["password", "sso"] = "sso" if method == "sso" else "password"
    username, name, email, company, unit = (
        form[field].strip() for field in ("username", "name", "email", "company", "unit")
    )
    new = users.New(username, name, email, company, unit, login_method=login_method, by_mail=_mail(request))
    match await administration.add(context, new, current):
        case users.Created(user_id, _, _, invitation):
            if isinstance(invitation, links.NewLink):
                return await _hand_over(request, user_id, invitation, added=True)
            request.app.state.post.wake()
            return redirect(request, f"/users/{user_id}")
        case administration.Added(user_id):
            return await shown_already(
                request, user_id, "binding" if login_method == "sso" else "invitation", added=True
            )
        case users.Refused("role", "holds_more"):
            raise HTTPException(403, "permission")
        case users.Refused(field, problem):
            problems: dict[str, str] = {"role": "gone"} if field == "role" else {field: problem}
            typed = NewUser(username, name, email, company, unit, login_method, problems, 0, _mail(request))
            if field == "role":  # deleted while the form was being sent
                return part.render(request, NewUserPage(typed), status=409)
            if problem == "taken":
                user = await rows.by_username(context.db, usernames.canonical(username) or "")
                typed = replace(typed, taken_by=user.id if user else 0)
            return part.render(request, NewUserPage(typed), status=422)


async def _hand_over(request: Request, user_id: int, made: links.NewLink, *, added: bool = False) -> Response:
    """The whole page with the link: nobody sees it again."""
    user = await _user(request, user_id)
    url = link_url(config_of(request), made.kind, made.token)
    shown = HandedLink(made.kind, user.id, user.username, user.name, url, moment(made.expires_at), added, 0)
    return part.render(request, HandedLinkPage(account_part.with_provider(request, shown)))


async def shown_already(request: Request, user_id: int, kind: WayIn, *, added: bool = False) -> Response:
    user = await _user(request, user_id)
    found = await stored_links.newest(context_of(request).db, user.id)
    if found and found[1].detail:  # it was mailed: the user's page says where to
        return redirect(request, f"/users/{user.id}")
    newest = found[1].id if found else 0
    return part.render(
        request, HandedLinkPage(HandedLink(kind, user.id, user.username, user.name, "", None, added, newest))
    )


async def _user(request: Request, user_id: int) -> User:
    user = await rows.by_id(context_of(request).db, user_id)
    if user is None:  # deleted while the request was under way
        raise HTTPException(404)
    return user


async def invite(request: Request) -> Response:
    """A new invitation in place of the old one: mailed, or with `show=on` shown to hand over."""
    return await make_link(request, "invitation")


async def bind(request: Request) -> Response:
    """A new link for the first sign-in by Single Sign-On, in place of the old one: mailed or shown likewise."""
    return await make_link(request, "binding")


async def start_password_reset(request: Request) -> Response:
    """A link with which a user who forgot the password chooses another: mailed, or with `show=on` shown to hand over."""
    return await make_link(request, "password_reset")


async def make_link(request: Request, kind: WayIn) -> Response:
    """The page with a new link, unless the form made one already."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    user_id, newest = request.path_params["id"], form["newest"]
    known = int(newest) if newest.isascii() and newest.isdigit() and len(newest) <= 18 else 10**18
    by_mail = _mail(request) and form["show"] != "on"
    made = await administration.hand_over(context, user_id, kind, known, current, by_mail=by_mail)
    match made:
        case links.NewLink():
            return await _hand_over(request, user_id, made)
        case links.SentLink():
            request.app.state.post.wake()
            return redirect(request, f"/users/{user_id}")
        case "shown":
            return await shown_already(request, user_id, kind)
        case "does_not_fit":
            return await _show(request, problem="does_not_fit", status=409)
        case barred:
            return bar(barred)


def bar(barred: Barred) -> NoReturn:
    """Not there any more: 404; not allowed, whatever the reason: 403."""
    raise HTTPException(404) if barred == "gone" else HTTPException(403, "permission")


async def _show(
    request: Request,
    *,
    asking: Asking = "",
    typed: Details | None = None,
    version: str = "",
    problems: dict[str, str] | None = None,
    needed: Reauthentication | None = None,
    problem: Problem = "",
    done: Done = "",
    sessions_ended: int = 0,
    status: int = 200,
) -> Response:
    detail = await users_page.detail_of(request)
    account = await account_part.account_of(request, detail, users_page.may_edit(request, detail))
    shown = replace(
        account,
        asking=asking,
        typed=typed or account.typed,
        version=version or account.version,
        problems=problems or {},
        proof=needed,
        problem=problem,
        done=done,
        sessions_ended=sessions_ended,
    )
    also: tuple[str, ...] = ()
    if done == "saved":
        also = ("shown_user_header", "user_header") if account.own else ("shown_user_header",)
    return await users_page.answer(request, detail, account=shown, part="user_account", also=also, status=status)


async def show_edit(request: Request) -> Response:
    """The form that changes a user."""
    await subject(request, own=True)
    return await _show(request, asking="edit")


async def subject(request: Request, *, own: bool = False) -> Detail:
    """The user on whom the one who asks may act; as things stand now, which the act itself looks at again."""
    detail = await users_page.detail_of(request)
    is_own = detail.user.id == current_of(request).session.user_id
    if not users_page.may_edit(request, detail) or (is_own and not own):
        raise HTTPException(403, "permission")
    return detail


async def change(request: Request) -> Response:
    """Changes a user; another address needs a proof. A field that was not sent stays as it is."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    seen = administration.details_of((await subject(request, own=True)).user)
    wanted = Details(**{name: form[name].strip() if form.all(name) else now for name, now in vars(seen).items()})
    version = form["version"]
    if version and version != administration.version_of(seen):
        return await _show(request, asking="edit", problem="conflict", status=409)
    problems = administration.problems_with(wanted)
    if problems:
        return await _show(request, asking="edit", typed=wanted, problems=problems, status=422)
    if wanted.email != seen.email:
        proved = await reauthentication.reauthenticate(
            context, current, reauthentication.Typed(form["password"], form["code"])
        )
        if isinstance(proved, reauthentication.Needed):
            status, needed = part.refusal_status(proved), part.proof_of(proved)
            return await _show(request, asking="edit", typed=wanted, needed=needed, status=status)
        keep_token(request, proved.session_token)
    match await administration.change(context, request.path_params["id"], seen, wanted, current):
        case "conflict":
            return await _show(request, asking="edit", problem="conflict", status=409)
        case "changed" | "unchanged":
            return await _done(request, "saved")
        case barred:
            return bar(barred)


async def _done(request: Request, done: Done, sessions_ended: int = 0) -> Response:
    if not part.wants_part(request):
        return redirect(request, f"/users/{request.path_params['id']}")
    return await _show(request, done=done, sessions_ended=sessions_ended)


async def ask_disable(request: Request) -> Response:
    """Says what disabling entails, and asks."""
    await subject(request)
    return await _show(request, asking="disable")


async def disable(request: Request) -> Response:
    """Disables a user; their sessions end."""
    match await status.disable(context_of(request), request.path_params["id"], current_of(request)):
        case "disabled":
            return await _done(request, "disabled")
        case "already":
            return await _show(request, problem="already_disabled", status=409)
        case "last_administrator":
            return await _show(request, problem="last_administrator", status=409)
        case barred:
            return bar(barred)


async def enable(request: Request) -> Response:
    """Enables a user."""
    match await status.enable(context_of(request), request.path_params["id"], current_of(request)):
        case "enabled":
            return await _done(request, "enabled")
        case "already":
            return await _show(request, problem="already_enabled", status=409)
        case barred:
            return bar(barred)


async def ask_delete(request: Request) -> Response:
    """Says what deleting entails, and asks."""
    await subject(request)
    return await _show(request, asking="delete")


async def delete(request: Request) -> Response:
    """Deletes a user for good."""
    context, current, by_mail = context_of(request), current_of(request), _mail(request)
    match await status.delete(context, request.path_params["id"], current, by_mail=by_mail):
        case "deleted":
            return redirect(request, "/users")
        case "last_administrator":
            return await _show(request, problem="last_administrator", status=409)
        case barred:
            return bar(barred)


async def end_sessions(request: Request) -> Response:
    """Signs a user out everywhere."""
    ended = await administration.end_sessions(context_of(request), request.path_params["id"], current_of(request))
    if not isinstance(ended, int):
        bar(ended)
    return await _done(request, "sessions_ended", ended)
