//! The mail channel against a server that really speaks SMTP.

use std::sync::Arc;
use std::time::Duration;

use stevedore_simulator::{Mail, Simulator, SimulatorSettings};
use stevedore_worker::notifiers::{
    EmailNotifier, EmailSettings, Message, MessageId, Notifier, NotifyError, SmtpTls,
};

async fn simulator() -> Simulator {
    Simulator::start(SimulatorSettings::default())
        .await
        .expect("a simulator")
}

/// Settings that reach the simulator's catcher.
pub fn settings(simulator: &Simulator) -> EmailSettings {
    EmailSettings {
        smtp_host: Some(simulator.smtp_addr().ip().to_string()),
        smtp_port: Some(simulator.smtp_addr().port()),
        smtp_tls: SmtpTls::None,
        smtp_from: Some("Kofi's Data <orders@shop.example>".to_owned()),
        smtp_timeout: Duration::from_secs(5),
        ..EmailSettings::default()
    }
}

fn email(settings: &EmailSettings) -> Arc<dyn Notifier> {
    let configured = EmailNotifier::configured(settings).expect("valid settings");
    Arc::new(configured.expect("the mail channel"))
}

fn message(recipient: &str, name: &str, subject: &str) -> Message {
    Message {
        recipient: recipient.to_owned(),
        recipient_name: Some(name.to_owned()),
        subject: subject.to_owned(),
        text: "plain\n.\nstill plain\n".to_owned(),
        html: "<p>hyper</p>".to_owned(),
        ..Message::default()
    }
}

fn id(number: i64) -> MessageId {
    MessageId::of_notification("shop", number)
}

fn only(simulator: &Simulator) -> Mail {
    let mut mails = simulator.mails();
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

#[tokio::test]
async fn a_mail_has_both_parts_and_a_name_that_stays_the_same() {
    let simulator = simulator().await;
    let email = email(&settings(&simulator));
    let hello = message("ada@example.com", "Ada", "Hello");
    let receipt = email.send(&hello, &id(7)).await.expect("sent");
    assert_eq!(
        receipt.provider_message_id,
        "<notification-7.shop@shop.example>"
    );
    let mail = only(&simulator);
    assert_eq!(
        mail.message_id.as_deref(),
        Some("notification-7.shop@shop.example")
    );
    assert_eq!(
        mail.text.as_deref().map(str::trim_end),
        Some("plain\r\n.\r\nstill plain")
    );
    assert_eq!(
        mail.html.as_deref().map(str::trim_end),
        Some("<p>hyper</p>")
    );
    assert!(
        mail.raw.contains("Auto-Submitted: auto-generated\r\n"),
        "{}",
        mail.raw
    );
    email.send(&hello, &id(7)).await.expect("sent again");
    assert_eq!(simulator.state().mail.duplicates, 1);
}

#[tokio::test]
async fn a_name_or_subject_cannot_add_a_header_or_a_recipient() {
    let simulator = simulator().await;
    let email = email(&settings(&simulator));
    let names = [
        "Ada\r\nBcc: all@example.com",
        "Ada\nBcc: all@example.com\n\nbody",
        "Ada\" <evil@example.com>, \"x",
        "=?utf-8?q?=0d=0aBcc:_all@example.com?=",
        "\u{202e}Ada\u{0}",
        "Ädä 🚢",
    ];
    for (number, name) in (0..).zip(names) {
        email
            .send(&message("ada@example.com", name, name), &id(number))
            .await
            .expect("sent");
    }
    let mails = simulator.mails();
    assert_eq!(mails.len(), names.len());
    for mail in mails {
        assert_eq!(mail.to, ["ada@example.com"]);
        let head = mail
            .raw
            .split("\r\n\r\n")
            .next()
            .unwrap_or_default()
            .to_lowercase();
        assert!(!head.contains("\r\nbcc:"), "{head}");
        assert_eq!(head.matches("\r\nto:").count(), 1, "{head}");
        assert_eq!(head.matches("\r\nsubject:").count(), 1, "{head}");
        let recipients = mail_parser::MessageParser::default()
            .parse(mail.raw.as_bytes())
            .and_then(|mail| mail.to().map(|to| to.iter().count()));
        assert_eq!(recipients, Some(1), "{head}");
    }
}

#[tokio::test]
async fn g4_a_mail_that_may_be_unsubscribed_says_where_with_one_click() {
    let simulator = simulator().await;
    let email = email(&settings(&simulator));
    let mut wanted = message("ada@example.com", "Ada", "Hello");
    email.send(&wanted, &id(1)).await.expect("sent");
    assert!(!only(&simulator).raw.contains("List-Unsubscribe"));
    wanted.unsubscribe_url = Some("https://shop.example/v1/unsubscribe/7".to_owned());
    email.send(&wanted, &id(2)).await.expect("sent");
    let mail = simulator.mails().pop().expect("a second mail");
    for line in [
        "List-Unsubscribe: <https://shop.example/v1/unsubscribe/7>\r\n",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    ] {
        assert!(mail.raw.contains(line), "{}", mail.raw);
    }
}

#[tokio::test]
async fn a_refusal_is_told_from_a_delay() {
    let simulator = simulator().await;
    let email = email(&settings(&simulator));
    let send = |recipient: &'static str| {
        let email = Arc::clone(&email);
        async move { email.send(&message(recipient, "x", "x"), &id(1)).await }
    };
    let refused = |code: &str, is_permanent| {
        Err(NotifyError::Refused {
            code: code.to_owned(),
            message: format!("the mail server answered {code}"),
            is_permanent,
            retry_after: None,
        })
    };
    assert_eq!(send("bounce@example.com").await, refused("5.1.1", true));
    assert_eq!(send("busy@example.com").await, refused("4.3.2", false));
    assert!(matches!(
        send("nobody").await,
        Err(NotifyError::Permanent(_))
    ));
    assert!(matches!(
        send("a@b\r\nRCPT TO:<c@d>").await,
        Err(NotifyError::Permanent(_))
    ));
    assert!(matches!(
        send("cut@example.com").await,
        Err(NotifyError::Unknown(_))
    ));
    assert!(send("ada@example.com").await.is_ok());
}

