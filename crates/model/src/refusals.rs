//! What the database's refusals of a change mean.

use serde::Deserialize;

use crate::orders::TransitionError;
use crate::sqlstate;

/// DETAIL of an illegal transition.
#[derive(Deserialize)]
struct Refused {
    from: Option<String>,
    to: String,
}

/// Why a change of an order, or of what belongs to it, was refused. `to` is the state that was
/// asked for, where the database does not name it.
pub(crate) fn transition(error: sqlx::Error, to: &str) -> TransitionError {
    let known = match sqlstate::of(&error).as_str() {
        sqlstate::NOT_FOUND => Some(TransitionError::NotFound),
        sqlstate::ILLEGAL_TRANSITION => {
            sqlstate::detail(&error).map(|Refused { from, to }| TransitionError::Illegal {
                from: from.unwrap_or_default(),
                to,
                message: sqlstate::message(&error),
            })
        }
        sqlstate::EXPIRED => Some(TransitionError::Illegal {
            from: "expired".into(),
            to: to.into(),
            message: sqlstate::message(&error),
        }),
        sqlstate::INVALID => sqlstate::detail(&error).map(TransitionError::Invalid),
        sqlstate::OUT_OF_STOCK => sqlstate::detail(&error).map(TransitionError::OutOfStock),
        sqlstate::VERSION => Some(TransitionError::Changed(sqlstate::message(&error))),
        _ => None,
    };
    match (known, &error) {
        (Some(known), _) => known,
        (None, sqlx::Error::RowNotFound) => TransitionError::NotFound,
        (None, _) => TransitionError::Database(error),
    }
}
