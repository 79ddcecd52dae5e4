//! Everything a run needs: a database with a stocked shop, a simulator, an API, workers.

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use stevedore_database::{InstallOptions, PrivateServer, PrivateServerOptions, install};
use stevedore_simulator::{Simulator, SimulatorSettings};
use tempfile::TempDir;

use super::DemoSettings;
use super::books::Books;
use super::buyers::{Keys, Shop};
use super::fleet::{Process, Start};
use super::plan::Plan;
use super::report::Report;
use super::run_orders::{Outcome, count};
use super::screen::Screen;

/// A worker that is silent for one and a half of these is dead, and its jobs go to others.
const HEARTBEAT: &str = "500ms";
/// Waits between attempts, of minutes and hours in a real shop.
const RETRY_DELAYS: &str = "300ms,600ms";
/// When an answer is lost, the worker must not wait for it as long as a real shop would.
const PROVIDER_TIMEOUT: &str = "1s";

/// The running fleet. Dropping it ends its processes and removes what it made.
pub struct Stage {
    // Dropped in this order: the database's clients go before their server.
    api: Process,
    workers: Vec<Process>,
    workers_started: u32,
    books: Books,
    keys: Keys,
    simulator: Simulator,
    database: Database,
    logs: TempDir,
}

/// Where the run's data live.
struct Database {
    url: SecretString,
    /// None when the user named a database.
    server: Option<PrivateServer>,
}

impl Stage {
    /// Starts everything and stocks the shop for `plan`.
    pub async fn set(
        settings: &DemoSettings,
        plan: &Plan,
        screen: &Screen,
    ) -> anyhow::Result<Stage> {
        let logs = tempfile::Builder::new()
            .prefix("stevedore-demo-")
            .tempdir()?;
        let database = Database::open(settings, screen).await?;
        let report = install(&database.url, InstallOptions::default()).await?;
        screen.tell(&format!("schema     {report}"));
        let books = match database.server {
            Some(_) => Books::of_shop(&database.url)?,
            None => Books::of_new_shop(&database.url).await?,
        };
        books.stock(plan).await?;
        let keys = books.keys().await?;
        let simulator = Simulator::start(SimulatorSettings::default()).await?;
        screen.tell(&format!("simulator  {}", simulator.state_url()));
        let environment = api_environment(&database);
        let api = Process::start(Start {
            name: "api",
            role: "api",
            environment: &environment,
            logs: logs.path(),
        })
        .await?;
        screen.tell(&format!("API        {}", api.url));
        let mut stage = Stage {
            api,
            workers: Vec::new(),
            workers_started: 0,
            books,
            keys,
            simulator,
            database,
            logs,
        };
        for _ in 0..settings.workers {
            stage.start_worker().await?;
        }
        screen.tell(&format!("workers    {}", settings.workers));
        Ok(stage)
    }

    async fn start_worker(&mut self) -> anyhow::Result<()> {
        self.workers_started += 1;
        let name = format!("worker-{}", self.workers_started);
        let environment = worker_environment(&self.database, &self.simulator, &name);
        let worker = Process::start(Start {
            name: &name,
            role: "worker",
            environment: &environment,
            logs: self.logs.path(),
        });
        self.workers.push(worker.await?);
        Ok(())
    }

    /// The door for buyers.
    pub fn shop(&self) -> anyhow::Result<Shop> {
        Shop::new(&self.api.url, self.keys.clone())
    }

    /// What the web shop calls the API with.
    pub fn web_key(&self) -> &str {
        self.keys.web.expose_secret()
    }

    /// The view behind the counter.
    pub fn books(&self) -> Books {
        self.books.clone()
    }

    /// Kills the first worker and starts another, as a supervisor would.
    pub async fn crash_worker(&mut self) -> anyhow::Result<()> {
        self.workers.remove(0).crash().await?;
        self.start_worker().await
    }

    /// Kills the database and starts it again on what it had written.
    pub async fn crash_database(&self) -> anyhow::Result<()> {
        let server = self
            .database
            .server
            .as_ref()
            .context("the database is not ours")?;
        Ok(server.crash_and_restart().await?)
    }

