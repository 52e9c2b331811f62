"""The command `check-mail`: sends one e-mail and says what is wrong."""

from pathlib import Path

import pytest

from tests.mail_server import MailServer, certificate
from tests.server import command, free_port


def checked(folder: Path, url: str, to: str = "alice@example.org", **more: str) -> tuple[int, str]:
    done = command(folder, "check-mail", to, TWO_KEYS_SMTP_URL=url, TWO_KEYS_MAIL_FROM="keys@example.org", **more)
    assert "Traceback" not in done.err
    return done.status, done.out + done.err


def test_check_mail_sends_a_letter(tmp_path, server):
    status, said = checked(tmp_path / "data", f"smtp://localhost:{server.port}")
    assert (status, server.received[0].subject) == (0, "Two Keys: the mail server works")
    assert "localhost took the letter to alice@example.org" in said
    assert not (tmp_path / "data").exists(), "it needs no database"


def test_check_mail_says_what_is_wrong(tmp_path, server):
    folder = tmp_path / "data"
    here = f"smtp://localhost:{server.port}"
    assert "no mail server is configured" in command(folder, "check-mail", "a@b.c").err
    assert "was not found" in checked(folder, "smtp://no-such-host.invalid")[1]
    assert "nobody listens" in checked(folder, f"smtp://localhost:{free_port()}")[1]
    assert "offers no STARTTLS" in checked(folder, here.replace("smtp:", "smtp+starttls:"))[1]
    assert "no encrypted connection" in checked(folder, here.replace("smtp:", "smtps:"))[1]
    assert "refused the login" in checked(folder, here.replace("//", "//user:hunter2@"))[1]
    assert "cannot stand in a letter" in checked(folder, here, "alice\r\nBcc: eve@example.org")[1]
    server.answers["keys@example.org"] = "550 not yours"
    assert "refused the sender keys@example.org" in checked(folder, here)[1]
    server.answers = {"alice@example.org": "550 nobody"}
    assert "refused the letter to alice@example.org: 550 nobody" in checked(folder, here)[1]
    server.answers = {"alice@example.org": "451 busy"}
    status, said = checked(folder, here)
    assert status == 1
    assert "may later: 451 busy" in said


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see that smtps:// is TLS from the start
@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_certificates_are_verified(tmp_path, tls):
    own, other = certificate(tmp_path), certificate(tmp_path, "other.example.org")
    scheme = {"tls": "smtps", "starttls": "smtp+starttls"}[tls]
    folder = tmp_path / "data"
    with MailServer(tls=tls, certificate=own, login="keys@example.org:p/w%") as server:
        url = f"{scheme}://keys%40example.org:p%2Fw%25@localhost:{server.port}"
        status, said = checked(folder, url)
        assert status == 1
        assert "certificate of localhost cannot be trusted" in said
        assert checked(folder, url, SSL_CERT_FILE=str(own))[0] == 0
        assert len(server.received) == 1
        said = checked(folder, url.replace("p%2Fw%25", "wrong"), SSL_CERT_FILE=str(own))[1]
        assert "refused the login" in said
        assert "wrong" not in said.replace("what is wrong", "")
    with MailServer(tls=tls, certificate=other) as server:
        said = checked(folder, f"{scheme}://localhost:{server.port}", SSL_CERT_FILE=str(other))[1]
        assert "cannot be trusted" in said
