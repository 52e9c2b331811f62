"""A phone: reads the QR code off the screen (zbarimg) and shows codes (oathtool), with none of our code and by the real
clock.
"""

import subprocess
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from tests.programs import needs

STEP_SECONDS = 30


def read_qr(screenshot: bytes) -> str:
    """What the QR code on a picture says."""
    read = subprocess.run(
        [needs("zbarimg"), "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"],
        input=screenshot,
        capture_output=True,
        check=False,
    )
    assert read.returncode == 0, f"zbarimg finds no QR code on the screenshot: {read.stderr.decode()}"
    return read.stdout.decode().strip()


class Phone:
    """An authenticator app with one entry."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp"), address
        self.label = unquote(parts.path.removeprefix("/"))
        self.key = parse_qs(parts.query)["secret"][0]
        self._last_step = 0

    @classmethod
    def with_key(cls, key: str) -> "Phone":
        """A phone into which the key was typed."""
        return cls(f"otpauth://totp/typed?secret={key}")

    def code(self) -> str:
        """A code that this phone has not shown before: of now, or of the next 30 seconds (which is accepted
        already).
        """
        step = max(int(time.time()) // STEP_SECONDS, self._last_step + 1)
        while step > int(time.time()) // STEP_SECONDS + 1:
            time.sleep(0.2)
        self._last_step = step
        return self.code_at(step * STEP_SECONDS)

    def code_at(self, epoch_seconds: int) -> str:
        """What it shows at a moment."""
        moment = datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        shown = subprocess.run(
            [needs("oathtool"), "--totp", "--now", moment, "-b", self.key], capture_output=True, text=True, check=True
        )
        return shown.stdout.strip()
