//! Webhooks signed by the senders' own libraries (tests/vectors), and what is made of them.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;
use stevedore_providers::PublicUrl;
use stevedore_providers::signature::{
    Genuine, Incoming, Refusal, Source, Verifier, WebhookSettings,
};

/// The libraries of Stripe take any time ahead; we do not.
const STRICTER: [(&str, &str); 1] = [("stripe", "far ahead")];

#[derive(Clone, Deserialize)]
struct Case {
    source: String,
    name: String,
    now: i64,
    path_and_query: String,
    secret: String,
    public_url: Option<String>,
    headers: BTreeMap<String, String>,
    body: String,
    verdict: String,
}

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../vectors/signatures.json");
    serde_json::from_str::<Vectors>(text)
        .expect("vectors")
        .cases
}

fn genuine_cases() -> impl Iterator<Item = Case> {
    let is_good = |case: &Case| {
        let name = (case.source.as_str(), case.name.as_str());
        case.verdict == "genuine" && !STRICTER.contains(&name)
    };
    cases().into_iter().filter(is_good)
}

impl Case {
    fn source(&self) -> Source {
        Source::of(&self.source).expect("a source")
    }

    fn verify(&self) -> Result<Genuine, Refusal> {
        self.verify_with(&[&self.secret])
    }

    fn verify_with(&self, secrets: &[&str]) -> Result<Genuine, Refusal> {
        self.verify_bytes(secrets, self.body.as_bytes())
    }

    fn verify_bytes(&self, secrets: &[&str], body: &[u8]) -> Result<Genuine, Refusal> {
        let secrets = secrets.iter().map(|secret| SecretString::from(*secret));
        let mut settings = WebhookSettings {
            public: PublicUrl {
                public_url: self.public_url.clone(),
            },
            ..WebhookSettings::default()
        };
        *match self.source() {
            Source::Stripe => &mut settings.stripe_webhook_secrets,
            Source::Razorpay => &mut settings.razorpay_webhook_secrets,
            Source::Twilio => &mut settings.twilio_webhook_tokens,
            Source::Prodigi => &mut settings.prodigi_webhook_tokens,
            Source::Shiprocket => &mut settings.shiprocket_webhook_tokens,
            Source::Dpd => &mut settings.dpd_webhook_tokens,
            Source::Ups => &mut settings.ups_webhook_tokens,
            Source::Dhl => &mut settings.dhl_webhook_tokens,
            Source::Standard => &mut settings.standard_webhook_secrets,
            other => panic!("no case of {other:?}"),
        } = secrets.collect();
        let headers = self.headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        });
        let headers: HeaderMap = headers.collect();
        let request = Incoming {
            headers: &headers,
            body,
            path_and_query: &self.path_and_query,
            now: self.now,
        };
        Verifier::new(settings).verify(self.source(), &request)
    }

    fn label(&self) -> String {
        format!("{}: {}", self.source, self.name)
    }
}

/// One that signs nothing.
fn token_case(source: &str, header: Option<&str>, query: &str, body: &str) -> Case {
    let headers = header.map(|name| (name.to_owned(), "s3cret".to_owned()));
    Case {
        source: source.to_owned(),
        name: format!("{header:?} {query}"),
        now: 0,
        path_and_query: format!("/v1/webhooks/{source}{query}"),
        secret: "s3cret".to_owned(),
        public_url: None,
        headers: headers.into_iter().collect(),
        body: body.to_owned(),
        verdict: "genuine".to_owned(),
    }
}

#[test]
fn f1_every_case_is_judged_as_its_senders_own_library_judges_it() {
    let all = cases();
    assert!(all.len() > 40, "{} cases", all.len());
    for case in all {
        let verdict = match case.verify() {
            Ok(_) => "genuine",
            Err(_) => "refused",
        };
        let name = (case.source.as_str(), case.name.as_str());
        match STRICTER.contains(&name) {
            true => assert_eq!(case.verify(), Err(Refusal::TooNew)),
            false => assert_eq!(verdict, case.verdict, "{}", case.label()),
        }
    }
}

#[test]
fn f1_any_changed_byte_of_a_signed_body_is_refused() {
    for case in genuine_cases() {
        let body = case.body.as_bytes();
        for place in 0..body.len() {
            let mut changed = body.to_vec();
            changed[place] ^= 1;
            let verdict = case.verify_bytes(&[&case.secret], &changed);
            assert_eq!(
                verdict,
                Err(Refusal::BadSignature),
                "{} {place}",
                case.label()
            );
        }
        let longer = [body, b"1"].concat();
        let verdict = case.verify_bytes(&[&case.secret], &longer);
        assert_eq!(verdict, Err(Refusal::BadSignature), "{}", case.label());
    }
}

#[test]
fn f1_a_missing_header_is_refused_and_named() {
    let signed = [
        "stripe-signature",
        "x-razorpay-signature",
        "x-razorpay-event-id",
        "x-twilio-signature",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ];
    for case in genuine_cases() {
        for name in case
            .headers
            .keys()
            .filter(|name| signed.contains(&name.as_str()))
        {
            let mut without = case.clone();
            without.headers.remove(name);
            match without.verify() {
                Err(Refusal::MissingHeader(missing)) => assert_eq!(missing, name),
                other => panic!("{} without {name}: {other:?}", case.label()),
            }
        }
    }
}

