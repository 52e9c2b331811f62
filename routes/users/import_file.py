"""Users from an uploaded file: the preview, then the import."""

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.permissions import ROLES_EDIT
from accounts.user_import import upload as user_upload
from accounts.user_import.csv_file import COLUMNS, Bad
from accounts.user_import.reader import Report
from routes.web import csv_export
from routes.web.part import Page, Part, answer, wants_part
from routes.web.reauthentication import Reauthentication, asked_at_once, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of

PATH = "/users/import"
MULTIPART = "multipart/form-data"
# So many rows with the same mistake are named one by one; more are one entry.
MOST_ALONE = 3

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
    # A file that was previewed and can be imported; "": there is none.
    waiting: str = ""
    waiting_url: str = ""


@dataclass(frozen=True)
class Mistake:
    """Rows with the same mistake: those named, and how many there are."""

    rows: tuple[Bad, ...]
    number: int


@dataclass(frozen=True, kw_only=True)
class Preview(Part):
    template = "users/import/preview.html"
    root = "user-import"
    problem: Problem
    id: int
    file_name: str
    report: Report
    mistakes: tuple[Mistake, ...]
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
    """The form, or this session's file, if the URL names it. Each file has a URL of its own: going back never shows a
    former file as if it were the present one.
    """
    kept = await user_upload.under_way(context_of(request), current_of(request))
    asked = request.query_params.get("file", "")
    if not asked:
        return await _answer(request, _choose(kept))
    if kept is None or asked != str(kept.id):
        return await _answer(request, _choose(kept, "gone"), 410)
    return await _answer(request, _state(request, kept))


def _url(kept: user_upload.Kept) -> str:
    return f"{PATH}?file={kept.id}"


def _choose(kept: user_upload.Kept | None, problem: Problem = "") -> Choose:
    if kept is None or kept.imported or kept.report.bad:
        return Choose(problem=problem)
    return Choose(problem=problem, waiting=kept.file_name, waiting_url=_url(kept))


async def _answer(request: Request, part: Choose | Preview, status: int = 200) -> Response:
    async def page() -> ImportPage:
        return ImportPage(part)

    return await answer(request, part, page, status=status)


def _state(
    request: Request, kept: user_upload.Kept, problem: Problem = "", needed: Reauthentication | None = None
) -> Choose | Preview:
    has_mail_server, report = config_of(request).mail is not None, kept.report
    if kept.imported:
        return Done(problem=problem, file_name=kept.file_name, report=report, has_mail_server=has_mail_server)
    return Preview(
        problem=problem,
        id=kept.id,
        file_name=kept.file_name,
        report=report,
        mistakes=mistakes(report),
        needed=needed or (None if report.bad else asked_at_once(request)),
        has_mail_server=has_mail_server,
    )


def mistakes(report: Report) -> tuple[Mistake, ...]:
    """The bad rows, those with the same mistake together where they are many, in the order of their first rows."""
    found: list[Mistake] = []
    for kind, rows in groupby(sorted(report.problems, key=lambda bad: bad.kind), key=lambda bad: bad.kind):
        named = tuple(rows)
        number = max(report.kinds.get(kind, 0), len(named))
        found += [Mistake(named, number)] if number > MOST_ALONE else [Mistake((bad,), 1) for bad in named]
    return tuple(sorted(found, key=lambda mistake: mistake.rows[0].line))


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
        kept = await user_upload.keep(context_of(request), current_of(request), file.filename, file.file)
    return redirect(request, _url(kept))


async def confirm(request: Request) -> Response:
    """Imports the previewed file."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    kept = await user_upload.under_way(context, current)
    if kept is None or form["id"] != str(kept.id):
        return await _answer(request, _choose(kept, "gone"), 409)
    if not kept.imported and (needed := await reauthenticate(request, form)):
        return await _answer(request, _state(request, kept, needed=needed), needed.status)
    done = await user_upload.confirm(context, current, kept.id)
    if done == "gone":
        return await _answer(request, Choose(problem="gone"), 409)
    if not done.imported:
        return await _answer(request, _state(request, done, "refused"), 409)
    return await _answer(request, _state(request, done)) if wants_part(request) else redirect(request, _url(done))


async def cancel(request: Request) -> Response:
    """Discards the file, and shows the form again."""
    await fields_of(request)
    await user_upload.cancel(context_of(request), current_of(request))
    return redirect(request, PATH)
