"""Samples of the error pages."""

from gallery.people import ALICE
from gallery.sample import Samples
from routes.web.errors import Error, ErrorPage

SAMPLES: Samples = {
    **{
        f"error {status}": (None, ErrorPage(error=Error(status=status, reason="")))
        for status in (400, 404, 405, 409, 413, 429, 500, 503)
    },
    "error 400, host": (None, ErrorPage(error=Error(status=400, reason="host"))),
    "error 403, permission": (ALICE, ErrorPage(error=Error(status=403, reason="permission"))),
    "error 403, another site": (ALICE, ErrorPage(error=Error(status=403, reason="cross_site"))),
}
