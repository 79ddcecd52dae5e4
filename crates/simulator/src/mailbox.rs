//! The mails that the catcher was given.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mail_parser::MessageParser;
use serde::Serialize;

/// Mails kept whole; older ones are only counted.
const MAILS_MAX: usize = 1_000;

/// One mail as it arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// `Message-ID`, without the angle brackets.
    pub message_id: Option<String>,
    /// `Subject`, decoded.
    pub subject: Option<String>,
    /// The text part, decoded.
    pub text: Option<String>,
    /// The HTML part, decoded.
    pub html: Option<String>,
    /// Everything, as it came over the wire.
    pub raw: String,
}

impl Mail {
    pub(crate) fn parse(from: &str, to: &[String], raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw);
        let message = message.as_ref();
        Self {
            from: from.to_owned(),
            to: to.to_vec(),
            message_id: message
                .and_then(|message| message.message_id())
                .map(str::to_owned),
            subject: message
                .and_then(|message| message.subject())
                .map(str::to_owned),
            text: message
                .and_then(|message| message.body_text(0))
                .map(Into::into),
            html: message
                .and_then(|message| message.body_html(0))
                .map(Into::into),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }
}

/// All mails ever taken, counted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MailCounts {
    /// Connections taken.
    pub connections: u64,
    /// Mails taken.
    pub received: u64,
    /// Mails taken beyond the first with the same `Message-ID`.
    pub duplicates: u64,
    /// Recipients refused, for good or for now.
    pub refused: u64,
    /// Mails per envelope recipient.
    pub by_recipient: BTreeMap<String, u64>,
    /// Mails per `Message-ID`.
    pub by_message_id: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Inner {
    last: VecDeque<Mail>,
    counts: MailCounts,
    greylisted: BTreeMap<String, u64>,
}

/// All mails, shared by all connections.
#[derive(Default)]
pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
}

impl Mailbox {
    pub(crate) fn take(&self, mail: Mail) {
        let mut inner = self.lock();
        inner.counts.received += 1;
        for recipient in &mail.to {
            *inner
                .counts
                .by_recipient
                .entry(recipient.clone())
                .or_default() += 1;
        }
        if let Some(id) = &mail.message_id {
            let seen = inner.counts.by_message_id.entry(id.clone()).or_default();
            *seen += 1;
            let again = *seen > 1;
            inner.counts.duplicates += u64::from(again);
        }
        if inner.last.len() == MAILS_MAX {
            inner.last.pop_front();
        }
        inner.last.push_back(mail);
    }

    pub(crate) fn connect(&self) {
        self.lock().counts.connections += 1;
    }

    pub(crate) fn refuse(&self) {
        self.lock().counts.refused += 1;
    }

    /// Whether this recipient was tried before; remembers that it was.
    pub(crate) fn tried_before(&self, recipient: &str) -> bool {
        let mut inner = self.lock();
        let tries = inner.greylisted.entry(recipient.to_owned()).or_default();
        *tries += 1;
        *tries > 1
    }

    pub(crate) fn last(&self) -> Vec<Mail> {
        self.lock().last.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> MailCounts {
        self.lock().counts.clone()
    }

    /// A poisoned lock still holds mails worth showing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
