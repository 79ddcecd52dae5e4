//! What we send to Jira and Twilio, held against their own OpenAPI descriptions. (UPS: beside;
//! Stripe: with the refunds; the others, who publish none that may be passed on: in `described`.)

use serde_json::{Value, json};
use stevedore_providers::{
    Jira, JiraSettings, Line, TicketProvider as _, TicketText, Twilio, TwilioMessage,
    TwilioSettings,
};
use stevedore_simulator::{ACCOUNT_SID, AUTH_TOKEN, App, AppAnswer, Received};

use crate::ups_contract::hold;

/// Where both come from stands in them.
const JIRA: &str = include_str!("../specs/jira.json");
const TWILIO: &str = include_str!("../specs/twilio.json");

/// What is wrong with a POST, by the description of its path.
fn problems(spec: &str, path: &str, sent: &Value) -> Vec<String> {
    let spec: Value = serde_json::from_str(spec).expect("JSON");
    let schema = &spec["paths"][path]["post"]["schema"];
    assert!(schema.is_object(), "{path} is not described");
    let mut problems = Vec::new();
    hold(&spec, schema, sent, "", &mut problems);
    problems
}

fn body(received: &Received) -> Value {
    serde_json::from_str(&received.body).expect("JSON")
}

fn ticket() -> TicketText {
    TicketText {
        fingerprint: "0123456789abcdef".to_owned(),
        summary: "Prodigi\nis down".to_owned(),
        facts: vec![("Code".to_owned(), "provider_transient".to_owned())],
        order_url: Some("https://shop.example/orders/7".to_owned()),
        category: "api".to_owned(),
        severity: "high".to_owned(),
    }
}

#[tokio::test]
async fn g6_what_we_send_to_jira_is_what_jira_describes() {
    let app = App::start().await.expect("an app");
    let said = |status, body: Value| app.plan(AppAnswer::Status(status, body.to_string()));
    let settings = JiraSettings {
        jira_url: Some(app.url("")),
        jira_email: Some("ops@shop.example".to_owned()),
        jira_api_token: Some("token".to_owned().into()),
        jira_project: Some("OPS".to_owned()),
        ..JiraSettings::default()
    };
    let jira = Jira::configured(&settings).expect("settings");
    let jira = jira.expect("a Jira");
    said(201, json!({"id": "1", "key": "OPS-1", "self": "x"}));
    jira.create(&ticket()).await.expect("created");
    said(201, json!({"id": "1"}));
    jira.comment("OPS-1", "again").await.expect("a comment");
    said(
        200,
        json!({"transitions": [
            {"id": "31", "name": "Done", "to": {"statusCategory": {"key": "done"}}},
        ]}),
    );
    said(201, json!({"id": "2"}));
    jira.resolve("OPS-1", "it works again")
        .await
        .expect("resolved");

    let mut held = 0;
    for received in app.received() {
        let path = received.path.replace("OPS-1", "{issueIdOrKey}");
        if received.body.is_empty() || path.contains("search") {
            continue;
        }
        let problems = problems(JIRA, &path, &body(&received));
        assert!(problems.is_empty(), "{path}: {problems:#?}");
        held += 1;
    }
    assert_eq!(held, 4, "an issue, two comments, a transition");
}

#[tokio::test]
async fn g1_what_we_send_to_twilio_is_what_twilio_describes() {
    let app = App::start().await.expect("an app");
    let settings = TwilioSettings {
        twilio_account_sid: Some(ACCOUNT_SID.to_owned()),
        twilio_auth_token: Some(AUTH_TOKEN.to_owned().into()),
        twilio_sms_from: Some("+14155550100".to_owned()),
        twilio_whatsapp_from: Some("whatsapp:+14155550101".to_owned()),
        twilio_status_callback: Some("https://shop.example/hooks/twilio".to_owned()),
        twilio_api_url: app.url(""),
        ..TwilioSettings::default()
    };
    let twilio = Twilio::configured(&settings).expect("settings");
    let twilio = twilio.expect("an account");
    let variables = ["Ama".to_owned()];
    let template = format!("HX{}", "0".repeat(32));
    for (line, template) in [
        (Line::Sms, None),
        (Line::Whatsapp, Some((template.as_str(), &variables[..]))),
    ] {
        app.plan(AppAnswer::Status(201, json!({"sid": "SM1"}).to_string()));
        let message = TwilioMessage {
            line,
            to: "+233201234567",
            body: "Your order is on its way",
            template,
        };
        twilio.send(&message).await.expect("sent");
    }
    let path = "/2010-04-01/Accounts/{AccountSid}/Messages.json";
    let calls = app.received();
    assert_eq!(calls.len(), 2);
    for received in calls {
        assert_eq!(received.path.replace(ACCOUNT_SID, "{AccountSid}"), path);
        let form: serde_json::Map<String, Value> = form_urlencoded::parse(received.body.as_bytes())
            .map(|(name, value)| (name.into_owned(), Value::from(value)))
            .collect();
        let problems = problems(TWILIO, path, &Value::from(form));
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn what_they_do_not_describe_is_found() {
    let wrong = json!({"fieldz": {}, "transition": {"id": 7}});
    let found = problems(JIRA, "/rest/api/3/issue", &wrong).join("\n");
    assert!(
        found.contains("fieldz: unknown") && found.contains("id: no string"),
        "{found}"
    );
    let path = "/2010-04-01/Accounts/{AccountSid}/Messages.json";
    let found = problems(TWILIO, path, &json!({"Words": "x"})).join("\n");
    assert!(
        found.contains("Words: unknown") && found.contains("To: missing"),
        "{found}"
    );
}
