"""The system's Firefox without a screen, by WebDriver BiDi: Playwright drives only a Firefox of its own."""

import base64
import itertools
import json
import os
import queue
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.firefox.web_socket import WebSocket
from tests.programs import needs

# for a machine that does other things as well
PATIENCE_SECONDS = 60.0
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# A phone: the only pointer is a finger. No request leaves this machine.
PREFERENCES = {
    "ui.primaryPointerCapabilities": 1,
    "ui.allPointerCapabilities": 1,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "network.proxy.type": 0,
}


class Window:
    """A window of a phone's size."""

    def __init__(self, talk: "Conversation", context: str, address: str) -> None:
        self._talk, self._context, self._address = talk, context, address

    def resize(self, width: int, height: int) -> None:
        self._talk.ask(
            "browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height}
        )

    def open(self, path: str) -> None:
        """Goes there, and waits until the page is loaded."""
        self._talk.ask("browsingContext.navigate", context=self._context, url=self._address + path, wait="complete")

    def run(self, script: str) -> Any:
        """What a function without arguments, or the promise that it returns, comes to: JSON."""
        answer = self._talk.ask(
            "script.callFunction",
            functionDeclaration=f"async () => JSON.stringify(await ({script})() ?? null)",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait_for(self, script: str) -> None:
        """Until a function returns something true."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.run(script):
            assert time.monotonic() < until, f"in vain: {script}\n{self.run('() => document.body.innerText')}"
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        answer = self._talk.ask("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(answer["data"]))


class Conversation:
    """Commands, each with its answer; events are not asked for."""

    def __init__(self, web_socket: WebSocket) -> None:
        self._web_socket, self._numbers = web_socket, itertools.count(1)

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._web_socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._web_socket.receive())).get("id") != number:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]


@contextmanager
def firefox(profile: Path, address: str) -> Iterator[Window]:
    """Its first window, for the pages of the program at `address`. `profile`: an empty folder."""
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen(
        [needs("firefox-esr"), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        # As root it refuses to start with a home folder of another user.
        env={**os.environ, "HOME": str(profile)},
        text=True,
    )
    try:
        with WebSocket(f"{_url(process)}/session", PATIENCE_SECONDS) as web_socket:
            talk = Conversation(web_socket)
            talk.ask("session.new", capabilities={})
            tree = talk.ask("browsingContext.getTree", maxDepth=0)
            yield Window(talk, tree["contexts"][0]["context"], address)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _url(process: subprocess.Popen[str]) -> str:
    """Where it listens, which it writes once it does."""
    said: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                if found := LISTENING.search(line):
                    said.put(found[1])

    threading.Thread(target=listen, daemon=True).start()
    return said.get(timeout=PATIENCE_SECONDS)
