//! Numeric ids in paths.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::problem::{Kind, Problem};
use crate::state::ApiState;

/// What an id is the id of.
pub trait Noun: Send + 'static {
    /// Its name in sentences.
    const NAME: &'static str;
    /// The problem of an id that names none.
    const MISSING: Kind;
}

/// Orders.
#[derive(Debug)]
pub struct Order;

impl Noun for Order {
    const NAME: &'static str = "order";
    const MISSING: Kind = Kind::OrderNotFound;
}

/// Pick lists, their items and parcels.
#[derive(Debug)]
pub struct PickList;

impl Noun for PickList {
    const NAME: &'static str = "pick list";
    const MISSING: Kind = Kind::PickListNotFound;
}

/// Fulfilments.
#[derive(Debug)]
pub struct Fulfillment;

impl Noun for Fulfillment {
    const NAME: &'static str = "fulfilment";
    const MISSING: Kind = Kind::FulfillmentNotFound;
}

/// Parcels.
#[derive(Debug)]
pub struct Shipment;

impl Noun for Shipment {
    const NAME: &'static str = "parcel";
    const MISSING: Kind = Kind::ShipmentNotFound;
}

/// Transfers of stock.
#[derive(Debug)]
pub struct Transfer;

impl Noun for Transfer {
    const NAME: &'static str = "transfer";
    const MISSING: Kind = Kind::StockNotFound;
}

/// Stock counts.
#[derive(Debug)]
pub struct Count;

impl Noun for Count {
    const NAME: &'static str = "stock count";
    const MISSING: Kind = Kind::StockNotFound;
}

/// Errors of orders.
#[derive(Debug)]
pub struct OrderError;

impl Noun for OrderError {
    const NAME: &'static str = "error";
    const MISSING: Kind = Kind::OrderErrorNotFound;
}

/// Endpoints of webhooks.
#[derive(Debug)]
pub struct WebhookEndpoint;

impl Noun for WebhookEndpoint {
    const NAME: &'static str = "webhook endpoint";
    const MISSING: Kind = Kind::WebhookEndpointNotFound;
}

/// Tickets.
#[derive(Debug)]
pub struct Ticket;

impl Noun for Ticket {
    const NAME: &'static str = "ticket";
    const MISSING: Kind = Kind::TicketNotFound;
}

/// Routing rules.
#[derive(Debug)]
pub struct RoutingRule;

impl Noun for RoutingRule {
    const NAME: &'static str = "routing rule";
    const MISSING: Kind = Kind::RoutingRuleNotFound;
}

/// Notices.
#[derive(Debug)]
pub struct Notice;

impl Noun for Notice {
    const NAME: &'static str = "notice";
    const MISSING: Kind = Kind::NoticeNotFound;
}

/// Links of customers.
#[derive(Debug)]
pub struct CustomerToken;

impl Noun for CustomerToken {
    const NAME: &'static str = "link";
    const MISSING: Kind = Kind::CustomerTokenNotFound;
}

/// Returns.
#[derive(Debug)]
pub struct Return;

impl Noun for Return {
    const NAME: &'static str = "return";
    const MISSING: Kind = Kind::ReturnNotFound;
}

/// Events of providers.
#[derive(Debug)]
pub struct WebhookEvent;

impl Noun for WebhookEvent {
    const NAME: &'static str = "webhook event";
    const MISSING: Kind = Kind::WebhookEventNotFound;
}

/// Jobs.
#[derive(Debug)]
pub struct Job;

impl Noun for Job {
    const NAME: &'static str = "job";
    const MISSING: Kind = Kind::JobNotFound;
}

/// The one id in the path. What is no number from 1 to 2^63-1 names nothing, which is a 404 to
/// the client like any other id that does not exist.
#[derive(Debug)]
pub struct Id<N: Noun>(pub i64, PhantomData<N>);

impl<N: Noun> Id<N> {
    /// 404 for this id.
    #[must_use]
    pub fn missing(&self) -> Problem {
        missing::<N>(&self.0.to_string())
    }
}

/// 404 for an id that names nothing.
pub(super) fn missing<N: Noun>(id: &str) -> Problem {
    Problem::new(
        N::MISSING,
        format!("There is no {} with the id {id:?}.", N::NAME),
    )
}

impl<N: Noun> FromRequestParts<ApiState> for Id<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        // Undecodable percent-encoding is refused by axum, in plain text.
        let Ok(Path(segment)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Problem::new(
                N::MISSING,
                "The id in the path is not readable.",
            ));
        };
        match parse(&segment) {
            Some(id) => Ok(Self(id, PhantomData)),
            None => Err(missing::<N>(&segment)),
        }
    }
}

fn parse(segment: &str) -> Option<i64> {
    let digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    segment.parse().ok().filter(|id: &i64| digits && *id > 0)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_positive_decimal_numbers_that_fit_are_ids() {
        assert_eq!(parse("1"), Some(1));
        assert_eq!(parse("9223372036854775807"), Some(i64::MAX));
        for no in [
            "",
            "0",
            "-1",
            "+1",
            "1.0",
            "9223372036854775808",
            "abc",
            "1 ",
            "\u{661}",
            "\0",
        ] {
            assert_eq!(parse(no), None, "{no:?}");
        }
    }
}