#[test]
fn f1_two_secrets_are_valid_at_once_and_a_third_is_not() {
    let third = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for case in genuine_cases() {
        let label = case.label();
        assert!(case.verify_with(&[third, &case.secret]).is_ok(), "{label}");
        assert!(case.verify_with(&[&case.secret, third]).is_ok(), "{label}");
        assert_eq!(
            case.verify_with(&[third]),
            Err(Refusal::BadSignature),
            "{label}"
        );
        assert_eq!(case.verify_with(&[]), Err(Refusal::BadSignature), "{label}");
        assert_eq!(
            case.verify_with(&[""]),
            Err(Refusal::BadSignature),
            "{label}"
        );
    }
}

#[test]
fn f1_old_times_and_times_ahead_are_told_apart() {
    let verdict = |source: &str, name: &str| {
        let mut all = cases().into_iter();
        let found = all.find(|case| case.source == source && case.name == name);
        found.expect("a case").verify()
    };
    assert_eq!(verdict("stripe", "301 seconds old"), Err(Refusal::TooOld));
    assert_eq!(verdict("standard", "302 seconds old"), Err(Refusal::TooOld));
    assert_eq!(
        verdict("standard", "302 seconds ahead"),
        Err(Refusal::TooNew)
    );
}

#[test]
fn f2_events_are_known_by_what_their_sender_calls_them() {
    let genuine = |source: &str, name: &str| {
        let mut all = cases().into_iter();
        let found = all.find(|case| case.source == source && case.name == name);
        let genuine = found.expect("a case").verify().expect("genuine");
        (genuine.event_id, genuine.event_type.unwrap_or_default())
    };
    let pair = |id: &str, kind: &str| (id.to_owned(), kind.to_owned());
    assert_eq!(
        genuine("stripe", "fresh"),
        pair("evt_1", "payment_intent.succeeded")
    );
    assert_eq!(
        genuine("razorpay", "good"),
        pair("evt_raz_1", "payment.captured")
    );
    let message = "SM00000000000000000000000000000000:undelivered";
    assert_eq!(
        genuine("twilio", "a form"),
        pair(message, "message.undelivered")
    );
    assert_eq!(
        genuine("standard", "fresh"),
        pair("msg_1", "payment.captured")
    );
}

#[test]
fn e3_senders_that_sign_nothing_prove_themselves_by_a_token() {
    let cloud_event = r#"{"specversion":"1.0","id":"evt_1","type":"com.prodigi.x","data":{}}"#;
    let shiprocket = r#"{"awb":19041424751540,"current_status":"IN TRANSIT",
        "shipment_status_id":18,"current_timestamp":"23 05 2023 11:43:52"}"#;
    for (case, event_id) in [
        (
            token_case("prodigi", None, "?token=s3cret", cloud_event),
            "evt_1",
        ),
        (
            token_case("shiprocket", Some("x-api-key"), "", shiprocket),
            "19041424751540:18:23 05 2023 11:43:52",
        ),
        (
            token_case("ups", Some("credential"), "", "{}"),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        ),
        (
            token_case(
                "dpd",
                None,
                "?pnr=1&token=s3cret",
                "pushid=4711&pnr=0100&status=delivery",
            ),
            "4711:0100:delivery",
        ),
        (
            token_case("dhl", None, "?x=1&token=s3cret", "{}"),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        ),
    ] {
        let label = case.label();
        assert_eq!(
            case.verify().expect("genuine").event_id,
            event_id,
            "{label}"
        );
        assert!(case.verify_with(&["other", "s3cret"]).is_ok(), "{label}");
        assert_eq!(
            case.verify_with(&["s3cre"]),
            Err(Refusal::BadSignature),
            "{label}"
        );
        let mut without = case.clone();
        without.headers.clear();
        without.path_and_query = without.path_and_query.replace("token=s3cret", "");
        assert!(
            matches!(without.verify(), Err(Refusal::MissingHeader(_))),
            "{label}"
        );
        let unreadable = case.verify_bytes(&[&case.secret], b"<xml/>");
        assert!(matches!(unreadable, Err(Refusal::Malformed(_))), "{label}");
    }
}

#[test]
fn f2_an_id_that_can_not_be_stored_is_refused() {
    for id in ["", "a\\u0000b", &"x".repeat(256)] {
        let body = format!(r#"{{"id":"{id}","type":"com.prodigi.x"}}"#);
        let case = token_case("prodigi", None, "?token=s3cret", &body);
        assert!(matches!(case.verify(), Err(Refusal::Malformed(_))), "{id}");
    }
}

#[test]
fn e3_shiprocket_has_a_second_name_that_its_dashboard_takes() {
    assert_eq!(Source::of("courier"), Some(Source::Shiprocket));
    assert_eq!(Source::of("nobody"), None);
}
