//! The shape of an edit, checked before the database is asked.

use serde::Serialize;
use serde_json::{Value, json};

use super::new_order::{read_address, read_phone};
use super::{LINE_QUANTITY_MAX, LINES_MAX};
use crate::problems::{FieldProblem, Fields, problem};
use crate::words::{Address, PhoneNumber};

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// What the lines and the address of an order shall be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    lines: Vec<EditLine>,
    shipping_address: Option<Address>,
    /// Why.
    pub reason: Option<String>,
}

/// What one line shall be: one that is there, by its number, or a new one, by its SKU.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct EditLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    line_number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<String>,
    quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_phone: Option<PhoneNumber>,
}

impl Edit {
    /// Reads an edit from a request's body: `{"lines": [{"line_number": 1, "quantity": 3},
    /// {"sku": "MUG", "quantity": 1}], "shipping_address": {…}, "reason": "…"}`, all optional, but
    /// not all missing. Quantity 0 takes a line out.
    ///
    /// # Errors
    /// Every problem of its shape at once.
    pub fn parse(value: &Value) -> Result<Edit, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        match read_edit(value, &mut problems) {
            Some(edit) if problems.is_empty() => Ok(edit),
            _ => Err(problems),
        }
    }

    /// As `sp_edit_order()` takes them.
    #[must_use]
    pub fn lines(&self) -> Value {
        json!(self.lines)
    }

    /// As `orders.shipping_address` holds it.
    pub(super) fn shipping_address(&self) -> Option<Value> {
        self.shipping_address.as_ref().map(|address| json!(address))
    }
}

fn read_edit(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Edit> {
    let mut fields = Fields::of(value, "", problems)?;
    let lines = match fields.any("lines") {
        Some(value) => read_lines(value, fields.problems()),
        None => Some(Vec::new()),
    };
    let has_address = fields.any("shipping_address").is_some();
    let shipping_address = read_address(&mut fields, "shipping_address");
    let reason = fields.text("reason", 1..=REASON_CHARS_MAX);
    if lines.as_ref().is_some_and(Vec::is_empty) && !has_address {
        fields.wrong::<()>("lines", "required", "or shipping_address is required");
    }
    fields.finish();
    Some(Edit {
        lines: lines?,
        shipping_address,
        reason: reason.map(str::to_owned),
    })
}

fn read_lines(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Vec<EditLine>> {
    let Value::Array(lines) = value else {
        problems.push(problem("lines".into(), "wrong_type", "must be an array"));
        return None;
    };
    if lines.len() > LINES_MAX {
        let message = format!("must have at most {LINES_MAX} lines");
        problems.push(problem("lines".into(), "too_many", &message));
        return None;
    }
    let read: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| read_line(line, format!("lines[{index}]"), problems))
        .collect();
    read.into_iter().collect()
}

fn read_line(value: &Value, path: String, problems: &mut Vec<FieldProblem>) -> Option<EditLine> {
    let mut fields = Fields::of(value, path, problems)?;
    let line_number = fields.integer("line_number", 1..=i64::from(i32::MAX));
    let sku = fields.text("sku", 1..=64).map(str::to_owned);
    let quantity = fields.required_integer("quantity", 0..=LINE_QUANTITY_MAX);
    let recipient_phone = read_phone(&mut fields, "recipient_phone");
    fields.finish();
    Some(EditLine {
        line_number,
        sku,
        quantity: quantity?,
        recipient_phone,
    })
}
