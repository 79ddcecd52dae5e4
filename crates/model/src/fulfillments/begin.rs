//! The begin of an attempt to have something fulfilled or given up, and what it has to know.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{FulfillmentWork, WorkLine, WorkParcel};
use crate::TenantId;

/// Starts an attempt: the fulfilment is submitted and its order processing from here on, and the
/// order can't be cancelled. Commit before the provider is called. None: there is nothing to do
/// any more (delivered, cancelled, held before it was sent, failed for good, or no such
/// fulfilment). End the job in the same transaction then: it holds the order, so a person who
/// resumes it either is seen here or finds the job gone.
///
/// # Errors
/// If the database can't be asked.
pub async fn begin(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<Option<FulfillmentWork>, sqlx::Error> {
    let row = sqlx::query_file_as!(
        WorkRow,
        "../../sql/queries/fulfillments/begin.sql",
        fulfillment_id,
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.of(fulfillment_id)))
}

/// What a provider is to give up; none: nobody wants that any more.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn begin_cancellation(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<Option<FulfillmentWork>, sqlx::Error> {
    let row = sqlx::query_file_as!(
        WorkRow,
        "../../sql/queries/fulfillments/begin_cancellation.sql",
        fulfillment_id,
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.of(fulfillment_id)))
}

/// A fulfilment as the database answers it.
struct WorkRow {
    order_id: i64,
    order_number: String,
    provider_code: String,
    reference: Uuid,
    provider_order_id: Option<String>,
    attempt: i32,
    resumed: bool,
    last_submitted_seconds: Option<f64>,
    customer_name: String,
    customer_email: Option<String>,
    customer_phone: Option<String>,
    shipping_address: Option<Value>,
    lines: Json<Vec<WorkLine>>,
    failures: i32,
    look_only: bool,
    parcel: Json<WorkParcel>,
    service: Option<String>,
    account: String,
}

impl WorkRow {
    fn of(self, fulfillment_id: i64) -> FulfillmentWork {
        FulfillmentWork {
            fulfillment_id,
            order_id: self.order_id,
            order_number: self.order_number,
            provider_code: self.provider_code,
            reference: self.reference,
            provider_order_id: self.provider_order_id,
            attempt: self.attempt,
            resumed: self.resumed,
            since_last: self
                .last_submitted_seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()),
            customer_name: self.customer_name,
            customer_email: self.customer_email,
            customer_phone: self.customer_phone,
            shipping_address: self.shipping_address,
            lines: self.lines.0,
            failures: self.failures,
            look_only: self.look_only,
            parcel: self.parcel.0,
            service: self.service,
            account: self.account,
        }
    }
}
