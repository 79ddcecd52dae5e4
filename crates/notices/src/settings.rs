//! What previews need to know to say what workers send.

use std::path::PathBuf;

use clap::Args;

use super::{Library, NoticeError};

/// Where the shop's words come from, as workers are told.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Notices")]
pub struct TemplateSettings {
    /// A folder with templates of your own, `<locale>/<kind>.jinja`; what it does not have is
    /// taken from the built-in ones. `stevedore templates list` shows what there is
    #[arg(long, env = "NOTICE_TEMPLATES", value_name = "FOLDER")]
    pub notice_templates: Option<PathBuf>,

    /// The shop's name and address, e.g. "Kofi's Data <orders@example.com>". Required with the
    /// relay; the name also signs every notice
    #[arg(long, env = "SMTP_FROM", value_name = "MAILBOX", help_heading = "Mail")]
    pub smtp_from: Option<String>,
}

impl TemplateSettings {
    /// All templates.
    ///
    /// # Errors
    /// [`NoticeError`] when the folder can't be read or a template in it is none.
    pub fn library(&self) -> Result<Library, NoticeError> {
        let folder = self.notice_templates.as_deref();
        Library::new(folder.filter(|path| !path.as_os_str().is_empty()))
    }

    /// The name that signs notices.
    #[must_use]
    pub fn shop_name(&self) -> String {
        shop_name(self.smtp_from.as_deref().unwrap_or_default())
    }
}

/// The name that signs notices, from the mailbox that sends them: its name, else its domain.
#[must_use]
pub fn shop_name(mailbox: &str) -> String {
    let (name, address) = match mailbox.rsplit_once('<') {
        Some((name, address)) => (name.trim(), address.trim().trim_end_matches('>')),
        None => ("", mailbox.trim()),
    };
    let quoted = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let name = match quoted {
        Some(quoted) => unescaped(quoted),
        None => name.to_owned(),
    };
    if !name.is_empty() {
        return name;
    }
    let domain = address.rsplit_once('@').map(|(_, domain)| domain);
    domain.unwrap_or_default().to_owned()
}

/// Without the backslashes that a quoted name has before quotes.
fn unescaped(quoted: &str) -> String {
    let mut characters = quoted.chars();
    let mut name = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.extend(characters.next()),
            plain => name.push(plain),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::shop_name;

    #[test]
    fn the_sender_signs_by_name_or_by_domain() {
        for (mailbox, name) in [
            ("Kofi's Data <orders@example.com>", "Kofi's Data"),
            (r#""Kofi \"K\" Data" <a@example.com>"#, r#"Kofi "K" Data"#),
            ("orders@example.com", "example.com"),
            ("<orders@example.com>", "example.com"),
            ("", ""),
        ] {
            assert_eq!(shop_name(mailbox), name);
        }
    }
}
