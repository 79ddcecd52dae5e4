//! Sends notices by the real channel of mail, with what customers may try: .ci/check-mail reads
//! them back with another parser. Settings are the worker's: SMTP_HOST, SMTP_PORT, and so on.

use std::error::Error;

use clap::Parser;
use serde_json::json;
use stevedore_notices::{LOCALES, Library, Notice, Own};
use stevedore_worker::notifiers::{
    EmailNotifier, EmailSettings, Message, MessageId, Notifier as _,
};

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    email: EmailSettings,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = CommandLine::parse().email;
    let email = EmailNotifier::configured(&settings)?.ok_or("SMTP_HOST is not set")?;
    let library = Library::new(None)?;
    let mut payload = Library::sample();
    payload["customer_name"] = json!("Ɛsi Ærø 日本\r\nBcc: all@example.com");
    payload["lines"][0]["title"] = json!("<b>Tea</b> & \"co\"\r\n.\r\n");
    for (kind, unsubscribe_url) in [
        ("order_confirmed", None),
        (
            "order_shipped",
            Some("https://shop.example/v1/unsubscribe/7"),
        ),
    ] {
        for (nth, locale) in (1..).zip(LOCALES) {
            let notice = Notice {
                kind,
                locale,
                payload: &payload,
                shop: "Kofi's Dâta",
                order_url: Some("https://shop.example/orders/7?a=1&b=2"),
                unsubscribe_url,
            };
            let words = library.render(&notice, &Own::default())?;
            let message = Message {
                recipient: format!("{kind}.{locale}@example.com"),
                recipient_name: words.customer_name,
                subject: words.subject,
                text: words.text,
                html: words.html,
                unsubscribe_url: unsubscribe_url.map(str::to_owned),
                ..Message::default()
            };
            let id = MessageId::of_notification(kind.replace('_', "-"), nth);
            email.send(&message, &id).await?;
        }
    }
    Ok(())
}
