//! Mail over SMTP, by lettre, on pooled connections.

mod dkim;
mod settings;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

pub use settings::{EmailSettings, EmailSettingsError, SmtpTls};

use super::{Message, MessageId, Notifier, NotifyError, Receipt};

const CHANNEL: &str = "email";
/// Characters of a name or subject; longer ones only serve to fill other people's screens.
const HEADER_CHARS_MAX: usize = 200;
/// An unused connection is closed after this, before most servers close it themselves.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends mail through one relay.
pub struct EmailNotifier {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    /// The right-hand side of every Message-ID.
    domain: String,
    timeout: Duration,
    /// None: the relay signs, or nobody does.
    signer: Option<dkim::Signer>,
    /// The pool bounds only idle connections, so this bounds the open ones (measured with lettre
    /// 0.11: nine parallel sends over a pool of three open nine connections).
    connections: Semaphore,
}

#[async_trait]
impl Notifier for EmailNotifier {
    fn channel(&self) -> &'static str {
        CHANNEL
    }

    fn provider(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, message: &Message, id: &MessageId) -> Result<Receipt, NotifyError> {
        let message_id = format!("<{}@{}>", id.as_str(), self.domain);
        let mail = self.mail(message, &message_id)?;
        let _slot = self
            .connections
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let started = Instant::now();
        let result = self.deliver(mail).await;
        measure(started, &result);
        result.map(|()| Receipt {
            provider_message_id: message_id,
        })
    }
}

impl EmailNotifier {
    /// Builds the channel when a relay is set.
    ///
    /// # Errors
    /// [`EmailSettingsError`] when a setting is missing or wrong.
    pub fn configured(settings: &EmailSettings) -> Result<Option<Self>, EmailSettingsError> {
        let Some(host) = settings.host() else {
            return Ok(None);
        };
        let from = settings.from()?;
        let connections = usize::from(settings.smtp_connections.get());
        let pool = PoolConfig::new()
            .max_size(u32::from(settings.smtp_connections.get()))
            .idle_timeout(IDLE_TIMEOUT);
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.port())
            .tls(tls(settings, host)?)
            .timeout(Some(settings.smtp_timeout))
            .pool_config(pool);
        if let Some((user, password)) = settings.credentials()? {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.to_owned(), password));
        }
        Ok(Some(Self {
            transport: transport.build(),
            signer: settings.signer(&from)?,
            domain: from.email.domain().to_owned(),
            from,
            reply_to: settings.reply_to()?,
            timeout: settings.smtp_timeout,
            connections: Semaphore::new(connections),
        }))
    }

    /// Everything that is wrong with settings that may be right one by one.
    #[must_use]
    pub fn contradictions(settings: &EmailSettings) -> Vec<EmailSettingsError> {
        let Some(host) = settings.host() else {
            return Vec::new();
        };
        let from = settings.from();
        let signer = from.as_ref().map(|from| settings.signer(from).err());
        [
            signer.ok().flatten(),
            from.err(),
            settings.reply_to().err(),
            settings.credentials().err(),
            tls(settings, host).err(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn mail(&self, message: &Message, id: &str) -> Result<lettre::Message, NotifyError> {
        let address: Address = message
            .recipient
            .parse()
            .map_err(|_| NotifyError::Permanent("the recipient is no mail address".to_owned()))?;
        let name = message
            .recipient_name
            .as_deref()
            .map(header_text)
            .filter(|n| !n.is_empty());
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .message_id(Some(id.to_owned()))
            .subject(header_text(&message.subject))
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.clone());
        }
        if let Some(url) = &message.unsubscribe_url {
            mail = mail.header(Unsubscribe(url.clone())).header(OneClick);
        }
        mail.multipart(MultiPart::alternative_plain_html(
            message.text.clone(),
            message.html.clone(),
        ))
        .map_err(|error| NotifyError::Permanent(format!("the mail can't be built: {error}")))
    }

    /// lettre's own timeout covers connecting only, so the whole conversation has one here.
    async fn deliver(&self, mail: lettre::Message) -> Result<(), NotifyError> {
        let bytes = mail.formatted();
        let bytes = match &self.signer {
            Some(signer) => signer.sign(&bytes),
            None => bytes,
        };
        let sending = self.transport.send_raw(mail.envelope(), &bytes);
        match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(_accepted)) => Ok(()),
            Ok(Err(error)) => Err(understood(&error)),
            Err(_elapsed) => Err(NotifyError::Unknown(format!(
                "no answer within {:?}",
                self.timeout
            ))),
        }
    }
}

