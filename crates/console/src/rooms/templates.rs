//! What customers and admins are told: every text, where it comes from, and how it looks.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use stevedore_model::notifications::own;
use stevedore_notices::{CHANNELS, LOCALES, Library, Listed, Preview, Rendered, Source};

use crate::Console;
use crate::form::{Form, Query, address};
use crate::page::{Refusal, room};
use crate::session::Session;

const HERE: &str = "/console/templates";

/// What the page of a mail may do within its frame: show its own styles.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The routes.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(HERE, get(list))
        .route("/console/templates/preview", get(preview))
        .route("/console/templates/mail", get(mail))
}

/// A kind of notice, with its texts by language.
#[derive(Serialize)]
struct Kind {
    kind: String,
    locales: Vec<Locale>,
}

#[derive(Serialize)]
struct Locale {
    locale: String,
    texts: Vec<Text>,
}

#[derive(Serialize)]
struct Text {
    name: &'static str,
    source: &'static str,
    path: String,
}

#[derive(Serialize)]
struct ListPage {
    title: &'static str,
    sources: [(&'static str, &'static str); 3],
    kinds: Vec<Kind>,
}

async fn list(session: Session, State(console): State<Console>) -> Result<Response, Refusal> {
    let page = ListPage {
        title: "Templates",
        sources: SOURCES,
        kinds: by_kind(listed(&console, &session).await?),
    };
    Ok(room(&session, HERE, "templates.html", &page))
}

#[derive(Serialize)]
struct PreviewPage<'a> {
    title: &'a str,
    channel: &'a str,
    source: &'static str,
    locales: Vec<Tab<'a>>,
    channels: Vec<Tab<'a>>,
    widths: [Tab<'a>; 2],
    is_narrow: bool,
    mail: String,
    rendered: Rendering<'a>,
    short_chars: usize,
    /// The template at Twilio.
    sid: Option<&'a str>,
}

/// One of a few views of the same thing.
#[derive(Serialize)]
struct Tab<'a> {
    name: &'a str,
    path: String,
    is_here: bool,
}

#[derive(Serialize)]
struct Rendering<'a> {
    subject: &'a str,
    plain: &'a str,
    short: &'a str,
    body: &'a str,
    variables: &'a [String],
}

/// One text, as it would be sent.
async fn preview(
    session: Session,
    State(console): State<Console>,
    Query(query): Query,
) -> Result<Response, Refusal> {
    let wanted = Wanted::of(&console, &session, &query).await?;
    let Shown { rendered, sid } = wanted.render(&console, &session).await?;
    let (locale, channel) = (wanted.locale.as_str(), wanted.channel);
    let is_narrow = query.get("width") == "phone";
    let tab = |name, path, is_here| Tab {
        name,
        path,
        is_here,
    };
    let locales = wanted.locales.iter().map(|name| {
        let path = wanted.path("preview", name, channel);
        tab(name.as_str(), path, name == locale)
    });
    let channels = CHANNELS.iter().map(|name| {
        let path = wanted.path("preview", locale, name);
        tab(channel_name(name), path, *name == channel)
    });
    let desk = wanted.path("preview", locale, channel);
    let page = PreviewPage {
        title: &wanted.kind,
        channel,
        source: wanted.source.name(),
        locales: locales.collect(),
        channels: channels.collect(),
        widths: [
            tab("Phone", format!("{desk}&width=phone"), is_narrow),
            tab("Desk", desk, !is_narrow),
        ],
        is_narrow,
        mail: wanted.path("mail", locale, "email"),
        short_chars: rendered.short.chars().count(),
        rendered: Rendering {
            subject: &rendered.subject,
            plain: &rendered.text,
            short: &rendered.short,
            body: &rendered.body,
            variables: &rendered.variables,
        },
        sid: sid.as_deref(),
    };
    Ok(room(&session, HERE, "template.html", &page))
}

/// The page of a mail, by itself, for the frame.
async fn mail(
    session: Session,
    State(console): State<Console>,
    Query(query): Query,
) -> Result<Response, Refusal> {
    let wanted = Wanted::of(&console, &session, &query).await?;
    let shown = wanted.render(&console, &session).await?;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, MAIL_POLICY),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    Ok((headers, shown.rendered.html).into_response())
}

