//! Changes of an order that people ask for.
//!
//! Each is one call of an `sp_*` function in a transaction of its own (a part of the caller's, if
//! there is one), and a query that reads what came of it.

use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, PgTransaction};

use super::{Edit, OrderView, TransitionError, get};
use crate::{TenantId, clean, refusals};

/// The reasons of `order_holds`.
pub const HOLD_REASONS: [&str; 8] = [
    "awaiting_payment",
    "awaiting_return_items",
    "high_risk_of_fraud",
    "incorrect_address",
    "inventory_out_of_stock",
    "unknown_delivery_date",
    "delivery_failed",
    "other",
];

/// What somebody does to an order.
#[derive(Clone, Debug)]
pub enum Action<'a> {
    /// Commits its stock and begins its fulfilment; an order further on stays as it is.
    Confirm {
        /// A word with it.
        notes: Option<&'a str>,
    },
    /// Gives its stock back, stops waiting work, refunds what was paid, tells the customer.
    Cancel {
        /// Why.
        reason: &'a str,
    },
    /// Stops it until its last hold is released.
    Hold {
        /// One of `order_holds.reason`.
        reason: &'a str,
        /// The reason in words.
        notes: Option<&'a str>,
    },
    /// Releases one of its holds.
    Release {
        /// Which.
        order_hold_id: i64,
        /// A word with it.
        notes: Option<&'a str>,
    },
    /// Releases all its holds; what failed or was parked is tried again.
    Resume {
        /// A word with it.
        notes: Option<&'a str>,
    },
    /// Changes its lines or its address before its goods went.
    Edit(&'a Edit),
    /// Lets a part of a fulfilment go by itself.
    Split {
        /// Which fulfilment.
        fulfillment_id: i64,
        /// `[{"line_number", "quantity"}]`
        items: &'a Value,
    },
}

/// Does something to an order; answers it as it is then. With a `version` (`lock_version` as the
/// caller read it), only if nobody changed the order since.
///
/// # Errors
/// [`TransitionError`]; nothing was changed then.
pub async fn act(
    db: &mut PgConnection,
    tenant: TenantId,
    order_id: i64,
    version: Option<i32>,
    actor: &str,
    action: Action<'_>,
) -> Result<OrderView, TransitionError> {
    let run = async {
        let mut transaction = db.begin().await?; // a savepoint, in a wider transaction
        if version.is_some() {
            sqlx::query_file!(
                "../../sql/queries/orders/expect_version.sql",
                tenant.0,
                order_id,
                version
            )
            .fetch_one(&mut *transaction)
            .await?;
        }
        apply(
            &mut transaction,
            tenant,
            order_id,
            &clean::text(actor),
            &action,
        )
        .await?;
        transaction.commit().await
    };
    run.await
        .map_err(|error: sqlx::Error| refusals::transition(error, target(&action)))?;
    match get(&mut *db, tenant, order_id).await {
        Ok(Some(order)) => Ok(order),
        Ok(None) => Err(TransitionError::NotFound),
        Err(error) => Err(TransitionError::Database(error)),
    }
}

