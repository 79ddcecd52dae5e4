//! Previews say what is sent.

use std::collections::BTreeSet;

use stevedore_model::notifications::own::OwnName;
use stevedore_notices::{CHANNELS, KINDS, LOCALES, Library, NOT_ESSENTIAL, Preview, Source};
use stevedore_testkit::TestDb;

#[tokio::test]
async fn g3_a_preview_has_the_link_that_ends_such_mails_only_where_the_mail_has_it() {
    let db = TestDb::new().await;
    let can_be_ended: Vec<String> = sqlx::query_scalar(
        "select notification_type from notification_kinds where not is_essential",
    )
    .fetch_all(db.pool())
    .await
    .expect("kinds");
    let ours: BTreeSet<&str> = NOT_ESSENTIAL.iter().copied().collect();
    assert_eq!(
        can_be_ended
            .iter()
            .map(String::as_str)
            .collect::<BTreeSet<_>>(),
        ours
    );

    let (library, sample) = (Library::new(None).expect("ours"), Library::sample());
    for (kind, channel) in KINDS.iter().flat_map(|kind| CHANNELS.map(|it| (kind, it))) {
        let shown = library
            .preview(&Preview {
                kind,
                locale: "fr",
                channel,
                shop: "Kofi",
                payload: &sample,
                own: None,
            })
            .expect("rendered");
        let has_link = shown.text.contains("/v1/unsubscribe/");
        let expected = channel == "email" && ours.contains(kind);
        assert_eq!(has_link, expected, "{kind} {channel}");
        assert_eq!(shown.html.contains("unsubscribe"), expected, "{kind}");
    }
}

#[test]
fn g3_the_list_says_who_wrote_each_text() {
    let folder = std::env::temp_dir().join(format!("stevedore-listed-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("es")).expect("a folder");
    let template = "{% block subject %}x{% endblock %}{% block body %}x{% endblock %}\
        {% block short %}x{% endblock %}";
    std::fs::write(folder.join("es/low_stock.jinja"), template).expect("a file");
    let library = Library::new(Some(&folder)).expect("a library");
    std::fs::remove_dir_all(&folder).expect("removed");
    let own = OwnName {
        notification_type: "order_failure".to_owned(),
        channel: "sms".to_owned(),
        locale: "fr".to_owned(),
    };
    let listed = library.listed(std::slice::from_ref(&own));
    assert_eq!(
        listed.len(),
        KINDS.len() * LOCALES.len() * CHANNELS.len() + CHANNELS.len() + 1
    );
    let source = |kind: &str, locale: &str, channel: &str| {
        let mut found = listed.iter().filter(|text| {
            (text.kind.as_str(), text.locale.as_str(), text.channel) == (kind, locale, channel)
        });
        found.next().map(|text| text.source)
    };
    assert_eq!(
        source("order_shipped", "de", "email"),
        Some(Source::BuiltIn)
    );
    assert_eq!(source("low_stock", "es", "in_app"), Some(Source::Folder));
    assert_eq!(source("order_failure", "fr", "sms"), Some(Source::Database));
    assert_eq!(source("order_failure", "fr", "email"), None);
}
