//! Every notice, byte for byte, and what a customer may try with it.

use std::sync::LazyLock;

use serde_json::{Value, json};
use stevedore_notices::{KINDS, LOCALES, Library, Notice, NoticeError, Own, Rendered};

static OURS: LazyLock<Library> = LazyLock::new(|| Library::new(None).expect("our templates"));

fn payload() -> Value {
    let mut payload = Library::sample();
    payload["a field of tomorrow"] = json!(true);
    payload
}

fn told(kind: &str, locale: &str, payload: &Value, own: &Own) -> Result<Rendered, NoticeError> {
    let notice = Notice {
        kind,
        locale,
        payload,
        shop: "Kofi's <Data>",
        order_url: Some("https://shop.example/orders/7?a=1&b=2"),
        unsubscribe_url: Some("https://shop.example/v1/unsubscribe/7"),
    };
    OURS.render(&notice, own)
}

fn render(kind: &str, locale: &str, payload: &Value) -> Rendered {
    told(kind, locale, payload, &Own::default()).expect("a notice")
}

/// The words of a page, one after the other.
fn words(html: &str) -> String {
    let body = html.split("<body").nth(1).expect("a body");
    let text: String = body
        .split('<')
        .filter_map(|part| part.split_once('>').map(|(_, text)| text))
        .map(|text| format!("{text} "))
        .collect();
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn g3_every_notice_is_rendered_as_text_and_html_in_every_language() {
    for kind in KINDS {
        for locale in LOCALES {
            let notice = render(kind, locale, &payload());
            for text in [&notice.subject, &notice.text, &notice.html, &notice.short] {
                assert!(
                    !text.trim().is_empty() && !text.contains("{{"),
                    "{kind} {locale}"
                );
            }
            assert!(notice.short.chars().count() <= 320, "{}", notice.short);
            if *locale == "en" || *kind == "order_confirmed" {
                let all = format!(
                    "Subject: {}\nShort: {}\n\n{}\n{}",
                    notice.subject, notice.short, notice.text, notice.html
                );
                insta::assert_snapshot!(format!("{kind}_{locale}"), all);
            }
        }
    }
}

#[test]
fn g3_the_plain_part_says_what_the_page_says() {
    for kind in KINDS {
        for locale in LOCALES {
            let notice = render(kind, locale, &payload());
            let page = words(&notice.html);
            // Addresses stand behind the page's buttons; a table has no colons.
            let plain = notice
                .text
                .split_whitespace()
                .filter(|word| !word.starts_with("https://") && !matches!(*word, "x" | "-" | ":"));
            for word in plain {
                let word = word.trim_end_matches([':', '.', ',']);
                assert!(
                    page.contains(word),
                    "{kind} {locale}: {word:?} is not in {page}"
                );
            }
        }
    }
}

#[test]
fn g3_what_a_customer_typed_is_text_in_html_and_one_line_everywhere() {
    let evil = json!({
        "order_number": "ORD-1",
        "customer_name": "<script>alert(1)</script>\r\nBcc: all@example.com",
        "currency": "GHS",
        "total_amount": 1,
        "lines": [{
            "title": "<img src=x onerror=alert(1)> & \"co\"\u{2028}",
            "sku": "X",
            "quantity": 1,
            "recipient_phone": "<b>1</b>{{ 7 * 7 }}",
        }],
        "reason": "</p><a href='https://evil.example'>click</a>",
        "tracking_url": "javascript:alert(1)",
        "tracking_number": "<u>1",
        "carrier": "<i>dpd",
        "title": "<b>",
        "summary": "<b>\r\nSubject: x",
        "message": "<b>",
        "items": ["<b>1</b>"],
    });
    for kind in KINDS.iter().chain([&"a_kind_of_tomorrow"]) {
        for locale in LOCALES {
            let notice = render(kind, locale, &evil);
            for markup in [
                "<script",
                "<img",
                "<b>",
                "<a href='",
                "<u>",
                "<i>",
                "<Data>",
                "javascript",
            ] {
                assert!(
                    !notice.html.contains(markup),
                    "{kind}: {markup} in {}",
                    notice.html
                );
            }
            let name = "<script>alert(1)</script> Bcc: all@example.com";
            assert_eq!(notice.customer_name.as_deref(), Some(name));
            assert!(notice.text.contains(name), "{}", notice.text);
            assert!(!notice.text.contains("49"), "{}", notice.text);
            for line in [&notice.subject, &notice.short] {
                assert!(!line.contains(['\r', '\n']), "{line}");
            }
            assert!(!notice.text.contains('\r'), "{}", notice.text);
        }
    }
}

#[test]
fn a_sparse_payload_still_makes_a_notice_and_a_long_one_a_short_one() {
    let sparse = json!({"order_number": "ORD-1"});
    for kind in KINDS {
        let notice = render(kind, "en", &sparse);
        assert!(notice.text.starts_with("Hello,\n\n"), "{}", notice.text);
        assert!(!notice.text.contains("None") && !notice.text.contains("none"));
    }
    let lines: Vec<_> = (0..500)
        .map(|n| json!({"sku": format!("S{n}"), "quantity": 1}))
        .collect();
    let long = json!({"order_number": "ORD-1", "lines": lines});
    let notice = render("order_confirmed", "en", &long);
    assert!(notice.text.contains("1 x S49\n"), "{}", notice.text);
    assert!(notice.text.contains("and 450 more"), "{}", notice.text);
    assert!(!notice.text.contains("S50"), "{}", notice.text);
}

#[test]
fn g3_a_language_falls_back_to_its_base_and_then_to_english() {
    let subject = |locale| render("order_delivered", locale, &payload()).subject;
    assert_eq!(subject("fr-CA"), subject("fr"));
    assert_eq!(subject("DE_at"), subject("de"));
    assert_eq!(subject("tlh"), subject("en"));
}

#[test]
fn g3_a_shops_own_template_goes_first_and_escapes_as_ours() {
    let own = Own {
        subject: Some("{{ order_number }}: thanks!".to_owned()),
        body_text: Some("Dear {{ customer_name }}!\n\nBye.".to_owned()),
        ..Own::default()
    };
    let mut payload = payload();
    payload["customer_name"] = json!("<b>Ama");
    let notice = told("order_confirmed", "en", &payload, &own).expect("a notice");
    assert_eq!(notice.subject, "ORD-20261121-00007: thanks!");
    assert!(
        notice.text.contains("Dear <b>Ama!\n\nBye."),
        "{}",
        notice.text
    );
    assert!(
        notice.html.contains("Dear &lt;b&gt;Ama!</p>"),
        "{}",
        notice.html
    );
    for endless in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ nothing.of.this }}",
        "{% if %}",
    ] {
        let own = Own {
            body_text: Some(endless.to_owned()),
            ..Own::default()
        };
        let refused = told("order_confirmed", "en", &payload, &own).expect_err("no end");
        assert!(matches!(refused, NoticeError::Template(_)), "{refused}");
    }
}