/// A header of one fixed name.
macro_rules! header {
    ($(#[$doc:meta])* $Name:ident = $name:literal, |$this:ident| $value:expr, $Shape:item) => {
        $(#[$doc])*
        #[derive(Clone)]
        $Shape

        impl Header for $Name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("only written".into())
            }

            fn display(&self) -> HeaderValue {
                let $this = self;
                HeaderValue::new(Self::name(), $value)
            }
        }
    };
}

header!(
    /// A message of a machine: no holiday notice answers it (RFC 3834).
    AutoSubmitted = "Auto-Submitted",
    |_this| "auto-generated".to_owned(),
    struct AutoSubmitted;
);
header!(
    /// Where its reader unsubscribes (RFC 2369).
    Unsubscribe = "List-Unsubscribe",
    |this| format!("<{}>", this.0),
    struct Unsubscribe(String);
);
header!(
    /// That one POST is enough (RFC 8058).
    OneClick = "List-Unsubscribe-Post",
    |_this| "List-Unsubscribe=One-Click".to_owned(),
    struct OneClick;
);

fn tls(settings: &EmailSettings, host: &str) -> Result<Tls, EmailSettingsError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.smtp_ca_file {
        let wrong = |problem: String| EmailSettingsError::new("SMTP_CA_FILE", problem);
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
        parameters = parameters.add_root_certificate(authority);
    }
    let parameters = || {
        let wrong = |error: SmtpError| EmailSettingsError::new("SMTP_TLS", error.to_string());
        parameters.build().map_err(wrong)
    };
    Ok(match settings.smtp_tls {
        SmtpTls::None => Tls::None,
        SmtpTls::Starttls => Tls::Required(parameters()?),
        SmtpTls::Tls => Tls::Wrapper(parameters()?),
    })
}

/// Text that stays on one line of one header: control characters end there.
fn header_text(text: &str) -> String {
    let spaced = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().take(HEADER_CHARS_MAX).map(spaced).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the server said, with its code: the enhanced one where it gave one (RFC 3463), since a bare
/// 550 may be about the mailbox or about us. The server's words may repeat the address, so they are
/// not kept.
fn understood(error: &SmtpError) -> NotifyError {
    let Some(code) = error.status().map(u16::from) else {
        // Refused before anything was said, or broken off at any point: also after the mail.
        return NotifyError::Unknown(format!("the mail server could not be talked to: {error}"));
    };
    let code = match code {
        // Our own login, whatever else it says.
        530 | 534 | 535 | 538 => code.to_string(),
        code => enhanced(&error.to_string()).unwrap_or_else(|| code.to_string()),
    };
    NotifyError::Refused {
        message: format!("the mail server answered {code}"),
        code,
        is_permanent: error.is_permanent(),
        retry_after: None,
    }
}

/// The first `5.1.1` in a text.
fn enhanced(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .find(|word| {
            let parts: Vec<_> = word.split('.').collect();
            let is_number = |part: &&str| (1..=3).contains(&part.len());
            parts.len() == 3 && matches!(parts[0], "4" | "5") && parts.iter().all(is_number)
        })
        .map(str::to_owned)
}

fn measure(started: Instant, result: &Result<(), NotifyError>) {
    let outcome = match result {
        Ok(()) => "ok",
        Err(
            NotifyError::Refused {
                is_permanent: true, ..
            }
            | NotifyError::Permanent(_),
        ) => "rejected",
        Err(NotifyError::Unknown(_)) => "unknown",
        Err(_) => "transient",
    };
    metrics::histogram!(
        "stevedore_external_request_duration_seconds",
        "dependency" => "smtp",
        "outcome" => outcome,
    )
    .record(started.elapsed().as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_code_is_found_among_the_servers_words() {
        let said = "permanent error (550): 5.1.1 no such user 10.0.0.1 here";
        assert_eq!(enhanced(said).as_deref(), Some("5.1.1"));
        assert_eq!(
            enhanced("permanent error (550): rejected by 10.0.0.1"),
            None
        );
    }

    #[test]
    fn a_header_is_one_bounded_line_whatever_a_customer_called_himself() {
        assert_eq!(
            header_text("Ama\r\nBcc: all@example.com"),
            "Ama Bcc: all@example.com"
        );
        assert_eq!(header_text("\u{0}\t \u{85}Ama\u{2028}B"), "Ama B");
        assert_eq!(
            header_text(&"é".repeat(500)).chars().count(),
            HEADER_CHARS_MAX
        );
    }
}
