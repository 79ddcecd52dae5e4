//! The templates: built-in ones, a folder's, a shop's own.

use std::path::Path;

use include_dir::{Dir, include_dir};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, State};
use stevedore_model::notifications::own::OwnTemplate;

use super::content::{self, Content};
use super::{Notice, NoticeError, Rendered};

/// Every kind that has templates; others are told in the words of their payload.
pub const KINDS: &[&str] = &[
    "order_confirmed",
    "payment_receipt",
    "payment_failed",
    "order_processing",
    "order_shipped",
    "order_out_for_delivery",
    "order_delivered",
    "order_cancelled",
    "order_refunded",
    "order_delayed",
    "return_approved",
    "return_rejected",
    "return_received",
    "back_in_stock",
    "low_stock",
    "digest",
];
/// The languages that have built-in templates; the first one stands in for all others.
pub const LOCALES: &[&str] = &["en", "fr", "de"];

/// What tells admins of a kind that has no template.
const ADMIN_KIND: &str = "admin";
/// Steps that a template may take; a shop's own one can't hold a worker up.
const FUEL: u64 = 50_000;
/// Bytes of a number that fits on a line of a phone.
const UNBROKEN_BYTES_MAX: usize = 28;
/// Bytes of one template in a folder.
const TEMPLATE_BYTES_MAX: u64 = 256 * 1024;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Templates of a shop, from the database, before those of the library.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The subject, one line.
    pub subject: Option<String>,
    /// The body; text, and HTML unless that has its own.
    pub body_text: Option<String>,
    /// The body as HTML.
    pub body_html: Option<String>,
    /// For channels of a few words the body is this.
    pub short: Option<String>,
}

impl Own {
    /// What the shop wrote for a channel.
    #[must_use]
    pub fn of(template: Option<&OwnTemplate>, channel: &str) -> Self {
        template.map_or_else(Self::default, |template| Self {
            subject: template.subject.clone(),
            body_text: template.body_text.clone(),
            body_html: template.body_html.clone(),
            short: template
                .body_text
                .clone()
                .filter(|_| matches!(channel, "sms" | "whatsapp")),
        })
    }
}

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// This program.
    BuiltIn,
    /// The folder of the settings.
    Folder,
    /// The table `notification_templates`.
    Database,
}

impl Source {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Folder => "folder",
            Self::Database => "database",
        }
    }
}

/// All templates.
pub struct Library {
    environment: Environment<'static>,
    from_folder: Vec<String>,
}