/// Where texts come from, and what that means.
const SOURCES: [(&str, &str); 3] = [
    ("built-in", "of this program"),
    ("folder", "of the folder NOTICE_TEMPLATES"),
    ("database", "of the table notification_templates"),
];

fn channel_name(channel: &str) -> &'static str {
    match channel {
        "email" => "Mail",
        "sms" => "SMS",
        "whatsapp" => "WhatsApp",
        _ => "In the shop",
    }
}

async fn listed(console: &Console, session: &Session) -> Result<Vec<Listed>, Refusal> {
    let own = own::names(console.pool(), session.tenant()).await?;
    Ok(console.templates().listed(&own))
}

fn by_kind(listed: Vec<Listed>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for Listed {
        kind,
        locale,
        channel,
        source,
    } in listed
    {
        if kinds.last().is_none_or(|last| last.kind != kind) {
            let locales = Vec::new();
            kinds.push(Kind { kind, locales });
        }
        let Some(Kind { kind, locales }) = kinds.last_mut() else {
            continue;
        };
        if locales.last().is_none_or(|last| last.locale != locale) {
            let (locale, texts) = (locale.clone(), Vec::new());
            locales.push(Locale { locale, texts });
        }
        if let Some(Locale { texts, .. }) = locales.last_mut() {
            texts.push(Text {
                name: channel_name(channel),
                source: source.name(),
                path: path("preview", kind, &locale, channel),
            });
        }
    }
    kinds
}

/// Where a text is shown.
fn path(page: &str, kind: &str, locale: &str, channel: &str) -> String {
    let query = [("kind", kind), ("locale", locale), ("channel", channel)];
    address(&format!("{HERE}/{page}"), &query)
}

/// What somebody wants to see.
struct Wanted {
    kind: String,
    locale: String,
    channel: &'static str,
    source: Source,
    /// Languages that there are of it.
    locales: Vec<String>,
}

struct Shown {
    rendered: Rendered,
    /// The template at Twilio.
    sid: Option<String>,
}

impl Wanted {
    async fn of(console: &Console, session: &Session, query: &Form) -> Result<Self, Refusal> {
        let kind = query.get("kind").to_owned();
        let mut listed = listed(console, session).await?;
        listed.retain(|text| text.kind == kind);
        if listed.is_empty() {
            return Err(Refusal::Missing("There is no such kind of notice."));
        }
        let mut locales: Vec<String> = listed.iter().map(|text| text.locale.clone()).collect();
        locales.dedup();
        let mut known = CHANNELS
            .iter()
            .filter(|name| **name == query.get("channel"));
        let channel = known.next().copied().unwrap_or(CHANNELS[0]);
        let asked = query.get("locale");
        let mut of_it = locales.iter().filter(|locale| *locale == asked);
        let locale = of_it.next().map_or(LOCALES[0], String::as_str).to_owned();
        let mut same = listed
            .iter()
            .filter(|text| text.locale == locale && text.channel == channel);
        let source = same.next().map_or(Source::BuiltIn, |text| text.source);
        Ok(Self {
            kind,
            locale,
            channel,
            source,
            locales,
        })
    }

    fn path(&self, page: &str, locale: &str, channel: &str) -> String {
        path(page, &self.kind, locale, channel)
    }

    async fn render(&self, console: &Console, session: &Session) -> Result<Shown, Refusal> {
        let (pool, tenant) = (console.pool(), session.tenant());
        let own = own::template(pool, tenant, &self.kind, self.channel, &self.locale).await?;
        let rendered = console.templates().preview(&Preview {
            kind: &self.kind,
            locale: &self.locale,
            channel: self.channel,
            shop: console.shop(),
            payload: &Library::sample(),
            own: own.as_ref(),
        });
        // Whoever wrote the template has to see what is wrong with it.
        let rendered = rendered.map_err(|error| Refusal::Impossible(error.to_string()))?;
        let sid = own.and_then(|own| own.content_sid);
        Ok(Shown { rendered, sid })
    }
}
