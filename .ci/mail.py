"""Takes the worker's mails with aiosmtpd and holds them against Python's own parser and dkimpy."""

import base64
import os
import socket
import subprocess
import sys
from email import policy
from email.parser import BytesParser

import dkim
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

SEND = sys.argv[1]
NAME = "Ɛsi Ærø 日本 Bcc: all@example.com"
KINDS = {"order_confirmed": False, "order_shipped": True}
LOCALES = ("en", "fr", "de")


class Box:
    """Keeps what it is given."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, _server, _session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"


def keys():
    """A private key in PEM and its record in the DNS, of each kind."""
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
           serialization.NoEncryption())
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    yield "ed25519", key.private_bytes(*pem), public
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    yield "rsa", key.private_bytes(*pem), public


def send(port, pem):
    settings = {
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_TLS": "none",
        "SMTP_FROM": "Kofi's Dâta <orders@shop.example>", "SMTP_REPLY_TO": "help@shop.example",
        "SMTP_DKIM_KEY": pem.decode(), "SMTP_DKIM_SELECTOR": "s2026",
    }
    subprocess.run([SEND], env={**os.environ, **settings}, check=True)


def look_at(envelope):
    """Headers, parts and words of one mail."""
    mail = BytesParser(policy=policy.default).parsebytes(envelope.content)
    assert not mail.defects, mail.defects
    kind, locale = envelope.rcpt_tos[0].split("@")[0].split(".")
    assert len(envelope.rcpt_tos) == 1 and mail["Bcc"] is None, "a header was injected"
    (to,) = mail["To"].addresses
    assert (to.display_name, to.addr_spec) == (NAME, envelope.rcpt_tos[0]), to
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.domain) == ("Kofi's Dâta", "shop.example"), sender
    for name in ("Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Reply-To"):
        assert len(mail.get_all(name, [])) == 1, name
        assert "\n" not in mail[name] and mail[name].strip(), name
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Message-ID"].endswith("@shop.example>"), mail["Message-ID"]
    is_one_click = mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert is_one_click == KINDS[kind], kind
    assert ("<https://shop.example/v1/unsubscribe/7>" == mail["List-Unsubscribe"]) == KINDS[kind]

    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    for part, subtype in ((plain, "plain"), (html, "html")):
        assert part.get_content_type() == f"text/{subtype}" and not part.defects
        assert part.get_content_charset() == "utf-8"
    plain, html = plain.get_content(), html.get_content()
    assert "Ɛsi Ærø 日本" in plain and "Ɛsi Ærø 日本" in html
    assert "<b>" not in html and "Dâta" in plain
    if kind == "order_confirmed":
        assert '<b>Tea</b> & "co"' in plain, plain
        assert "&lt;b&gt;Tea" in html, html
    return kind, locale


def is_signed(content, record):
    return dkim.verify(content, dnsfunc=lambda name, timeout=5: record[name])


def free_port():
    """Controller wants to know its port beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


for kind, pem, public in keys():
    box = Box()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        send(server.port, pem)
    finally:
        server.stop()
    seen = {look_at(envelope) for envelope in box.envelopes}
    assert seen == {(kind, locale) for kind in KINDS for locale in LOCALES}, seen
    text = f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}".encode()
    record = {b"s2026._domainkey.shop.example.": text}
    for envelope in box.envelopes:
        content = envelope.content
        assert is_signed(content, record), f"{kind}: the signature is refused"
        assert not is_signed(b"From: eve@example.com\r\n" + content, record), "a second From"
        assert not is_signed(content.replace(b"Subject:", b"Subject: x"), record), "a header"
        assert not is_signed(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:], record), "the body"
    print(f"{kind}: {len(seen)} mails read back and verified")
