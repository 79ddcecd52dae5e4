//! The room of templates.

use crate::browser::Browser;

const ONE: &str = "/console/templates/preview?kind=order_confirmed";

#[tokio::test]
async fn g3_the_console_lists_every_text_with_its_origin_and_shows_each() {
    let browser = Browser::signed_in().await;
    browser
        .run(
            "insert into notification_templates
               (notification_type, channel, locale, subject, body_text)
             values ('order_confirmed', 'sms', 'fr', null, 'Merci {{ customer_name }}'),
               ('order_failure', 'email', 'en', 'Look: {{ summary }}', null)",
        )
        .await;
    let list = browser.get("/console/templates").await;
    insta::assert_snapshot!("templates", list.page());
    let paths: Vec<String> = list
        .text
        .split(r#"href=""#)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.contains("preview?"))
        .map(|path| path.replace("&amp;", "&").replace("&#x2f;", "/"))
        .collect();
    assert_eq!(paths.len(), 16 * 3 * 4 + 1);
    for path in &paths {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
    }
    let own = browser.get(&format!("{ONE}&locale=fr&channel=sms")).await;
    assert!(
        own.text.contains("<pre>Merci Zoë Müller-Lefèvre</pre>"),
        "{}",
        own.text
    );
    assert!(own.text.contains(r#"<span class="chip database">"#));
    let page = browser.get(&format!("{ONE}&locale=fr&channel=email")).await;
    insta::assert_snapshot!("template", page.page());
}

#[tokio::test]
async fn g3_the_page_of_a_mail_is_in_a_frame_that_may_do_nothing() {
    let browser = Browser::signed_in().await;
    let mail = "/console/templates/mail?kind=order_confirmed&locale=de&channel=email";
    let page = browser.get(mail).await;
    assert_eq!(page.status, 200);
    assert!(page.text.starts_with("<!doctype html>") && page.text.contains("Kofi&#x27;s Data"));
    // As the mail itself: it is about the order, so nobody can end it.
    assert!(!page.text.contains("unsubscribe"), "{}", page.text);
    let shipped = mail.replace("order_confirmed", "order_shipped");
    assert!(browser.get(&shipped).await.text.contains("unsubscribe"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("script"));
    assert_eq!(page.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(page.header("cache-control"), "no-store");
    let around = browser.get(&format!("{ONE}&locale=de&width=phone")).await;
    assert!(around.text.contains("<iframe sandbox "), "{}", around.text);
    assert!(around.text.contains(r#"class="phone""#));
}

#[tokio::test]
async fn g3_what_is_wrong_with_a_template_is_shown_and_what_is_not_there_is_said() {
    let browser = Browser::signed_in().await;
    browser
        .run(
            "insert into notification_templates (notification_type, channel, locale, body_text)
             values ('order_confirmed', 'email', 'en', '{% if %}')",
        )
        .await;
    let broken = browser.get(&format!("{ONE}&locale=en")).await;
    assert_eq!(broken.status, 422);
    assert!(
        broken.text.contains("the notice’s template failed")
            || broken.text.contains("the notice&#x27;s template failed"),
        "{}",
        broken.text
    );
    for unknown in ["kind=nonsense", "kind=", "kind=%00", "", "kind=%ff"] {
        let path = format!("/console/templates/preview?{unknown}");
        assert_eq!(browser.get(&path).await.status, 404, "{unknown}");
    }
    let odd = browser.get(&format!("{ONE}&locale=tlh&channel=fax")).await;
    assert_eq!(odd.status, 422, "English, and mail, which is broken");
}
