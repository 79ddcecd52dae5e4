//! Amounts as they go over the wire.

/// An amount in minor units, with what is needed to write it as vendors want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units: cents, paise.
    pub amount: i64,
    /// ISO 4217 code, upper case.
    pub currency: String,
    /// Digits of the minor unit: 2 for most, 0 for yen, 3 for dinars.
    pub minor_digits: u32,
}

impl Money {
    /// The same currency, another amount.
    #[must_use]
    pub fn with_amount(&self, amount: i64) -> Self {
        Self {
            amount,
            ..self.clone()
        }
    }

    /// Major units in digits, `12.50`: exact, never by way of a float.
    #[must_use]
    pub fn decimal(&self) -> String {
        let sign = if self.amount < 0 { "-" } else { "" };
        let unit = 10u64.pow(self.minor_digits);
        let (whole, rest) = (
            self.amount.unsigned_abs() / unit,
            self.amount.unsigned_abs() % unit,
        );
        match self.minor_digits {
            0 => format!("{sign}{whole}"),
            digits => format!("{sign}{whole}.{rest:0width$}", width = digits as usize),
        }
    }
}

/// What the lines of a request cost their buyer: their own price, and their share of what the
/// order bears as a whole. All in the order's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Units times price.
    pub goods: Money,
    /// Share of the shipping fee.
    pub shipping: Money,
    /// Share of the tax.
    pub tax: Money,
    /// Share of the discount, not negative.
    pub discount: Money,
    /// What the courier collects on delivery; none: it is paid, or will be without the courier.
    pub collect: Option<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_an_amount_is_written_exactly_in_any_currency() {
        let written = |amount, minor_digits| {
            let currency = "XXX".to_owned();
            Money {
                amount,
                currency,
                minor_digits,
            }
            .decimal()
        };
        assert_eq!(written(1_250, 2), "12.50");
        assert_eq!(written(5, 2), "0.05");
        assert_eq!(written(-5, 2), "-0.05");
        assert_eq!(written(700, 0), "700");
        assert_eq!(written(1_234_567, 3), "1234.567");
        assert_eq!(written(i64::MAX, 2), "92233720368547758.07");
    }
}
