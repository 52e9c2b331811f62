"""Samples of the error pages."""

from accounts.system.contact import NONE
from gallery.people import ALICE, CONTACT
from gallery.sample import Samples
from routes.web.errors import Error, ErrorPage

SAMPLES: Samples = {
    **{
        f"error {status}": (None, ErrorPage(Error(status, reason=""), NONE))
        for status in (400, 404, 405, 409, 413, 429, 500, 503)
    },
    **{
        f"error {status}, with a contact": (None, ErrorPage(Error(status, reason=""), CONTACT))
        for status in (404, 500, 503)
    },
    "error 400, host": (None, ErrorPage(Error(400, reason="host"), NONE)),
    "error 403, permission": (ALICE, ErrorPage(Error(403, reason="permission"), CONTACT)),
    "error 403, another site": (ALICE, ErrorPage(Error(403, reason="cross_site"), CONTACT)),
}