/// The state that an action leads to, for refusals that do not name it.
fn target(action: &Action<'_>) -> &'static str {
    match action {
        Action::Cancel { .. } => "cancelled",
        Action::Hold { .. } => "on_hold",
        _ => "confirmed",
    }
}

async fn apply(
    db: &mut PgTransaction<'_>,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    action: &Action<'_>,
) -> Result<(), sqlx::Error> {
    match action {
        Action::Confirm { notes } => confirm_in(db, tenant, order_id, actor, *notes).await,
        Action::Cancel { reason } => cancel_in(db, tenant, order_id, actor, reason).await,
        Action::Hold { reason, notes } => {
            let (reason, notes) = (clean::text(reason), notes.map(clean::text));
            let file = sqlx::query_file!(
                "../../sql/queries/orders/add_hold.sql",
                order_id,
                reason,
                notes,
                actor,
                tenant.0
            );
            file.fetch_one(&mut **db).await.map(drop)
        }
        Action::Release {
            order_hold_id,
            notes,
        } => {
            let notes = notes.map(clean::text);
            let file = sqlx::query_file!(
                "../../sql/queries/orders/release_hold.sql",
                order_id,
                order_hold_id,
                actor,
                notes,
                tenant.0
            );
            file.fetch_one(&mut **db).await.map(drop)
        }
        Action::Resume { notes } => {
            let notes = notes.map(clean::text);
            let file = sqlx::query_file!(
                "../../sql/queries/orders/resume.sql",
                order_id,
                actor,
                notes,
                tenant.0
            );
            file.fetch_one(&mut **db).await.map(drop)
        }
        Action::Edit(edit) => edit_in(db, tenant, order_id, actor, edit).await,
        Action::Split {
            fulfillment_id,
            items,
        } => {
            let file = sqlx::query_file!(
                "../../sql/queries/orders/split.sql",
                order_id,
                fulfillment_id,
                items,
                actor,
                tenant.0
            );
            file.fetch_one(&mut **db).await.map(drop)
        }
    }
}

async fn confirm_in(
    db: &mut PgTransaction<'_>,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    notes: Option<&str>,
) -> Result<(), sqlx::Error> {
    let notes = notes.map(clean::text);
    let file = sqlx::query_file!(
        "../../sql/queries/orders/confirm.sql",
        order_id,
        actor,
        notes,
        tenant.0
    );
    file.fetch_one(&mut **db).await.map(drop)
}

async fn cancel_in(
    db: &mut PgTransaction<'_>,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    let reason = clean::text(reason);
    let file = sqlx::query_file!(
        "../../sql/queries/orders/cancel.sql",
        order_id,
        actor,
        reason,
        tenant.0
    );
    file.fetch_one(&mut **db).await.map(drop)
}

async fn edit_in(
    db: &mut PgTransaction<'_>,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    edit: &Edit,
) -> Result<(), sqlx::Error> {
    let file = sqlx::query_file!(
        "../../sql/queries/orders/edit.sql",
        order_id,
        edit.lines(),
        edit.shipping_address(),
        actor,
        edit.reason,
        tenant.0
    );
    file.fetch_one(&mut **db).await.map(drop)
}

/// As [`act`], of any version, on a connection of its own.
async fn act_alone(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    action: Action<'_>,
) -> Result<OrderView, TransitionError> {
    let mut db = db.acquire().await.map_err(TransitionError::Database)?;
    act(&mut db, tenant, order_id, None, actor, action).await
}

/// Cancels an order that no provider has yet. Cancelling twice is once.
///
/// # Errors
/// [`TransitionError::Illegal`] once a provider may have it; its message says which.
pub async fn cancel(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    reason: &str,
) -> Result<OrderView, TransitionError> {
    act_alone(db, tenant, order_id, actor, Action::Cancel { reason }).await
}

/// Confirms a pending or held order. Confirming a confirmed order again changes nothing.
///
/// # Errors
/// [`TransitionError::Illegal`], also when its reservation lapsed before.
pub async fn confirm(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    notes: Option<&str>,
) -> Result<OrderView, TransitionError> {
    act_alone(db, tenant, order_id, actor, Action::Confirm { notes }).await
}

/// Stops an order until [`resume`]: fulfilments that did not begin wait. The same reason twice is
/// once.
///
/// # Errors
/// [`TransitionError`].
pub async fn hold(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    reason: &str,
) -> Result<OrderView, TransitionError> {
    let notes = Some(reason);
    let reason = "other";
    let action = Action::Hold { reason, notes };
    act_alone(db, tenant, order_id, actor, action).await
}

/// Lets a held order go on: what failed or was parked is tried again with new jobs.
///
/// # Errors
/// [`TransitionError`].
pub async fn resume(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    notes: Option<&str>,
) -> Result<OrderView, TransitionError> {
    act_alone(db, tenant, order_id, actor, Action::Resume { notes }).await
}
