// Signs webhooks with the senders' own libraries and asks those what they say of each case.
// A case: the request (headers, body, address), the secret, the time, and the library's verdict.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Stripe = require("stripe");
const Razorpay = require("razorpay");
const twilio = require("twilio");
const { Webhook } = require("standardwebhooks");

const NOW = 1_800_000_000;
const cases = [];

function add(source, name, request, verdict) {
  const path_and_query = `/v1/webhooks/${source}`;
  cases.push({ source, name, now: NOW, path_and_query, ...request, verdict });
}

function asks(question) {
  try {
    return question() === false ? "refused" : "genuine";
  } catch {
    return "refused";
  }
}

// Stripe
const stripe = (Stripe.default ?? Stripe)("sk_test_none");
const stripeSecret = "whsec_test_0123456789abcdef";
const stripeBody = JSON.stringify({
  id: "evt_1", object: "event", type: "payment_intent.succeeded", created: NOW,
  data: { object: { id: "pi_1", note: "Kofi Mensah \u2013 \u20b5" } },
});
const stripeHeader = (age, secret = stripeSecret) =>
  stripe.webhooks.generateTestHeaderString({ payload: stripeBody, secret, timestamp: NOW - age });
const tag = (header) => header.split("v1=")[1];
function stripeCase(name, header, body = stripeBody) {
  const verdict = asks(() => stripe.webhooks.constructEvent(
    body, header, stripeSecret, 300, undefined, NOW * 1000));
  const headers = { "stripe-signature": header };
  add("stripe", name, { secret: stripeSecret, headers, body }, verdict);
}
const good = stripeHeader(0);
stripeCase("fresh", good);
stripeCase("300 seconds old", stripeHeader(300));
stripeCase("301 seconds old", stripeHeader(301));
stripeCase("300 seconds ahead", stripeHeader(-300));
stripeCase("far ahead", stripeHeader(-9999));
stripeCase("another secret", stripeHeader(0, "whsec_other"));
stripeCase("a second, wrong signature", `${good},v1=${"0".repeat(64)}`);
stripeCase("a wrong signature first", `t=${NOW},v1=${"0".repeat(64)},v1=${tag(good)}`);
stripeCase("an older scheme only", good.replace("v1=", "v0="));
stripeCase("no time", `v1=${tag(good)}`);
stripeCase("a changed time", good.replace(`t=${NOW}`, `t=${NOW - 1}`));
stripeCase("upper-case hex", `t=${NOW},v1=${tag(good).toUpperCase()}`);
stripeCase("a space after the comma", good.replace(",", ", "));
stripeCase("a cut signature", good.slice(0, -2));
stripeCase("a space at the body's end", good, `${stripeBody} `);
stripeCase("a changed amount", good, stripeBody.replace("pi_1", "pi_2"));
stripeCase("an empty header", "");

// Razorpay: the library only checks, so the signature is made by its documentation.
const razorpaySecret = "a secret with spaces & umlauts: \u00e4";
const razorpayBody = JSON.stringify({
  entity: "event", account_id: "acc_1", event: "payment.captured", contains: ["payment"],
  payload: { payment: { entity: { id: "pay_1", amount: 500, notes: [] } } }, created_at: NOW,
});
const razorpayTag = (secret) => createHmac("sha256", secret).update(razorpayBody).digest("hex");
function razorpayCase(name, signature, body = razorpayBody) {
  const verdict = asks(() => Razorpay.validateWebhookSignature(body, signature, razorpaySecret));
  const headers = { "x-razorpay-signature": signature, "x-razorpay-event-id": "evt_raz_1" };
  add("razorpay", name, { secret: razorpaySecret, headers, body }, verdict);
}
razorpayCase("good", razorpayTag(razorpaySecret));
razorpayCase("another secret", razorpayTag("other"));
razorpayCase("upper-case hex", razorpayTag(razorpaySecret).toUpperCase());
razorpayCase("a cut signature", razorpayTag(razorpaySecret).slice(0, -2));
razorpayCase("a changed amount", razorpayTag(razorpaySecret), razorpayBody.replace("500", "501"));

// Twilio
const token = "12345678901234567890123456789012";
const { getExpectedTwilioSignature, getExpectedBodyHash } =
  require("twilio/lib/webhooks/webhooks");
