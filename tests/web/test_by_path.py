"""Routes are found by their path, with and without parameters, and with the methods that they have."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from routes.web.by_path import ordered


async def _say(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {request.scope['route'].path} {request.path_params}")


ROUTES = [
    Route("/things/{id:int}", _say, methods=["GET"]),
    Route("/things", _say, methods=["GET"]),
    Route("/things", _say, methods=["POST"]),
    Route("/things/new", _say, methods=["GET"]),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/things", 200, "GET /things {}"),
        ("POST", "/things", 200, "POST /things {}"),
        ("GET", "/things/new", 200, "GET /things/new {}"),
        ("GET", "/things/7", 200, "GET /things/{id:int} {'id': 7}"),
        ("DELETE", "/things", 405, "Method Not Allowed"),
        ("POST", "/things/7", 405, "Method Not Allowed"),
        ("GET", "/things%0A", 404, "Not Found"),
        ("GET", "/other", 404, "Not Found"),
    ],
)
def test_a_route_is_found(method, path, status, text):
    answer = TestClient(Starlette(routes=ordered(ROUTES))).request(method, path)
    assert (answer.status_code, answer.text) == (status, text)
