//! What customers are told, before they are.

use stevedore_enqueue_api::wire;

use crate::support::Api;

#[tokio::test]
async fn g3_every_text_is_listed_with_its_origin_and_shown_as_it_would_be_sent() {
    let api = Api::new().await;
    sqlx::raw_sql(
        "insert into notification_templates (notification_type, channel, locale, subject, body_text)
         values ('order_confirmed', 'email', 'fr', 'Merci, {{ customer_name }}', null),
           ('low_stock', 'sms', 'en', null, '{% if %}')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let list = api.get("/v1/templates").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let all: wire::TemplateList = serde_json::from_str(&list.text).unwrap();
    assert_eq!(all.templates.len(), 16 * 3 * 4);
    let own: Vec<_> = all
        .templates
        .iter()
        .filter(|text| text.source == "database")
        .map(|text| {
            (
                text.kind.as_str(),
                text.locale.as_str(),
                text.channel.as_str(),
            )
        })
        .collect();
    let expected = [
        ("order_confirmed", "fr", "email"),
        ("low_stock", "en", "sms"),
    ];
    assert_eq!(own, expected);

    let path = "/v1/templates/order_confirmed/preview";
    let shown = api.get(&format!("{path}?locale=fr-CA&channel=email")).await;
    let shown: wire::TemplatePreview = serde_json::from_str(&shown.text).unwrap();
    assert!(shown.is_own);
    assert_eq!(shown.subject, "Merci, Zoë Müller-Lefèvre");
    assert!(shown.html.contains("<html lang=\"fr\">"), "{}", shown.html);
    assert!(!shown.text.contains("unsubscribe"), "{}", shown.text);
    let english: wire::TemplatePreview = serde_json::from_str(&api.get(path).await.text).unwrap();
    assert!(!english.is_own && english.text.contains("Harbour at dawn"));

    let unknown = api.get("/v1/templates/nonsense/preview").await;
    assert_eq!(unknown.problem(), (404, "template_not_found"));
    let broken = api.get("/v1/templates/low_stock/preview?channel=sms").await;
    assert_eq!(broken.problem(), (422, "template_broken"));
    let wrong = api.get(&format!("{path}?channel=fax&x=1")).await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 2);
    let reader = api.key_with(&["orders:read"]).await;
    let request = axum::http::Request::get(path)
        .header("authorization", format!("Bearer {reader}"))
        .body(axum::body::Body::empty());
    let refused = api.send(request.unwrap()).await;
    assert_eq!(refused.problem(), (403, "insufficient_scope"));
}
