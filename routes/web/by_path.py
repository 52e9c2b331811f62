"""Routes by their path: what has no parameters is looked up, instead of asking a hundred routes one after the other."""

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


def ordered(routes: Iterable[Route]) -> list[BaseRoute]:
    """The same routes, those without parameters first."""
    known = list(routes)
    return [
        WithoutParameters([route for route in known if not route.param_convertors]),
        *(route for route in known if route.param_convertors),
    ]


class WithoutParameters(BaseRoute):
    def __init__(self, routes: Iterable[Route]) -> None:
        self._of_path: dict[str, list[Route]] = {}
        for route in routes:
            self._of_path.setdefault(route.path, []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette does: with another method the route fits in part, and answers 405."""
        found: tuple[Match, Scope] = Match.NONE, {}
        for route in self._of_path.get(scope["path"], ()) if scope["type"] == "http" else ():
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return match, {**child_scope, "route": route}
            if found[0] is Match.NONE:
                found = match, {**child_scope, "route": route}
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)
