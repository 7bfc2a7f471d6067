"""Mail over encrypted lines with a sign-in, at a real mail server whose certificate a company's own authority has issued."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from engine.clock import SystemClock
from engine.delivery.channels import Channel, ChannelKind
from engine.delivery.guarded import SendFailedError
from engine.delivery.messages import Message
from engine.delivery.sending import send
from tests.engine.delivery.servers import MailServer, mail_server, secure_mail_server

MESSAGE = Message("n1-u1-email", "請辦理「上門」", "R202611-0001：請辦理「上門」")


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    """The company's own authority."""
    return trustme.CA()


@pytest.fixture
def trusted(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts it."""
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def hand_over(server: MailServer, security: str, password: str = "geheim") -> None:
    """Send the message by a channel that leads there."""
    config = {"host": "127.0.0.1", "port": str(server.port), "security": security, "sender": "服務中心 <service@example.com>",
              "username": "svc"}
    channel = Channel(ChannelKind.EMAIL, "mail", config, {"password": password}, may_be_inside=True)
    send(channel, MESSAGE, "ming@example.com", SystemClock().now())


# the server does not know that a line encrypted from the start is one
@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_over_an_encrypted_line_after_signing_in(ca: trustme.CA, security: str) -> None:
    with secure_mail_server(ca, is_tls=security == "tls", user="svc", password="geheim") as server:
        hand_over(server, security)
        (mail,) = server.mails
        assert (mail["Subject"], mail["Message-ID"]) == (MESSAGE.subject, "<n1-u1-email@example.com>")
        assert MESSAGE.text in mail.get_content()  # type: ignore[attr-defined]
        with pytest.raises(SendFailedError, match="535"):
            hand_over(server, security, "falsch")
    assert len(server.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_mail(ca: trustme.CA, security: str) -> None:
    with (
        secure_mail_server(ca, is_tls=security == "tls", user="svc", password="geheim") as server,
        pytest.raises(SendFailedError, match="certificate verify failed"),
    ):
        hand_over(server, security)
    assert server.mails == []


def test_a_server_without_encryption_is_not_talked_to_in_plain_text() -> None:
    with mail_server() as server, pytest.raises(SendFailedError, match="STARTTLS"):
        hand_over(server, "starttls")
    assert server.mails == []
