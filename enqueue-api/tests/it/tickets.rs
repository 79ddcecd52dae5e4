//! Tickets over HTTP.

use serde_json::json;
use stevedore_enqueue_api::wire;

use crate::support::Api;

#[tokio::test]
async fn g6_tickets_are_listed_shown_and_resolved() {
    let api = Api::new().await;
    sqlx::raw_sql(
        "select open_ticket('delivery', 'high', 'a', 'A carrier is silent', '{\"carrier\": \"x\"}');
         select open_ticket('stock', 'low', 'b', 'A count is off');
         select open_ticket('stock', 'medium', 'b', 'A count is off')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let list = async |query: &str| -> wire::TicketList {
        let page = api.get(&format!("/v1/tickets{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        serde_json::from_value(page.body).unwrap()
    };
    let first = list("?limit=1").await;
    assert_eq!(first.tickets[0].ticket_id, 2);
    assert_eq!(first.tickets[0].occurrences, 2);
    let second = list(&format!("?after={}", first.next.unwrap())).await;
    assert_eq!(second.tickets[0].cause_key, "a");
    assert_eq!(list("?before=2").await.tickets[0].cause_key, "a");
    assert_eq!(
        list("?category=stock&severity=medium").await.tickets.len(),
        1
    );
    assert_eq!(list("?severity=critical").await.tickets.len(), 0);
    let wrong = api.get("/v1/tickets?category=mood&x=1").await;
    assert_eq!(
        (wrong.problem(), wrong.fields().len()),
        ((422, "validation_failed"), 2)
    );

    for _ in 0..2 {
        let body = json!({ "resolution": "they answer again" });
        let resolved = api.post("/v1/tickets/1/resolve", &body).await;
        let resolved: wire::Ticket = serde_json::from_value(resolved.body).unwrap();
        assert_eq!(resolved.resolved_by.as_deref(), Some("api:test"));
    }
    assert_eq!(list("?resolved=true").await.tickets.len(), 1);
    let shown = api.get("/v1/tickets/1").await;
    let shown: wire::Ticket = serde_json::from_value(shown.body).unwrap();
    assert_eq!(shown.resolution.as_deref(), Some("they answer again"));
    assert_eq!(
        api.get("/v1/tickets/99").await.problem(),
        (404, "ticket_not_found")
    );
    let unknown = api.post_bytes("/v1/tickets/99/resolve", "").await;
    assert_eq!(unknown.problem(), (404, "ticket_not_found"));
    let wrong = api.post("/v1/tickets/2/resolve", &json!({ "x": 1 })).await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
}
