"""Users from an uploaded file: the preview, then the import."""

from dataclasses import dataclass, replace
from typing import Literal

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.permissions import ROLES_EDIT
from accounts.user_import import upload as user_upload
from accounts.user_import.csv_file import COLUMNS
from accounts.user_import.reader import Report
from routes.web import csv_export
from routes.web.part import Page, Part, answer, wants_part
from routes.web.reauthentication import Reauthentication, asked_at_once, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of

PATH = "/users/import"
MULTIPART = "multipart/form-data"
# Bad rows on the page.
MOST_SHOWN = 200

SAMPLE = (
    ("amara.okafor", "Amara Okafor", "amara.okafor@example.org", "Acme", "Finance", "Member", "password"),
    ("hana.sato", "Hana Satō", "hana.sato@example.org", "Acme", "Client Services", "Member", "sso"),
)

# refused: what was fine in the preview is not any more.
Problem = Literal["", "no_file", "gone", "refused"]


@dataclass(frozen=True, kw_only=True)
class Choose(Part):
    """The form that takes a file, and what a file holds."""

    template = "users/import/choose.html"
    root = "user-import"
    problem: Problem = ""
    columns: tuple[str, ...] = COLUMNS
    most_rows: int = user_upload.MOST_LINES


@dataclass(frozen=True, kw_only=True)
class Preview(Part):
    template = "users/import/preview.html"
    root = "user-import"
    problem: Problem
    id: int
    file_name: str
    report: Report
    needed: Reauthentication | None
    has_mail_server: bool


@dataclass(frozen=True, kw_only=True)
class Done(Choose):
    """What was imported, and the form for another file."""

    template = "users/import/done.html"
    file_name: str
    report: Report
    has_mail_server: bool


@dataclass(frozen=True)
class ImportPage(Page):
    template = "users/import.html"
    user_import: Choose | Preview


async def show(request: Request) -> Response:
    """The form, or the file that waits in this session."""
    kept = await user_upload.under_way(context_of(request), current_of(request))
    return await _answer(request, _state(request, kept))


async def _answer(request: Request, part: Choose | Preview, status: int = 200) -> Response:
    async def page() -> ImportPage:
        return ImportPage(part)

    return await answer(request, part, page, status=status)


def _state(
    request: Request, kept: user_upload.Kept | None, problem: Problem = "", needed: Reauthentication | None = None
) -> Choose | Preview:
    if kept is None:
        return Choose(problem=problem)
    has_mail_server = config_of(request).mail is not None
    report = replace(kept.report, problems=kept.report.problems[:MOST_SHOWN])
    if kept.imported:
        return Done(problem=problem, file_name=kept.file_name, report=report, has_mail_server=has_mail_server)
    return Preview(
        problem=problem,
        id=kept.id,
        file_name=kept.file_name,
        report=report,
        needed=needed or (None if report.bad else asked_at_once(request)),
        has_mail_server=has_mail_server,
    )


async def sample(request: Request) -> Response:
    """A file to fill in. Without the permission to give roles it has no column for them, without a provider no user
    of Single Sign-On.
    """
    left_out = () if ROLES_EDIT in current_of(request).permissions else ("role",)
    names = [column for column in COLUMNS if column not in left_out]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in SAMPLE]
    if config_of(request).sso is None:
        rows = [row | {"login_method": "password"} for row in rows]
    text = csv_export.written([names, *([row[name] for name in names] for row in rows)])
    return csv_export.file("users-sample.csv", csv_export.BYTE_ORDER_MARK + text)


async def upload(request: Request) -> Response:
    """Takes a file and leads to its preview. The guard has seen the permission before any of the file is read."""
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != MULTIPART:
        raise HTTPException(400, "form")
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _answer(request, Choose(problem="no_file"), 422)
        await user_upload.keep(context_of(request), current_of(request), file.filename, file.file)
    return redirect(request, PATH)


async def confirm(request: Request) -> Response:
    """Imports the previewed file."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    kept = await user_upload.under_way(context, current)
    if kept is None or form["id"] != str(kept.id):
        return await _answer(request, _state(request, kept, "gone"), 409)
    if not kept.imported and (needed := await reauthenticate(request, form)):
        return await _answer(request, _state(request, kept, needed=needed), needed.status)
    done = await user_upload.confirm(context, current, kept.id)
    if done == "gone":
        return await _answer(request, Choose(problem="gone"), 409)
    if not done.imported:
        return await _answer(request, _state(request, done, "refused"), 409)
    return await _answer(request, _state(request, done)) if wants_part(request) else redirect(request, PATH)


async def cancel(request: Request) -> Response:
    """Discards the file, and shows the form again."""
    await fields_of(request)
    await user_upload.cancel(context_of(request), current_of(request))
    return await _answer(request, Choose()) if wants_part(request) else redirect(request, PATH)
