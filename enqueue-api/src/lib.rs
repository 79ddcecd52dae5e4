//! HTTP in, and thin: check the shape, one SQL call, answer.
//!
//! - [`app`] is the whole API as a router, for a server or a test.
//! - [`run`] serves it: connection limits, graceful stop; [`run_beside`] with pages beside it.
//! - [`ApiSettings`] are its flags and environment variables.
//!
//! The way of a request: [`server`] (connection) → [`observe`] (trace, log line, metric, headers;
//! writes problems) → panic net → [`guard`] (a place, a deadline) → [`tags`] (what the client has
//! already) → [`once`] (repetitions) → [`auth`] (key and scope) → [`body`] (bytes to JSON) →
//! `routes/<noun>.rs` → one call into `model` or `queue`.
//! What may go wrong on that way is one list: [`problem::Kind`].

// The example of an order is one long `json!`.
#![recursion_limit = "256"]

pub mod auth;
mod beside;
pub mod body;
pub mod client_address;
pub mod csv;
pub mod events;
pub mod guard;
pub mod json;
pub mod observe;

mod inbox;
pub mod once;
mod pages;
mod placing;
pub mod problem;
pub mod rate_limit;
pub mod router;
pub mod routes;
pub mod server;
pub mod settings;
pub mod signed;
pub mod state;
pub mod tags;
pub mod wire;

mod cors;
mod database_error;
mod job_request;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

pub use server::{ServeError, run, run_beside};
pub use settings::ApiSettings;
pub use state::ApiState;

/// The API as a router; needs no port, so tests call it directly.
pub fn app(state: ApiState) -> Router {
    app_beside(state, Router::new())
}

/// The API with what is mounted beside it.
pub fn app_beside(state: ApiState, beside: Router) -> Router {
    let (router, _document) = router::routes(&state);
    // A router without routes has nothing to put a layer on.
    let router = match beside.has_routes() {
        true => router.merge(beside::guarded(beside, &state)),
        false => router,
    };
    with_layers(router, state)
}

/// What every request passes through, from outside in: CORS, observation, then the panic net.
fn with_layers(router: Router<ApiState>, state: ApiState) -> Router {
    let observed = router
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(state.clone(), observe::observe));
    let cors = cors::layer(&state.settings().cors_origins);
    match cors {
        Some(cors) => observed.layer(cors),
        None => observed,
    }
    .with_state(state)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use sqlx::postgres::PgPoolOptions;
    use stevedore_telemetry::Metrics;
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    use super::*;

    async fn panics() {
        panic!("the password is hunter2");
    }

    #[tokio::test]
    async fn a_panic_is_500_without_its_message() {
        let pool = PgPoolOptions::new()
            .connect_lazy("postgres://nowhere")
            .unwrap();
        let metrics = Metrics::install().unwrap();
        let state = ApiState::new(
            pool,
            ApiSettings::default(),
            metrics,
            CancellationToken::new(),
        );
        let app = with_layers(Router::new().route("/panics", get(panics)), state);
        let response = app
            .oneshot(Request::get("/panics").body(Body::empty()).unwrap())
            .await;
        let (parts, body) = response.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap();
        assert_eq!(parts.status, 500);
        assert!(text.contains(r#""code":"internal_error""#), "{text}");
        assert!(
            text.contains(parts.headers["x-trace-id"].to_str().unwrap()),
            "{text}"
        );
        assert!(!text.contains("hunter2"));
    }
}
