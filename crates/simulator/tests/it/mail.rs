//! The catcher, spoken to by a real mail client.

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use stevedore_simulator::{Simulator, SimulatorSettings};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

async fn catcher() -> (Simulator, Transport) {
    let simulator = Simulator::start(SimulatorSettings::default())
        .await
        .expect("a simulator");
    let address = simulator.smtp_addr();
    let transport = Transport::builder_dangerous(address.ip().to_string())
        .port(address.port())
        .build();
    (simulator, transport)
}

fn mail(to: &str) -> Message {
    let to: Mailbox = to.parse().expect("an address");
    Message::builder()
        .from("shop@example.com".parse().expect("an address"))
        .to(to)
        .message_id(Some("<n-1@shop.example>".to_owned()))
        .subject("Grüße")
        .multipart(MultiPart::alternative_plain_html(
            ".dotted\r\nplain".to_owned(),
            "<p>hyper</p>".to_owned(),
        ))
        .expect("a mail")
}

#[tokio::test]
async fn a_mail_is_kept_whole_and_counted() {
    let (simulator, transport) = catcher().await;
    transport.send(mail("ada@example.com")).await.expect("sent");
    transport
        .send(mail("ada@example.com"))
        .await
        .expect("sent on the same connection");
    let mails = simulator.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].to, ["ada@example.com"]);
    assert_eq!(mails[0].subject.as_deref(), Some("Grüße"));
    assert_eq!(
        mails[0].text.as_deref().map(str::trim_end),
        Some(".dotted\r\nplain")
    );
    assert_eq!(
        mails[0].html.as_deref().map(str::trim_end),
        Some("<p>hyper</p>")
    );
    let counts = simulator.state().mail;
    assert_eq!((counts.received, counts.duplicates), (2, 1));
    assert_eq!(counts.by_recipient["ada@example.com"], 2);
    assert_eq!(counts.by_message_id["n-1@shop.example"], 2);
}

#[tokio::test]
async fn recipients_are_refused_by_their_local_part() {
    let (simulator, transport) = catcher().await;
    let bounced = transport
        .send(mail("bounce@example.com"))
        .await
        .expect_err("refused");
    assert!(bounced.is_permanent(), "{bounced}");
    let busy = transport
        .send(mail("busy@example.com"))
        .await
        .expect_err("refused");
    assert!(busy.is_transient(), "{busy}");
    let once = transport
        .send(mail("greylist@example.com"))
        .await
        .expect_err("refused");
    assert!(once.is_transient(), "{once}");
    transport
        .send(mail("greylist@example.com"))
        .await
        .expect("the second time");
    assert_eq!(simulator.state().mail.received, 1);
    assert_eq!(simulator.state().mail.refused, 3);
}

#[tokio::test]
async fn a_cut_leaves_the_client_without_an_answer_and_the_mail_in_the_box() {
    let (simulator, transport) = catcher().await;
    let lost = transport
        .send(mail("cut@example.com"))
        .await
        .expect_err("no answer");
    assert!(!lost.is_permanent() && !lost.is_transient(), "{lost}");
    assert_eq!(simulator.state().mail.received, 1);
}

#[tokio::test]
async fn stopping_closes_open_connections() {
    let (simulator, transport) = catcher().await;
    transport.send(mail("ada@example.com")).await.expect("sent");
    simulator.stop().await;
    transport
        .send(mail("ada@example.com"))
        .await
        .expect_err("nobody listens");
}
