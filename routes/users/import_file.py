"""Users from an uploaded file: the preview, then the import."""

from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.login import reauthentication
from accounts.user_import import upload as user_upload
from accounts.user_import.apply import Report
from accounts.user_import.csv_file import COLUMNS, Bad
from routes.web import part
from routes.web.reauthentication import Reauthentication
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of, keep_token

PATH = "/users/import"
MULTIPART = "multipart/form-data"
MOST_SHOWN = 200  # bad lines on the page


@dataclass(frozen=True)
class Example:
    line: int
    username: str
    before: str  # "": new
    after: str


@dataclass(frozen=True)
class UserImport:  # users/_user_import.html  #user-import
    state: Literal["choose", "preview", "done"]
    problem: Literal["", "no_file", "gone", "refused"]  # refused: what was fine in the preview is not any more
    columns: tuple[str, ...]
    most_lines: int
    id: int
    file_name: str
    new: int
    changed: int
    unchanged: int
    bad: int
    problems: tuple[Bad, ...]
    examples: tuple[Example, ...]
    proof: Reauthentication | None
    mail: bool = False  # there is a mail server


@dataclass(frozen=True)
class ImportPage(part.Page):
    template = "users/import.html"
    user_import: UserImport


async def show(request: Request) -> Response:
    """The form, or the file that waits in this session."""
    return await _page(request, await user_upload.under_way(context_of(request), current_of(request)))


async def _page(
    request: Request,
    kept: user_upload.Kept | None,
    *,
    asked: Reauthentication | None = None,
    problem: Literal["", "no_file", "gone", "refused"] = "",
    status: int = 200,
) -> Response:
    report = kept.report if kept else Report()
    if kept and asked is None and not report.bad and not kept.imported:
        lacks = reauthentication.missing(context_of(request), current_of(request))
        asked = Reauthentication(lacks.password, lacks.code) if lacks.password or lacks.code else None
    shown = UserImport(
        state="choose" if kept is None else "done" if kept.imported else "preview",
        problem=problem,
        columns=COLUMNS,
        most_lines=user_upload.MOST_LINES,
        id=kept.id if kept else 0,
        file_name=kept.file_name if kept else "",
        new=report.new,
        changed=report.changed,
        unchanged=report.unchanged,
        bad=report.bad,
        problems=tuple(report.problems[:MOST_SHOWN]),
        examples=tuple(Example(*example) for example in report.examples),
        proof=asked,
        mail=config_of(request).mail is not None,
    )
    return part.render(request, ImportPage(shown), part="user_import", status=status)


async def upload(request: Request) -> Response:
    """Takes a file and leads to its preview. The guard has seen the permission before any of the file is read."""
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != MULTIPART:
        raise HTTPException(400, "form")
    context, current = context_of(request), current_of(request)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _page(request, None, problem="no_file", status=422)
        await user_upload.keep(context, current, file.filename, file.file)
    return redirect(request, PATH)


async def confirm(request: Request) -> Response:
    """Imports the previewed file, after the proof."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    number = form["id"]
    kept = await user_upload.under_way(context, current)
    if kept is None or number != str(kept.id):
        return await _page(request, kept, problem="gone", status=409)
    if not kept.imported:
        proved = await reauthentication.reauthenticate(
            context, current, reauthentication.Typed(form["password"], form["code"])
        )
        if isinstance(proved, reauthentication.Needed):
            return await _page(request, kept, asked=part.proof_of(proved), status=part.refusal_status(proved))
        keep_token(request, proved.session_token)
    done = await user_upload.confirm(context, current, kept.id)
    if done == "gone":
        return await _page(request, None, problem="gone", status=409)
    if not done.imported:
        return await _page(request, done, problem="refused", status=409)
    return await _page(request, done) if part.wants_part(request) else redirect(request, PATH)


async def cancel(request: Request) -> Response:
    """Lets go of the file, and shows the form again."""
    await fields_of(request)
    await user_upload.cancel(context_of(request), current_of(request))
    return await _page(request, None) if part.wants_part(request) else redirect(request, PATH)
