//! What a run of the demo comes to, for people and for machines.

use std::fmt;

use serde::Serialize;

use super::plan::Plan;

/// The result of a run. With `--json` it is the last line on stdout.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Orders the API accepted.
    pub orders_placed: u64,
    /// Orders the API refused as invalid.
    pub orders_rejected: u64,
    /// Orders refused because a product was sold out. Placed, rejected and these are all orders.
    pub out_of_stock: u64,
    /// Orders delivered. Delivered, failed and cancelled are all placed orders.
    pub delivered: u64,
    /// Orders the provider refused for good: on hold for a person.
    pub failed: u64,
    /// Orders cancelled by their buyers.
    pub cancelled: u64,
    /// Mails the mail server took, each notice counted once.
    pub emails_sent: u64,
    /// Jobs that ended well.
    pub jobs_completed: u64,
    /// Jobs that failed for good. A refusal by the provider is a result, not a dead job.
    pub jobs_dead: u64,
    /// Fulfilments and notices that were neither done nor waited for a job at the end.
    pub jobs_lost: u64,
    /// Units delivered beyond the stock.
    pub oversold: u64,
    /// Rows of `stevedore check`: ledger, reservations, histories, totals.
    pub stock_discrepancies: u64,
    /// Orders the provider fulfilled more than once.
    pub duplicate_fulfilments: u64,
    /// From the first order to the last delivery.
    pub elapsed_ms: u64,
    /// Where the API serves.
    pub api_url: String,
    /// The API's metrics.
    pub metrics_url: String,
    /// The workers' metrics.
    pub worker_metrics_urls: Vec<String>,
    /// The database the run used.
    pub database_url: String,
}

impl Report {
    /// What does not add up, in words; empty when the books balance.
    pub fn faults(&self, plan: &Plan) -> Vec<String> {
        let orders = plan.scenarios.len() as u64;
        let answered = self.orders_placed + self.orders_rejected + self.out_of_stock;
        let ended = self.delivered + self.failed + self.cancelled;
        let sums = [
            (
                answered != orders,
                format!("{orders} orders were sent, {answered} answered"),
            ),
            (
                ended != self.orders_placed,
                format!(
                    "{} orders were placed, {ended} came to an end",
                    self.orders_placed
                ),
            ),
        ];
        let zeros = [
            (self.jobs_lost, "jobs were lost"),
            (self.oversold, "units were sold that were not there"),
            (
                self.stock_discrepancies,
                "discrepancies in the books; `stevedore check` lists them",
            ),
            (self.duplicate_fulfilments, "orders were fulfilled twice"),
        ];
        let sums = sums
            .into_iter()
            .filter(|(wrong, _)| *wrong)
            .map(|(_, words)| words);
        let zeros = zeros.into_iter().filter(|(count, _)| *count > 0);
        sums.chain(zeros.map(|(count, words)| format!("{count} {words}")))
            .collect()
    }
}

/// The table at the end of a run.
impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let orders = self.orders_placed + self.orders_rejected + self.out_of_stock;
        let seconds = self.elapsed_ms as f64 / 1_000.0;
        let rows = [
            (orders, "orders sent", ""),
            (self.orders_placed, "  placed", ""),
            (self.delivered, "    delivered", ""),
            (
                self.cancelled,
                "    cancelled",
                "by their buyers, stock given back",
            ),
            (
                self.failed,
                "    on hold",
                "the provider refused the number for good",
            ),
            (
                self.out_of_stock,
                "  sold out",
                "the hot product had less stock than buyers",
            ),
            (
                self.orders_rejected,
                "  rejected",
                "no valid telephone number",
            ),
            (self.emails_sent, "e-mails sent", ""),
            (self.jobs_completed, "jobs completed", ""),
            (self.jobs_dead, "jobs dead", ""),
            (self.jobs_lost, "jobs lost", ""),
            (self.oversold, "units oversold", ""),
            (self.duplicate_fulfilments, "orders fulfilled twice", ""),
            (self.stock_discrepancies, "discrepancies in the books", ""),
        ];
        for (count, what, note) in rows {
            writeln!(
                out,
                "{}",
                format!("{count:>7}  {what:<27} {note}").trim_end()
            )?;
        }
        writeln!(out, "{seconds:>7.1}  seconds")?;
        writeln!(out)?;
        writeln!(out, "API        {}/api/docs", self.api_url)?;
        writeln!(out, "metrics    {}", self.metrics_url)?;
        for url in &self.worker_metrics_urls {
            writeln!(out, "           {url}")?;
        }
        write!(out, "database   {}", self.database_url)
    }
}
