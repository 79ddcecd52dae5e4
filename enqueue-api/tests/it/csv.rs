//! A list of any length is CSV in constant memory.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::ACCEPT;
use futures::StreamExt;
use tower::ServiceExt;

use crate::support::Api;

/// Orders in the list; a million with `STEVEDORE_TEST_CSV_ROWS=1000000`.
const ROWS: usize = 20_000;
/// What the process may grow by meanwhile: some pages of rows, however many rows there are.
const GROWTH_BYTES_MAX: usize = 64 * 1024 * 1024;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
fn rows() -> usize {
    let set = std::env::var("STEVEDORE_TEST_CSV_ROWS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(ROWS)
}

/// Resident memory of this process; None where the system does not tell.
fn resident_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[tokio::test]
async fn h1_a_list_of_any_length_is_streamed_in_constant_memory() {
    let api = Api::new().await;
    let rows = rows();
    let fill = format!(
        "set statement_timeout = 0; set session_replication_role = replica;
         insert into orders (order_number, order_status, payment_method, currency, subtotal,
           total_amount, customer_name, placed_at)
         select 'N-' || n, 'delivered', 'cod', 'GHS', 1, 1, 'Ama Mensah',
           clock_now() - n * interval '1 second'
         from generate_series(1, {rows}) as n;
         set session_replication_role = origin;
         analyze orders"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill))
        .execute(api.db.pool())
        .await
        .unwrap();
    let request = api
        .request(Method::GET, "/v1/orders")
        .header(ACCEPT, "text/csv");
    let request = request.body(Body::empty()).unwrap();
    let response = api.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut chunks = response.into_body().into_data_stream();
    let (mut lines, mut before, mut most) = (0, None, 0);
    while let Some(chunk) = chunks.next().await {
        lines += chunk.unwrap().iter().filter(|byte| **byte == b'\n').count();
        let resident = resident_bytes().unwrap_or_default();
        most = most.max(resident);
        before.get_or_insert(resident);
    }
    assert_eq!(lines, rows + 1);
    let growth = most.saturating_sub(before.unwrap_or_default());
    println!("{rows} rows: {growth} bytes more at most");
    assert!(growth < GROWTH_BYTES_MAX, "{growth}");
}