    /// What the run came to, from the database and from the simulator's own count.
    pub async fn report(&self, outcome: &Outcome, plan: &Plan) -> anyhow::Result<Report> {
        let tally = self.books.tally().await?;
        let seen = self.simulator.state();
        let lost = tally.fulfillments_without_job + tally.notifications_without_job;
        Ok(Report {
            orders_placed: outcome.placed,
            orders_rejected: outcome.rejected,
            out_of_stock: outcome.out_of_stock,
            delivered: count(tally.orders_in("delivered")),
            failed: count(tally.orders_in("on_hold")),
            cancelled: count(tally.orders_in("cancelled")),
            emails_sent: seen.mail.by_message_id.len() as u64,
            jobs_completed: count(tally.jobs_completed),
            jobs_dead: count(tally.jobs_dead),
            jobs_lost: count(lost + tally.jobs_unfinished),
            oversold: Books::oversold(&tally, plan),
            stock_discrepancies: self.books.discrepancies().await?,
            duplicate_fulfilments: seen.at_ishare.duplicates,
            elapsed_ms: u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
            api_url: self.api.url.clone(),
            metrics_url: format!("{}/metrics", self.api.url),
            worker_metrics_urls: self.workers.iter().map(metrics_url).collect(),
            database_url: self.database.shown_url(),
        })
    }

    /// Stops everything in order; an error tells who did not stop well.
    pub async fn strike(self) -> anyhow::Result<()> {
        let stops = self.workers.into_iter().map(Process::stop);
        let workers = futures::future::join_all(stops).await;
        let api = self.api.stop().await;
        self.simulator.stop().await;
        self.books.close().await?;
        if let Some(server) = self.database.server {
            server.stop().await?;
        }
        workers.into_iter().chain([api]).collect()
    }
}

fn metrics_url(worker: &Process) -> String {
    format!("{}/metrics", worker.url)
}

impl Database {
    async fn open(settings: &DemoSettings, screen: &Screen) -> anyhow::Result<Database> {
        if let Some(url) = &settings.database_url {
            screen.tell("PostgreSQL the database that DATABASE_URL names");
            return Ok(Database {
                url: url.clone(),
                server: None,
            });
        }
        // TCP, so that whoever looks around needs no right to the server's folder.
        let options = PrivateServerOptions {
            tcp: true,
            ..PrivateServerOptions::default()
        };
        let server = PrivateServer::start(options).await?;
        let url = server
            .tcp_url("postgres")
            .context("the server has no TCP address")?;
        screen.tell(&format!(
            "PostgreSQL {}",
            server.installation().version_text()
        ));
        Ok(Database {
            url,
            server: Some(server),
        })
    }
}

impl Database {
    /// The URL for people: with its password when the database goes with the demo, without when it
    /// is the user's.
    fn shown_url(&self) -> String {
        let url = self.url.expose_secret();
        match self.server {
            Some(_) => url.to_owned(),
            None => without_password(url),
        }
    }
}

fn without_password(url: &str) -> String {
    let (head, tail) = url.split_once("://").unwrap_or(("", url));
    match tail
        .rsplit_once('@')
        .map(|(user, place)| (user.split_once(':'), place))
    {
        Some((Some((user, _)), place)) => format!("{head}://{user}@{place}"),
        _ => url.to_owned(),
    }
}

type Environment = Vec<(&'static str, String)>;

fn api_environment(database: &Database) -> Environment {
    vec![
        ("DATABASE_URL", database.url.expose_secret().to_owned()),
        ("STEVEDORE_API_BIND", "127.0.0.1:0".to_owned()),
    ]
}

fn worker_environment(database: &Database, simulator: &Simulator, name: &str) -> Environment {
    let smtp = simulator.smtp_addr();
    vec![
        ("DATABASE_URL", database.url.expose_secret().to_owned()),
        ("WORKER_NAME", name.to_owned()),
        ("WORKER_ADMIN_BIND", "127.0.0.1:0".to_owned()),
        ("WORKER_GRACE", "5s".to_owned()),
        ("WORKER_HEARTBEAT", HEARTBEAT.to_owned()),
        ("FULFILMENT_RETRY_DELAYS", RETRY_DELAYS.to_owned()),
        ("FULFILMENT_ASK_AGAIN", "200ms".to_owned()),
        ("NOTICE_RETRY_DELAY", "300ms".to_owned()),
        ("AT_ISHARE_API_URL", simulator.at_ishare_url()),
        (
            "AT_ISHARE_API_KEY",
            simulator.at_ishare_api_key().to_owned(),
        ),
        ("AT_ISHARE_TIMEOUT", PROVIDER_TIMEOUT.to_owned()),
        ("AT_ISHARE_SETTLE", "500ms".to_owned()),
        ("SMTP_HOST", smtp.ip().to_string()),
        ("SMTP_PORT", smtp.port().to_string()),
        ("SMTP_TLS", "none".to_owned()),
        ("SMTP_FROM", "Demo Shop <shop@example.com>".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_left_out_and_nothing_else() {
        let shown =
            without_password("postgres://shop:s3:cr@t@db.example:5432/shop?sslmode=require");
        assert_eq!(
            shown,
            "postgres://shop@db.example:5432/shop?sslmode=require"
        );
        for url in ["postgres:///shop?host=/tmp", "postgres://shop@db/shop"] {
            assert_eq!(without_password(url), url);
        }
    }
}
