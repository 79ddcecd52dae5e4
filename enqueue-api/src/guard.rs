//! What keeps one request from harming the others: a place in the house or an answer at once, a
//! deadline, and a net under panics.

use std::any::Any;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use crate::problem::{Kind, Problem};
use crate::state::ApiState;

/// Refuses a request at once when too many are in progress, and gives it up when it takes longer
/// than the request timeout. Given up means dropped: its transaction is rolled back unless the
/// commit was already on its way.
pub async fn guard(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Ok(_place) = state.places().try_acquire() else {
        let most = state.settings().requests_max;
        let detail = format!("{most} requests are in progress, and there is room for no more.");
        return Problem::new(Kind::Overloaded, detail).into_response();
    };
    let allowed = state.settings().request_timeout;
    match timeout(allowed, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            let allowed = humantime::format_duration(allowed);
            let detail = format!("The request was not answered within {allowed}.");
            Problem::new(Kind::Timeout, detail).into_response()
        }
    }
}

/// The answer to a panic: the log has the details, the client has the trace id.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    Problem::new(
        Kind::Internal,
        "The request failed. The trace id leads to the cause.",
    )
    .into_response()
}
