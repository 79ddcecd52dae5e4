//! Which service takes a parcel: the cheapest, or the fastest, of those that the shop uses.

use std::collections::BTreeSet;

use stevedore_model::labels::{CarrierService, LabelPlan, ServiceChoice};
use stevedore_providers::{Consignment, Journal, Rate};
use stevedore_queue::Failure;

use crate::environment::Environment;
use crate::settings::Prefer;

/// Asks the carriers that tell prices, and chooses. A carrier that can't be asked now is judged by
/// the shop's own price and its own parcels; one that is not configured is left out.
pub(super) async fn choose(
    env: &Environment,
    plan: &LabelPlan,
    parcel: &Consignment,
) -> Result<Option<ServiceChoice>, Failure> {
    let mut told = Vec::new();
    let mut able = BTreeSet::new();
    let codes: BTreeSet<&str> = plan
        .services
        .iter()
        .map(|service| service.choice.carrier_code.as_str())
        .collect();
    for code in codes {
        let Some(carrier) = env.carriers.get(code) else {
            continue;
        };
        if !carrier.capabilities().labels {
            continue;
        }
        able.insert(code.to_owned());
        if carrier.capabilities().rates && plan.services.len() > 1 {
            let Ok(permit) = env.gate.enter(code, carrier.account()).await else {
                continue;
            };
            let rates = carrier.rates(parcel, &mut Journal::new()).await;
            permit.settle_result(&rates).await;
            match rates {
                Ok(rates) => told.extend(rates.into_iter().map(|rate| (code.to_owned(), rate))),
                Err(error) => tracing::warn!(carrier = code, %error, "tells no prices now"),
            }
        }
    }
    let prefer = match plan.prefer.as_deref() {
        Some("cheapest") => Prefer::Cheapest,
        Some("fastest") => Prefer::Fastest,
        _ => env.labels.prefer,
    };
    let able = plan
        .services
        .iter()
        .filter(|service| able.contains(&service.choice.carrier_code));
    Ok(best(able, &told, prefer, plan.parcel.currency.as_str()))
}

/// The best; what is not known is the worst. Prices in another currency can't be compared.
fn best<'a>(
    services: impl Iterator<Item = &'a CarrierService>,
    told: &[(String, Rate)],
    prefer: Prefer,
    currency: &str,
) -> Option<ServiceChoice> {
    services
        .min_by_key(|service| {
            let choice = &service.choice;
            let rate = told.iter().find(|(carrier, rate)| {
                *carrier == choice.carrier_code && rate.service == choice.service
            });
            let rate = rate.map(|(_, rate)| rate);
            let price = match rate {
                Some(rate) if rate.price.currency == currency => Some(rate.price.amount),
                Some(_) => None,
                None => service
                    .price
                    .filter(|_| service.currency.as_deref() == Some(currency)),
            };
            let days = rate
                .and_then(|rate| rate.days)
                .map(i64::from)
                .or(service.days);
            let (price, days) = (price.unwrap_or(i64::MAX), days.unwrap_or(i64::MAX));
            let measures = match prefer {
                Prefer::Cheapest => (price, days),
                Prefer::Fastest => (days, price),
            };
            (
                measures,
                choice.carrier_code.clone(),
                choice.service.clone(),
            )
        })
        .map(|service| service.choice.clone())
}

#[cfg(test)]
mod tests {
    use stevedore_providers::Money;

    use super::*;

    fn service(carrier: &str, service: &str, price: i64, days: i64) -> CarrierService {
        CarrierService {
            choice: ServiceChoice {
                carrier_code: carrier.to_owned(),
                service: service.to_owned(),
            },
            price: (price > 0).then_some(price),
            currency: (price > 0).then(|| "GBP".to_owned()),
            days: (days > 0).then_some(days),
        }
    }

    fn rate(carrier: &str, service: &str, amount: i64, currency: &str) -> (String, Rate) {
        let price = Money {
            amount,
            currency: currency.to_owned(),
            minor_digits: 2,
        };
        let rate = Rate {
            service: service.to_owned(),
            price,
            days: Some(2),
        };
        (carrier.to_owned(), rate)
    }

    #[test]
    fn b10_the_cheapest_or_the_fastest_is_chosen_from_rates_contract_and_history() {
        let services = [
            service("ups", "11", 0, 0),
            service("royal_mail", "TPLN", 450, 3),
            service("dhl", "1", 2_800, 1),
        ];
        let told = [rate("ups", "11", 430, "GBP")];
        let chosen = |told: &[(String, Rate)], prefer| {
            best(services.iter(), told, prefer, "GBP").map(|choice| choice.carrier_code)
        };
        assert_eq!(chosen(&told, Prefer::Cheapest).as_deref(), Some("ups"));
        assert_eq!(chosen(&told, Prefer::Fastest).as_deref(), Some("dhl"));
        // Without a price nobody knows that it is cheap.
        assert_eq!(chosen(&[], Prefer::Cheapest).as_deref(), Some("royal_mail"));
        let euros = [rate("ups", "11", 1, "EUR")];
        assert_eq!(
            chosen(&euros, Prefer::Cheapest).as_deref(),
            Some("royal_mail")
        );
        assert_eq!(best([].iter(), &told, Prefer::Cheapest, "GBP"), None);
    }
}