impl Library {
    /// The built-in templates, and a folder's before them: `<folder>/<locale>/<kind>.jinja`, in the
    /// same form. Everything is read and checked now.
    ///
    /// # Errors
    /// [`NoticeError`] when the folder can't be read or a template in it is none.
    pub fn new(folder: Option<&Path>) -> Result<Self, NoticeError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        // Only HTML is escaped; of one source, two templates are made.
        environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        environment.add_filter("strong", strong);
        environment.add_function("button", button);
        environment.add_function("list", list);
        for name in ["layout.html", "layout.txt", "lines.html", "lines.txt"] {
            let source = built_in(name).expect("a file of ours");
            environment.add_template(name, source)?;
        }
        let mut library = Self {
            environment,
            from_folder: Vec::new(),
        };
        for locale in LOCALES {
            for kind in KINDS.iter().chain([&ADMIN_KIND]) {
                let name = format!("{locale}/{kind}");
                if let Some(source) = built_in(&format!("{name}.jinja")) {
                    library.add(&name, source.to_owned())?;
                }
            }
        }
        if let Some(folder) = folder {
            library.read(folder)?;
        }
        Ok(library)
    }

    /// Whether the template of a kind in a locale is ours or the folder's; none: there is none.
    #[must_use]
    pub fn source(&self, kind: &str, locale: &str) -> Option<Source> {
        let name = format!("{locale}/{kind}");
        match self.from_folder.contains(&name) {
            true => Some(Source::Folder),
            false => self
                .environment
                .get_template(&format!("{name}.txt"))
                .is_ok()
                .then_some(Source::BuiltIn),
        }
    }

    /// What a preview shows instead of a real order.
    #[must_use]
    pub fn sample() -> serde_json::Value {
        content::sample()
    }

    /// The locale in which a kind would be told: the language itself, its base, or English.
    #[must_use]
    pub fn locale(&self, kind: &str, wanted: &str) -> String {
        let wanted = wanted.replace('_', "-");
        let base = wanted.split('-').next().unwrap_or_default().to_lowercase();
        [wanted.as_str(), base.as_str()]
            .into_iter()
            .find(|locale| self.source(kind, locale).is_some())
            .unwrap_or(LOCALES[0])
            .to_owned()
    }

    /// Renders a notice.
    ///
    /// # Errors
    /// [`NoticeError`]; none of them goes away by trying again.
    pub fn render(&self, notice: &Notice<'_>, own: &Own) -> Result<Rendered, NoticeError> {
        let kind = match self.source(notice.kind, LOCALES[0]) {
            Some(_) => notice.kind,
            None => ADMIN_KIND,
        };
        let locale = self.locale(kind, notice.locale);
        let content = Content::of(notice, &locale)?;
        let seen = Value::from(Serde(&content));
        let name = format!("{locale}/{kind}");
        let part = |block, extension| self.block(&name, block, extension, &seen);
        let source = |source: &str, extension| self.own(source, extension, &seen);

        let subject = match &own.subject {
            Some(text) => source(text, "txt")?,
            None => part("subject", "txt")?,
        };
        let body = match &own.body_text {
            Some(text) => source(text, "txt")?,
            None => part("body", "txt")?,
        };
        let html = match (&own.body_html, &own.body_text) {
            (Some(html), _) => source(html, "html")?,
            (None, Some(text)) => paragraphs(&source(text, "html")?),
            (None, None) => paragraphs(&part("body", "html")?),
        };
        let short = match &own.short {
            Some(text) => source(text, "txt")?,
            None => part("short", "txt")?,
        };
        let subject = content::field(&subject).unwrap_or_else(|| notice.kind.to_owned());
        let body = tidy(&body);
        let page = |extension, body: Value| {
            let layout = self
                .environment
                .get_template(&format!("layout.{extension}"))?;
            let subject = &subject;
            layout.render(minijinja::context! { subject, body, ..seen.clone() })
        };
        Ok(Rendered {
            text: page("txt", Value::from(&body))?,
            html: page("html", Value::from_safe_string(html))?,
            short: content::field(&short).unwrap_or_else(|| subject.clone()),
            variables: variables(&content),
            customer_name: content.customer_name,
            subject,
            body,
        })
    }

    /// Kind and locale of each template of the folder.
    pub(super) fn folder_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.from_folder.iter();
        names.filter_map(|name| name.split_once('/').map(|(locale, kind)| (kind, locale)))
    }

    fn add(&mut self, name: &str, source: String) -> Result<(), NoticeError> {
        for extension in ["txt", "html"] {
            let name = format!("{name}.{extension}");
            self.environment.add_template_owned(name, source.clone())?;
        }
        Ok(())
    }

    fn read(&mut self, folder: &Path) -> Result<(), NoticeError> {
        for locale in std::fs::read_dir(folder)? {
            let locale = locale?;
            if !locale.file_type()?.is_dir() {
                continue;
            }
            for file in std::fs::read_dir(locale.path())? {
                let path = file?.path();
                let is_template = path.extension().is_some_and(|suffix| suffix == "jinja");
                let Some(kind) = path.file_stem().filter(|_| is_template) else {
                    continue;
                };
                if path.metadata()?.len() > TEMPLATE_BYTES_MAX {
                    return Err(std::io::Error::other(format!("{path:?} is too large")).into());
                }
                let locale = locale.file_name();
                let name = format!("{}/{}", locale.to_string_lossy(), kind.to_string_lossy());
                self.add(&name, std::fs::read_to_string(&path)?)?;
                self.from_folder.push(name);
            }
        }
        Ok(())
    }

    fn block(
        &self,
        name: &str,
        block: &str,
        extension: &str,
        seen: &Value,
    ) -> Result<String, Error> {
        let template = self
            .environment
            .get_template(&format!("{name}.{extension}"))?;
        let lines_template = format!("lines.{extension}");
        let seen = minijinja::context! { lines_template, ..seen.clone() };
        template
            .render_captured(seen)?
            .with_state_mut(|state| state.render_block(block))
    }

    /// A shop's own text, as strict about HTML as a file.
    fn own(&self, source: &str, extension: &str, seen: &Value) -> Result<String, Error> {
        let name = format!("own.{extension}");
        let template = self.environment.template_from_named_str(&name, source)?;
        let lines_template = format!("lines.{extension}");
        template.render(minijinja::context! { lines_template, ..seen.clone() })
    }
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.get_file(name)?.contents_utf8()
}