const form = {
  AccountSid: "AC00000000000000000000000000000000", ApiVersion: "2010-04-01",
  From: "whatsapp:+15017122661", To: "whatsapp:+15558675310",
  MessageSid: "SM00000000000000000000000000000000", MessageStatus: "undelivered",
  SmsSid: "SM00000000000000000000000000000000", SmsStatus: "undelivered",
  ErrorCode: "30003", Unheard: "caf\u00e9 & cr\u00e8me = 1+1", Empty: "",
};
const twilioPath = "/v1/webhooks/twilio?shop=1&x=%20y";
function twilioCase(name, options) {
  const { url, params = form, signedUrl = url, sent = params, signedBy = token } = options;
  const signature = options.signature ?? getExpectedTwilioSignature(signedBy, signedUrl, params);
  const verdict = asks(() => twilio.validateRequest(token, signature, url, sent));
  const origin = new URL(url).origin;
  add("twilio", name, {
    secret: token, public_url: origin, path_and_query: url.slice(origin.length),
    headers: {
      "x-twilio-signature": signature,
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    },
    body: new URLSearchParams(Object.entries(sent).flatMap(([key, value]) =>
      [value].flat().map((one) => [key, one]))).toString(),
  }, verdict);
}
const url = `https://shop.example${twilioPath}`;
twilioCase("a form", { url });
twilioCase("signed with the port", { url, signedUrl: `https://shop.example:443${twilioPath}` });
twilioCase("signed without the port", {
  url: `https://shop.example:8443${twilioPath}`, signedUrl: `https://shop.example${twilioPath}`,
});
twilioCase("signed with a port of its own", { url: `http://shop.example:8080${twilioPath}` });
twilioCase("plain http with the port", {
  url: `http://shop.example${twilioPath}`, signedUrl: `http://shop.example:80${twilioPath}`,
});
const digits = ["5678", "1234", "1234"];
twilioCase("a name that comes twice", { url, params: { ...form, Digits: digits } });
twilioCase("another token", { url, signedBy: "other" });
twilioCase("another address", { url, signedUrl: `${url}&z=1` });
twilioCase("a changed value", { url, sent: { ...form, MessageStatus: "delivered" } });
twilioCase("a value more", { url, sent: { ...form, Zzz: "1" } });
twilioCase("no base64", { url, signature: "not base64" });

const json = '{"property": "value", "boolean": true}';
function twilioJson(name, body, hashed = body, query = "") {
  const address = `${url}&bodySHA256=${getExpectedBodyHash(hashed)}${query}`;
  const signature = getExpectedTwilioSignature(token, address, {});
  const verdict = asks(() => twilio.validateRequestWithBody(token, signature, address, body));
  add("twilio", name, {
    secret: token, public_url: "https://shop.example",
    path_and_query: address.slice("https://shop.example".length),
    headers: { "x-twilio-signature": signature, "content-type": "application/json" }, body,
  }, verdict);
}
twilioJson("a JSON body", json);
twilioJson("a changed JSON body", json.replace("true", "false"), json);

// Standard Webhooks
const standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const standardBody = '{"type":"payment.captured","data":{"amount":1}}';
const hook = new Webhook(standardSecret);
Date.now = () => NOW * 1000;
function standardCase(name, how = {}) {
  const { age = 0, change = (x) => x, body = standardBody, id = "msg_1" } = how;
  const signature = change(hook.sign("msg_1", new Date((NOW - age) * 1000), standardBody));
  const headers = {
    "webhook-id": id, "webhook-timestamp": String(NOW - age), "webhook-signature": signature,
  };
  const verdict = asks(() => { hook.verify(body, headers); });
  add("standard", name, { secret: standardSecret, headers, body }, verdict);
}
standardCase("fresh");
standardCase("300 seconds old", { age: 300 });
standardCase("302 seconds old", { age: 302 });
standardCase("300 seconds ahead", { age: -300 });
standardCase("302 seconds ahead", { age: -302 });
standardCase("a second signature", { change: (x) => `v1,${"A".repeat(43)}= v2,abc ${x}` });
standardCase("another version only", { change: (x) => x.replace("v1,", "v1a,") });
standardCase("a cut signature", { change: (x) => x.slice(0, -4) });
standardCase("a changed id", { id: "msg_2" });
standardCase("a changed body", { body: standardBody.replace("1}", "2}") });

const made_with = Object.entries(require("./package.json").dependencies)
  .map(([name, version]) => `npm ${name} ${version}`);
console.log(JSON.stringify({ made_with, cases }, null, 1));
