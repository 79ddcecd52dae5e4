//! A steady rate: does the queue keep up, and how long do jobs wait?

use std::time::Duration;

use super::latency::{Pace, Seen, report_percentiles, seen_by};
use crate::bench::Bench;

const SECTION: &str = "sustained";

/// Measures two workers with default settings at the rate of the settings.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let (mut rates, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
    bench.screen.plan(bench.settings.rounds() + 1);
    for round in bench.rounds() {
        bench.step(&format!("{} jobs a second", bench.settings.rate), round);
        bench.stage.clear().await?;
        let lasts = if round == 0 {
            Duration::from_secs(2)
        } else {
            bench.settings.sustain()
        };
        let seen = sustain(bench, lasts).await?;
        if round > 0 {
            let (p50, p99) = seen.percentiles();
            rates.push(seen.per_s);
            p50s.push(p50);
            p99s.push(p99);
        }
    }
    let rate = bench.settings.rate;
    bench.report.add(
        SECTION,
        format!("handled, of {rate} a second"),
        "jobs/s",
        &rates,
    );
    let (p50, p99) = report_percentiles(bench, SECTION, &p50s, &p99s);
    bench.report.headline("loaded_pickup_p50_ms", p50);
    bench.report.headline("loaded_pickup_p99_ms", p99);
    bench.stage.clear().await
}

/// Two workers and the rate of the settings for so long.
pub async fn sustain(bench: &Bench, lasts: Duration) -> anyhow::Result<Seen> {
    seen_by(bench, 2, Pace::of(bench.settings.rate, lasts)).await
}