/// By number, as WhatsApp's templates know them. An empty one would be refused.
fn variables(content: &Content) -> Vec<String> {
    let link = content.tracking_url.as_ref().or(content.order_url.as_ref());
    let amount = content.amount.as_ref().or(content.total.as_ref());
    [
        content.customer_name.as_ref(),
        Some(&content.order_number),
        amount,
        link,
        content.reason.as_ref(),
    ]
    .into_iter()
    .map(|value| value.filter(|text| !text.is_empty()))
    .map(|value| value.map_or_else(|| "-".to_owned(), ToOwned::to_owned))
    .collect()
}

fn is_html(state: &State<'_, '_>) -> bool {
    matches!(state.auto_escape(), AutoEscape::Html)
}

fn escaped(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

/// `{{ text|strong }}`: bold in HTML, itself in text. A short number stays on one line.
fn strong(state: &State<'_, '_>, text: String) -> Value {
    if !is_html(state) {
        return Value::from(text);
    }
    let is_number = text.len() <= UNBROKEN_BYTES_MAX && !text.contains(' ');
    let style = if is_number {
        " style=\"white-space:nowrap\""
    } else {
        ""
    };
    Value::from_safe_string(format!("<strong{style}>{}</strong>", escaped(&text)))
}

/// `{{ button(label, url) }}`: nothing without an address.
fn button(state: &State<'_, '_>, label: String, url: Option<String>) -> Value {
    let Some(url) = url else {
        return Value::from("");
    };
    if !is_html(state) {
        return Value::from(format!("{label}: {url}"));
    }
    Value::from_safe_string(format!(
        "<p style=\"margin:24px 0 8px\"><a href=\"{}\" style=\"display:inline-block;\
        padding:12px 20px;background:#1f5fbf;color:#ffffff;border-radius:6px;\
        text-decoration:none;font-weight:600\">{}</a></p>",
        escaped(&url),
        escaped(&label)
    ))
}

/// `{{ list(items) }}`: one point each.
fn list(state: &State<'_, '_>, items: Vec<String>) -> Value {
    if !is_html(state) {
        let points: Vec<_> = items.iter().map(|item| format!("- {item}")).collect();
        return Value::from(points.join("\n"));
    }
    let points: String = items
        .iter()
        .map(|item| format!("<li>{}</li>", escaped(item)))
        .collect();
    Value::from_safe_string(format!("<ul style=\"padding-left:20px\">{points}</ul>"))
}

/// Blocks parted by empty lines become paragraphs; what is HTML already stays as it is.
fn paragraphs(html: &str) -> String {
    let paragraph = |block: &str| match ["<p", "<table", "<ul"]
        .iter()
        .any(|tag| block.starts_with(tag))
    {
        true => block.to_owned(),
        false => format!("<p style=\"margin:0 0 16px\">{block}</p>"),
    };
    blocks(html).map(paragraph).collect::<Vec<_>>().join("\n")
}

/// Blocks parted by exactly one empty line, without what is empty.
fn tidy(text: &str) -> String {
    blocks(text).collect::<Vec<_>>().join("\n\n")
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n")
        .map(|block| block.trim_matches('\n').trim_end())
        .filter(|block| !block.trim().is_empty())
}
