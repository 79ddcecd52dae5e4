//! Orders: what may be asked for, and what there is.

mod change;
mod edit;
mod errors;
mod list;
mod new_order;
mod place;
mod tally;
mod view;

pub use change::{Action, HOLD_REASONS, act, cancel, confirm, hold, resume};
pub use edit::Edit;
pub use errors::{ErrorView, resolve_error};
pub use list::{Cursor, ORDER_STATUSES, OrderFilter, OrderLine, OrderPage, PAYMENT_STATUSES, list};
pub use new_order::{Amounts, Customer, LINE_QUANTITY_MAX, LINES_MAX, NewLine, NewOrder};
pub use place::{PlaceRequest, place, place_many, problems};
pub use tally::{Tally, tally};
pub use view::{
    FulfillmentItemView, FulfillmentView, HistoryView, HoldView, LineView, MetricsView, OrderView,
    ReturnLine, ShipmentView, find_by_number, get,
};

use serde::{Deserialize, Serialize};

use crate::problems::FieldProblem;
use crate::wallets::WalletShort;

/// An order that was placed, now or by an earlier request with the same idempotency key.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Key of the order.
    pub order_id: i64,
    /// Its number for people.
    pub order_number: String,
    /// Its state when it was placed.
    pub order_status: String,
    /// Whether this is the answer to an earlier request, given again.
    pub replayed: bool,
    /// The answer to the client, the same on every replay.
    pub response: serde_json::Value,
}

/// A stock item of which an order wanted more than there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The item's SKU.
    pub sku: String,
    /// Units that the order wanted, all lines together.
    pub requested: i64,
    /// Units that could have been promised.
    pub available: i64,
}

/// Why an order was not placed. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The catalogue does not allow it; all problems.
    #[error("the order is invalid")]
    Invalid(Vec<FieldProblem>),
    /// Not enough stock.
    #[error("not enough stock")]
    OutOfStock(Vec<Shortage>),
    /// Not enough in the customer's wallet.
    #[error("not enough in the wallet")]
    WalletShort(WalletShort),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with this key is being answered at this moment.
    #[error("a request with this idempotency key is in flight")]
    KeyInFlight,
    /// Anything else.
    #[error("placing the order failed")]
    Database(#[source] sqlx::Error),
}

/// Why an order, or what belongs to it, did not change.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    /// There is no such order.
    #[error("no such order")]
    NotFound,
    /// Its state does not allow it.
    #[error("{message}")]
    Illegal {
        /// State it is in.
        from: String,
        /// State that was asked for.
        to: String,
        /// Why not, for people.
        message: String,
    },
    /// What was asked for makes no sense; all problems.
    #[error("the change is invalid")]
    Invalid(Vec<FieldProblem>),
    /// Not enough stock for it.
    #[error("not enough stock")]
    OutOfStock(Vec<Shortage>),
    /// Somebody changed the order since the caller read it.
    #[error("{0}")]
    Changed(String),
    /// Anything else.
    #[error("changing the order failed")]
    Database(#[source] sqlx::Error),
}
