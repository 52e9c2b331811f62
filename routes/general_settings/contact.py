"""General Settings › General: changes whom people ask for help."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from accounts.system import contact
from accounts.system.contact import Contact
from routes.general_settings.contact_card import ContactCard, EditContact, Said
from routes.general_settings.general import general_page
from routes.web.part import answer, wants_part
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, context_of, current_of, fields_of


async def show(request: Request) -> Response:
    return await _answer(request, await _card(request))


async def edit(request: Request) -> Response:
    found = await contact.now(context_of(request))
    return await _answer(request, EditContact(found, found.version, {}, None))


async def save(request: Request) -> Response:
    """Saves the contact. Of two administrators who opened the form, the first one counts."""
    form = await fields_of(request)
    wanted = Contact(form["name"].strip(), form["email"].strip(), form["telephone"].strip())
    if problems := contact.problems_with(wanted):
        return await _answer(request, _form(form, wanted, problems=problems), 422)
    if needed := await reauthenticate(request, form):
        return await _answer(request, _form(form, wanted, needed), needed.status)
    version = form["version"] or (await contact.now(context_of(request))).version
    if await contact.change(context_of(request), version, wanted, current_of(request)) == "conflict":
        return await _answer(request, await _card(request, "conflict"), 409)
    request.app.state.contact = wanted
    if not wants_part(request):
        return redirect(request, "/general-settings")
    return await _answer(request, await _card(request, "saved"))


def _form(
    form: Fields, wanted: Contact, needed: Reauthentication | None = None, problems: Mapping[str, str] | None = None
) -> EditContact:
    return EditContact(wanted, form["version"], problems or {}, needed)


async def _card(request: Request, said: Said = "") -> ContactCard:
    return ContactCard(await contact.now(context_of(request)), said)


async def _answer(request: Request, part: ContactCard | EditContact, status: int = 200) -> Response:
    return await answer(request, part, lambda: general_page(request, part), status=status)
