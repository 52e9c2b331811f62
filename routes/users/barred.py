"""An act on a user that is not allowed, or not possible any more."""

from starlette.exceptions import HTTPException

from accounts.users.administration import Barred


def refusal(barred: Barred) -> HTTPException:
    """Not there any more: 404. Not allowed, for whatever reason: 403."""
    return HTTPException(404) if barred == "gone" else HTTPException(403, "permission")
