//! What is mounted beside the API, such as pages for staff: it is logged, counted, limited and
//! hardened as the API itself is.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::guard::guard;
use crate::state::ApiState;

/// The routes with what stands before them.
pub(crate) fn guarded(routes: Router, state: &ApiState) -> Router<ApiState> {
    routes
        .with_state(())
        .route_layer(from_fn_with_state(state.clone(), hold_off))
        .route_layer(from_fn_with_state(state.clone(), guard))
}

/// An address that shows wrong keys in a form is counted with those that send them in a header, and
/// held off before anything is asked of the database.
async fn hold_off(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
    let (limits, settings) = (state.limits(), state.settings());
    if let Err(problem) = limits.check_stranger(&headers, &extensions, settings) {
        return problem.into_response();
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        // This one was tried already; the next finds out.
        let _ = limits.count_stranger(&headers, &extensions, settings);
    }
    response
}
