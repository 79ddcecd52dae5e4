//! Customers by the shop's own ids, which paths and queries name them by.

use stevedore_model::{TenantId, customers};

use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;

/// The key of a customer.
///
/// # Errors
/// 404: the shop has none of this id.
pub async fn key(state: &ApiState, tenant: TenantId, customer: &str) -> Result<i64> {
    let found = customers::find(state.pool(), tenant, customer).await?;
    found.ok_or_else(|| missing(customer))
}

/// 404: the shop has no customer of this id.
#[must_use]
pub fn missing(customer: &str) -> Problem {
    let detail = format!("There is no customer with the id {customer:?}.");
    Problem::new(Kind::CustomerNotFound, detail)
}
