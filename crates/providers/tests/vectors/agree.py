"""The libraries from PyPI say the same of every case that does not depend on the clock."""

import datetime
import json
import sys
import urllib.parse

import razorpay
import stripe
import twilio.request_validator
from standardwebhooks.webhooks import Webhook


def stripe_says(case):
    stripe.WebhookSignature.verify_header(
        case["body"], case["headers"]["stripe-signature"], case["secret"], tolerance=None)
    return True


def razorpay_says(case):
    client = razorpay.Client(auth=("key", "secret"))
    return client.utility.verify_webhook_signature(
        case["body"], case["headers"]["x-razorpay-signature"], case["secret"])


class Form(dict):
    """As the frameworks give it that the library knows."""

    def getlist(self, name):
        return self[name]


def twilio_says(case):
    validator = twilio.request_validator.RequestValidator(case["secret"])
    url = case["public_url"] + case["path_and_query"]
    if case["headers"]["content-type"] == "application/json":
        params = case["body"]
    else:
        params = Form(urllib.parse.parse_qs(case["body"], keep_blank_values=True))
    return validator.validate(url, params, case["headers"]["x-twilio-signature"])


def standard_says(case):
    hook = Webhook(case["secret"])
    hook._Webhook__verify_timestamp = lambda stamp: datetime.datetime.fromtimestamp(
        int(stamp), datetime.timezone.utc)
    hook.verify(case["body"], case["headers"])
    return True


SAYS = {"stripe": stripe_says, "razorpay": razorpay_says, "twilio": twilio_says,
        "standard": standard_says}
# Their clock can't be set.
CLOCK = {"301 seconds old", "302 seconds old", "302 seconds ahead"}

wrong = []
for case in json.load(open(sys.argv[1]))["cases"]:
    try:
        verdict = "genuine" if SAYS[case["source"]](case) else "refused"
    except Exception:
        verdict = "refused"
    if verdict != case["verdict"] and case["name"] not in CLOCK:
        wrong.append(f'{case["source"]}: {case["name"]}: PyPI says {verdict}')
if wrong:
    sys.exit("\n".join(wrong))