#[test]
fn g3_templates_of_a_folder_take_the_place_of_ours() {
    let folder = std::env::temp_dir().join(format!("stevedore-templates-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("fr")).expect("a folder");
    let template = "{% block subject %}À {{ shop }}{% endblock %}{% block body %}Oui.{% endblock %}\
        {% block short %}Oui{% endblock %}";
    std::fs::write(folder.join("fr/order_delivered.jinja"), template).expect("a file");
    let library = Library::new(Some(&folder)).expect("a library");
    let payload = payload();
    let notice = |kind, locale| Notice {
        kind,
        locale,
        payload: &payload,
        shop: "Kofi",
        order_url: None,
        unsubscribe_url: None,
    };
    let own = Own::default();
    let render = |kind, locale| {
        library
            .render(&notice(kind, locale), &own)
            .expect("rendered")
    };
    assert_eq!(render("order_delivered", "fr").subject, "À Kofi");
    assert_eq!(
        render("order_delivered", "de").subject,
        render_ours("order_delivered", "de")
    );
    std::fs::write(folder.join("fr/order_delivered.jinja"), "{% block").expect("a file");
    assert!(
        Library::new(Some(&folder)).is_err(),
        "a broken template stops the start"
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

fn render_ours(kind: &str, locale: &str) -> String {
    render(kind, locale, &payload()).subject
}

#[test]
fn a_notice_that_cannot_be_rendered_says_why() {
    let broken = told(
        "order_confirmed",
        "en",
        &json!({"lines": 7}),
        &Own::default(),
    );
    let broken = broken.expect_err("no list");
    assert!(matches!(broken, NoticeError::Payload(_)), "{broken}");
}
