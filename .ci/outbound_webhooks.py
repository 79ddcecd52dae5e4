"""Holds our signatures of webhooks against the library of the Standard Webhooks specification."""

import base64
import json
import os
import subprocess
import sys
import time

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SIGN = sys.argv[1]
BODIES = [
    "{}",
    '{"type": "order.placed", "data": {"order_id": 7}}',
    json.dumps({"type": "x", "data": {"name": "Ɛsi Ærø 日本 \U0001f600"}}, ensure_ascii=False),
    json.dumps({"data": "x" * 100_000}),
]


def secret(length):
    return "whsec_" + base64.b64encode(os.urandom(length)).decode()


def headers(secrets, body, at):
    answer = subprocess.run(
        [SIGN, ",".join(secrets), "evt_1", str(at)],
        input=body.encode(), capture_output=True, check=True)
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(at),
        "webhook-signature": answer.stdout.decode().strip(),
    }


def is_good(secret, body, sent):
    try:
        Webhook(secret).verify(body, sent)
        return True
    except WebhookVerificationError:
        return False


checked = 0
for length in (24, 32, 64):
    for body in BODIES:
        old, new, other = secret(length), secret(length), secret(length)
        now = int(time.time())
        sent = headers([new, old], body, now)
        assert is_good(new, body, sent), "the new secret"
        assert is_good(old, body, sent), "the old secret, while both are valid"
        assert not is_good(other, body, sent), "a secret of somebody else"
        assert not is_good(new, body + " ", sent), "another body"
        assert not is_good(new, body, headers([new], body, now - 400)), "too old"
        checked += 5
print(f"{checked} signatures checked")