#[tokio::test]
async fn an_absent_relay_is_a_delay() {
    let simulator = simulator().await;
    // Port 9 of this machine is "discard"; nothing listens there.
    let settings = EmailSettings {
        smtp_port: Some(9),
        ..settings(&simulator)
    };
    let absent = email(&settings)
        .send(&message("ada@example.com", "x", "x"), &id(1))
        .await;
    assert!(matches!(absent, Err(NotifyError::Unknown(_))), "{absent:?}");
}

#[tokio::test]
async fn a_silent_relay_is_given_up_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let settings = EmailSettings {
        smtp_host: Some("127.0.0.1".to_owned()),
        smtp_port: silent.local_addr().ok().map(|address| address.port()),
        smtp_tls: SmtpTls::None,
        smtp_from: Some("orders@shop.example".to_owned()),
        smtp_timeout: Duration::from_millis(100),
        ..EmailSettings::default()
    };
    let silence = email(&settings)
        .send(&message("ada@example.com", "x", "x"), &id(1))
        .await;
    assert!(
        matches!(silence, Err(NotifyError::Unknown(_))),
        "{silence:?}"
    );
}

#[tokio::test]
async fn a_relay_without_starttls_gets_no_mail_when_starttls_is_asked_for() {
    let simulator = simulator().await;
    for smtp_tls in [SmtpTls::Starttls, SmtpTls::Tls] {
        let settings = EmailSettings {
            smtp_tls,
            smtp_timeout: Duration::from_millis(500),
            ..settings(&simulator)
        };
        let refused = email(&settings)
            .send(&message("ada@example.com", "x", "x"), &id(1))
            .await;
        assert!(
            matches!(refused, Err(NotifyError::Unknown(_))),
            "{refused:?}"
        );
    }
    assert_eq!(simulator.state().mail.received, 0);
}

#[tokio::test]
async fn many_mails_at_once_share_few_connections() {
    let simulator = simulator().await;
    let email = email(&settings(&simulator));
    let sends = (0..40).map(|number| {
        let email = Arc::clone(&email);
        tokio::spawn(async move {
            email
                .send(&message("ada@example.com", "Ada", "Hello"), &id(number))
                .await
        })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.expect("no panic").expect("sent");
    }
    assert_eq!(simulator.state().mail.received, 40);
    assert!(
        simulator.state().mail.connections <= 4,
        "{:?}",
        simulator.state().mail.connections
    );
}
