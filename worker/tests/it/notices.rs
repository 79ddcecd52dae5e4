//! Every notice, byte for byte, and what a customer may try with it.

use serde_json::{Value, json};
use stevedore_worker::notices::{NOTICE_TYPES, NoticeError, render};

fn payload() -> Value {
    json!({
        "order_number": "ORD-20261121-00007",
        "customer_name": "Ama Mensah",
        "currency": "GHS",
        "total_amount": 1230,
        "lines": [
            {
                "title": "MTN 1 GB",
                "sku": "DATA-MTN-1",
                "quantity": 2,
                "total_price": 960,
                "recipient_phone": "+233241234567",
            },
            {"title": "Sticker", "sku": "STICKER", "quantity": 1, "total_price": 270},
        ],
        "reason": "ordered twice",
        "a field of tomorrow": true,
    })
}

#[test]
fn every_notice_is_rendered_as_text_and_html() {
    for kind in NOTICE_TYPES {
        let notice = render(kind, &payload(), "Kofi's Data").expect("a notice");
        let all = format!(
            "Subject: {}\n\n{}\n\n{}",
            notice.subject, notice.text, notice.html
        );
        insta::assert_snapshot!(*kind, all);
    }
}

#[test]
fn what_a_customer_typed_is_text_in_html_and_one_line_everywhere() {
    let evil = json!({
        "order_number": "ORD-1",
        "customer_name": "<script>alert(1)</script>\r\nBcc: all@example.com",
        "currency": "GHS",
        "total_amount": 1,
        "lines": [{
            "title": "<img src=x onerror=alert(1)> & \"co\"\u{2028}",
            "sku": "X",
            "quantity": 1,
            "recipient_phone": "<b>1</b>",
        }],
        "reason": "</p><a href='https://evil.example'>click</a>",
    });
    for kind in NOTICE_TYPES {
        let notice = render(kind, &evil, "<shop>").expect("a notice");
        for markup in ["<script", "<img", "<b>1", "<a href", "<shop>"] {
            assert!(!notice.html.contains(markup), "{kind}: {}", notice.html);
        }
        let name = "<script>alert(1)</script> Bcc: all@example.com";
        assert_eq!(notice.customer_name.as_deref(), Some(name));
        assert!(
            notice.text.starts_with(&format!("Hello {name},\n")),
            "{}",
            notice.text
        );
        assert!(!notice.text.contains('\r'), "{}", notice.text);
    }
}

#[test]
fn a_sparse_payload_still_makes_a_notice_and_a_long_one_a_short_one() {
    let sparse = json!({"order_number": "ORD-1"});
    for kind in NOTICE_TYPES {
        let notice = render(kind, &sparse, "Shop").expect("a notice");
        assert!(notice.text.starts_with("Hello,\n\n"), "{}", notice.text);
        assert!(!notice.html.contains("<table"), "{}", notice.html);
    }
    let lines: Vec<_> = (0..500)
        .map(|n| json!({"sku": format!("S{n}"), "quantity": 1}))
        .collect();
    let long = json!({"order_number": "ORD-1", "lines": lines});
    let notice = render("order_confirmed", &long, "Shop").expect("a notice");
    assert!(notice.text.contains("1 x S49\n"), "{}", notice.text);
    assert!(notice.text.contains("and 450 more"), "{}", notice.text);
    assert!(!notice.text.contains("S50"), "{}", notice.text);
}

#[test]
fn a_notice_that_cannot_be_rendered_says_why() {
    let unknown = render("order_eaten", &payload(), "Shop").expect_err("no template");
    assert!(matches!(unknown, NoticeError::UnknownType(_)), "{unknown}");
    let broken = render("order_confirmed", &json!({"lines": 7}), "Shop").expect_err("no list");
    assert!(matches!(broken, NoticeError::Payload(_)), "{broken}");
}
