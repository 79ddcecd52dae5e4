//! `stevedore templates`: what customers and admins are told, without sending anything.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use stevedore_notices::{KINDS, LOCALES, Library, Source};

/// Settings of `stevedore templates`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore templates list
  stevedore templates preview order_confirmed --locale fr
  stevedore templates preview order_shipped --channel email --out /tmp/shipped.html")]
pub struct TemplatesCommand {
    /// A folder with templates of your own, as workers are given it
    #[arg(long, global = true, env = "NOTICE_TEMPLATES", value_name = "FOLDER")]
    notice_templates: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List kinds and where the template of each language comes from
    List,
    /// Show a notice as it would be sent
    Preview(Preview),
}

#[derive(Args)]
struct Preview {
    /// The kind, as `list` shows it
    kind: String,
    /// The language
    #[arg(long, default_value = "en")]
    locale: String,
    /// What is shown of it
    #[arg(long, value_enum, default_value = "text")]
    channel: Channel,
    /// A JSON file with a notice's payload instead of an example
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// The shop's name
    #[arg(long, default_value = "Your Shop")]
    shop: String,
    /// Where to write it, instead of here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Channel {
    /// The HTML part of a mail
    Email,
    /// The plain part of a mail, with its subject
    Text,
    /// A text message
    Sms,
    /// What WhatsApp's template shows, by number
    Whatsapp,
    /// Title and text inside the shop
    InApp,
}

impl Channel {
    /// Its word in the database.
    const fn name(self) -> &'static str {
        match self {
            Channel::Email | Channel::Text => "email",
            Channel::Sms => "sms",
            Channel::Whatsapp => "whatsapp",
            Channel::InApp => "in_app",
        }
    }
}

pub fn run(command: TemplatesCommand) -> anyhow::Result<ExitCode> {
    let library = Library::new(command.notice_templates.as_deref())?;
    match command.verb {
        Verb::List => list(&library),
        Verb::Preview(wanted) => preview(&library, &wanted)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "that is what the command is for")]
fn list(library: &Library) {
    let width = KINDS
        .iter()
        .map(|kind| kind.len())
        .max()
        .unwrap_or_default();
    for kind in KINDS {
        let sources = LOCALES.iter().map(|locale| {
            let source = library.source(kind, locale);
            format!("{locale} {}", source.map_or("missing", Source::name))
        });
        println!("{kind:width$}  {}", sources.collect::<Vec<_>>().join("  "));
    }
}

fn preview(library: &Library, wanted: &Preview) -> anyhow::Result<()> {
    if library.source(&wanted.kind, LOCALES[0]).is_none() {
        bail!(
            "no template is called {:?}; `stevedore templates list` shows them",
            wanted.kind
        );
    }
    let payload: Value = match &wanted.payload {
        None => Library::sample(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_str(&text).context("the payload is no JSON")?
        }
    };
    let rendered = library.preview(&stevedore_notices::Preview {
        kind: &wanted.kind,
        locale: &wanted.locale,
        channel: wanted.channel.name(),
        shop: &wanted.shop,
        payload: &payload,
        own: None,
    })?;
    let text = match wanted.channel {
        Channel::Email => rendered.html,
        Channel::Text => format!("Subject: {}\n\n{}", rendered.subject, rendered.text),
        Channel::Sms => rendered.short,
        Channel::Whatsapp => (1..)
            .zip(&rendered.variables)
            .map(|(number, text): (u8, _)| format!("{number} {text}\n"))
            .collect(),
        Channel::InApp => format!("{}\n\n{}", rendered.subject, rendered.body),
    };
    write(wanted, &text)
}

#[expect(clippy::print_stdout, reason = "that is what the command is for")]
fn write(wanted: &Preview, text: &str) -> anyhow::Result<()> {
    match &wanted.out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            println!("{}", text.trim_end());
            Ok(())
        }
    }
}
