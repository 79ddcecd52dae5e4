//! What the demo sells and which orders its buyers place: the same for the same N, every time.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// The product of which there is less than buyers want.
pub const HOT_SKU: &str = "AT-10GB-LAUNCH";

/// Who fulfils everything: the simulator speaks its wire format.
pub const PROVIDER: &str = "at_ishare";

/// Where the stock is: code and name.
pub const LOCATIONS: [(&str, &str); 2] = [("ACC", "Accra"), ("KUM", "Kumasi")];

/// Same orders in the same order on every run, so that two runs can be compared.
const SHUFFLE_SEED: u64 = 1846;

/// What becomes of an order, and so how its buyer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One line, paid on delivery.
    Plain,
    /// Two lines of two products.
    TwoLines,
    /// One unit of [`HOT_SKU`].
    Hot,
    /// A telephone number that is none: refused by the API.
    MalformedPhone,
    /// A well-formed number that the provider refuses for good.
    RefusedNumber,
    /// The provider answers 500 first.
    ProviderError,
    /// The provider takes the order, but its answer gets lost.
    LostAnswer,
    /// Paid beforehand: stays pending until the buyer confirms.
    Prepaid,
    /// Paid beforehand, and cancelled before it is confirmed.
    CancelledPending,
    /// Cancelled while the workers may already be at it: whoever is first wins.
    CancelledMidway,
    /// Sent twice at the same time with one Idempotency-Key.
    SentTwice,
}

/// Shares of N in per mille; what remains is [`Scenario::Plain`].
const SHARES: [(Scenario, usize); 10] = [
    (Scenario::Hot, 150),
    (Scenario::TwoLines, 100),
    (Scenario::ProviderError, 100),
    (Scenario::SentTwice, 50),
    (Scenario::Prepaid, 50),
    (Scenario::CancelledPending, 40),
    (Scenario::CancelledMidway, 40),
    (Scenario::RefusedNumber, 40),
    (Scenario::MalformedPhone, 20),
    (Scenario::LostAnswer, 20),
];

/// A product of the demo's catalogue. One unit is one data bundle.
pub struct Product {
    pub sku: &'static str,
    pub title: &'static str,
    pub network: &'static str,
    pub capacity_gb: u32,
    /// In pesewas (GHS minor units).
    pub price: i64,
}

/// The catalogue; the first product is the hot one.
pub const CATALOGUE: [Product; 5] = [
    product(HOT_SKU, "AT 10 GB launch offer", "AT", 10, 2_000),
    product("MTN-1GB", "MTN 1 GB", "MTN", 1, 600),
    product("MTN-5GB", "MTN 5 GB", "MTN", 5, 2_600),
    product("TELECEL-2GB", "Telecel 2 GB", "TELECEL", 2, 1_100),
    product("AT-1GB", "AT 1 GB", "AT", 1, 450),
];

const fn product(
    sku: &'static str,
    title: &'static str,
    network: &'static str,
    capacity_gb: u32,
    price: i64,
) -> Product {
    Product {
        sku,
        title,
        network,
        capacity_gb,
        price,
    }
}

/// All orders of one run.
pub struct Plan {
    pub scenarios: Vec<Scenario>,
}

impl Plan {
    /// The plan for `orders` orders. From 50 on every scenario occurs.
    pub fn new(orders: usize) -> Plan {
        let mut scenarios = Vec::with_capacity(orders);
        for (scenario, per_mille) in SHARES {
            let count = orders * per_mille / 1_000;
            scenarios.extend(std::iter::repeat_n(scenario, count));
        }
        scenarios.resize(orders, Scenario::Plain);
        scenarios.shuffle(&mut StdRng::seed_from_u64(SHUFFLE_SEED));
        Plan { scenarios }
    }

    /// Units in stock: of the hot product for two of three buyers, of all others for everybody.
    pub fn stock_of(&self, sku: &str) -> i64 {
        let units = match sku {
            HOT_SKU => self.count(Scenario::Hot) * 2 / 3,
            // An order has at most two lines of one unit each.
            _ => 2 * self.scenarios.len(),
        };
        i64::try_from(units).expect("a plan fits in memory")
    }

    /// How many orders follow `scenario`.
    pub fn count(&self, scenario: Scenario) -> usize {
        self.scenarios
            .iter()
            .filter(|planned| **planned == scenario)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::{HOT_SKU, Plan, SHARES, Scenario};

    #[test]
    fn every_scenario_occurs_from_fifty_orders_on() {
        let plan = Plan::new(50);
        assert_eq!(plan.scenarios.len(), 50);
        for (scenario, _) in SHARES {
            assert!(plan.count(scenario) > 0, "{scenario:?} does not occur");
        }
        assert!(plan.count(Scenario::Plain) > 0);
    }

    #[test]
    fn the_hot_product_is_short() {
        let plan = Plan::new(200);
        assert_eq!(plan.stock_of(HOT_SKU), 20);
        assert_eq!(plan.count(Scenario::Hot), 30);
    }
}
