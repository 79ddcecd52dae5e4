//! Single enqueues over HTTP: the whole way of a request, in this process, over the loopback.

use std::time::Instant;

use anyhow::ensure;

use crate::bench::Bench;
use crate::http::{Api, Client};
use crate::stage::futures_of;

const SECTION: &str = "HTTP";
const CLIENTS: u64 = 16;

/// Starts the API, lets 16 clients enqueue over connections that stay open.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let api = Api::start(&bench.stage, "jobs:write").await?;
    let each = bench.settings.jobs() / 10 / CLIENTS;
    let mut rates = Vec::new();
    bench.screen.plan(bench.settings.rounds() + 1);
    for round in bench.rounds() {
        bench.step("single enqueues over HTTP", round);
        bench.stage.clear().await?;
        let clients = futures_of((0..CLIENTS).map(|_| api.client())).await?;
        let began = Instant::now();
        let enqueuing = clients
            .into_iter()
            .zip(0..)
            .map(|(c, n)| enqueue(c, n, each));
        futures_of(enqueuing).await?;
        if round > 0 {
            rates.push((each * CLIENTS) as f64 / began.elapsed().as_secs_f64());
        }
    }
    api.stop().await?;
    let what = format!("POST /v1/jobs, {CLIENTS} clients");
    let per_s = bench.report.add(SECTION, what, "jobs/s", &rates);
    bench.report.headline("http_enqueue_per_s", per_s);
    bench.stage.clear().await
}

async fn enqueue(mut client: Client, number: u64, jobs: u64) -> anyhow::Result<()> {
    for job in number * jobs..(number + 1) * jobs {
        let body = format!(r#"{{"kind":"bench_tick","queue":"bench","args":{{"number":{job}}}}}"#);
        let status = client.post("/v1/jobs", None, &body).await?;
        ensure!(status == 201, "the API answered {}", client.said());
    }
    Ok(())
}
