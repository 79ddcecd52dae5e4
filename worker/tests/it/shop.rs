//! A shop with a database, outside systems and workers of its own.

use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};
use sqlx::PgPool;
use stevedore_model::TenantId;
use stevedore_model::catalog::{self, NewLocation, NewProduct, NewVariant, VariantKind};
use stevedore_model::orders::{self, NewOrder, OrderView};
use stevedore_model::words::{Currency, Money};
use stevedore_model::{books, inventory};
use stevedore_simulator::{Mail, Simulator, SimulatorSettings};
use stevedore_testkit::{TestDb, wait_for};
use stevedore_worker::{WorkerSettings, run};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::mail;

/// A number that nothing is wrong with.
pub const GOOD_NUMBER: &str = "0271234567";
const SKU: &str = "DATA-MTN-1";
const TENANT: TenantId = TenantId::SHOP;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    worker: WorkerSettings,
}

pub struct Shop {
    pub db: TestDb,
    pub simulator: Simulator,
    pub settings: WorkerSettings,
}

impl Shop {
    /// Ten bundles in stock; settings that reach the simulator and wait for nothing.
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        stock_up(db.pool()).await.expect("a catalogue");
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let settings = settings(&simulator);
        Self {
            db,
            simulator,
            settings,
        }
    }

    pub fn pool(&self) -> &PgPool {
        self.db.pool()
    }

    /// Places an order that is confirmed at once, for a bundle to this number.
    pub async fn order(&self, phone: &str) -> i64 {
        self.place(order(phone)).await
    }

    pub async fn place(&self, order: Value) -> i64 {
        let order = NewOrder::parse(&order).expect("an order");
        let placed = orders::place(self.pool(), TENANT, &order, None, [0; 32], None).await;
        placed.expect("placed").order_id
    }

    pub async fn view(&self, order_id: i64) -> OrderView {
        orders::get(self.pool(), TENANT, order_id)
            .await
            .expect("a query")
            .expect("an order")
    }

    /// Waits until the order is in this state.
    pub async fn wait_for_status(&self, order_id: i64, status: &str) -> OrderView {
        wait_for(&format!("order {order_id} to be {status}"), async || {
            let view = self.view(order_id).await;
            (view.order_status == status).then_some(view)
        })
        .await
    }

    /// Waits until this many mails arrived; answers them by subject.
    pub async fn wait_for_mails(&self, count: usize) -> Vec<Mail> {
        let mut mails = wait_for(&format!("{count} mails"), async || {
            let mails = self.simulator.mails();
            (mails.len() >= count).then_some(mails)
        })
        .await;
        mails.sort_by(|one, other| one.subject.cmp(&other.subject));
        assert_eq!(mails.len(), count, "{:?}", subjects(&mails));
        mails
    }

    /// Waits until no job is waiting or running but those that come by themselves.
    pub async fn wait_until_idle(&self) {
        wait_for("the queue to be empty", async || {
            let left: i64 = self
                .number("select count(*) from queue.jobs where queue <> 'maintenance'")
                .await;
            (left == 0).then_some(())
        })
        .await;
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.pool())
            .await
            .expect("a number")
    }

    pub async fn execute(&self, sql: &'static str) {
        sqlx::query(sql)
            .execute(self.pool())
            .await
            .expect("a statement");
    }

    /// The unresolved errors of an order: category, severity, code.
    pub async fn errors(&self, order_id: i64) -> Vec<(String, String, String)> {
        sqlx::query_as(
            "select category, severity, code from order_errors
            where order_id = $1 and not is_resolved order by order_error_id",
        )
        .bind(order_id)
        .fetch_all(self.pool())
        .await
        .expect("errors")
    }

    /// What the provider really did: bundles, duplicates.
    pub fn fulfilled(&self) -> (u64, u64) {
        let state = self.simulator.state().at_ishare;
        (state.fulfilments, state.duplicates)
    }

    pub async fn assert_books_balance(&self) {
        let wrong = books::discrepancies(self.pool()).await.expect("the books");
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    pub fn worker(&self) -> Worker {
        Worker::start(self.settings.clone(), self.pool().clone())
    }
}

/// A worker in a task.
pub struct Worker {
    pub admin: tokio::sync::oneshot::Receiver<std::net::SocketAddr>,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Worker {
    fn start(settings: WorkerSettings, pool: PgPool) -> Self {
        let shutdown = CancellationToken::new();
        let (told, admin) = tokio::sync::oneshot::channel();
        // Most tests do not ask for the address.
        let announce = move |address| {
            let _not_asked = told.send(address);
        };
        let task = tokio::spawn(run(settings, pool, shutdown.clone(), announce));
        Self {
            admin,
            shutdown,
            task,
        }
    }

    /// Tells it to stop and waits until it has.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.expect("no panic").expect("no error");
    }
}

pub fn order(phone: &str) -> Value {
    json!({
        "customer": {"name": "Ama Mensah", "email": "ama@example.com", "phone": "0241234567"},
        "currency": "GHS",
        "payment_method": "cod",
        "lines": [{"sku": SKU, "quantity": 1, "recipient_phone": phone}],
    })
}

pub fn subjects(mails: &[Mail]) -> Vec<&str> {
    mails
        .iter()
        .filter_map(|mail| mail.subject.as_deref())
        .collect()
}

async fn stock_up(pool: &PgPool) -> anyhow::Result<()> {
    let (code, name) = ("ACC", "Accra");
    let location = NewLocation {
        code,
        name,
        kind: "warehouse",
        priority: 1,
    };
    catalog::upsert_location(pool, TENANT, &location).await?;
    let product = NewProduct {
        code: "data-mtn",
        name: "MTN data",
    };
    let product_id = catalog::upsert_product(pool, TENANT, &product).await?;
    let variant = NewVariant {
        product_id,
        sku: SKU,
        title: "MTN 1 GB",
        kind: VariantKind::Digital,
        price: Money {
            amount: 480,
            currency: Currency::GHS,
        },
        fulfillment_provider: Some("at_ishare"),
        requires_recipient_phone: true,
        attributes: json!({"network": "MTN", "capacity_gb": 1}),
        track_inventory: true,
        low_stock_threshold: 1,
    };
    catalog::upsert_variant(pool, TENANT, &variant).await?;
    inventory::receive_stock(pool, TENANT, SKU, "ACC", 10, Some("delivery")).await?;
    Ok(())
}

fn settings(simulator: &Simulator) -> WorkerSettings {
    let mut settings = CommandLine::parse_from(["worker"]).worker;
    let soon = Duration::from_millis(20);
    settings.worker_admin_bind = ([127, 0, 0, 1], 0).into();
    settings.worker_heartbeat = Duration::from_secs(1);
    settings.worker_poll_max = Duration::from_millis(100);
    settings.fulfilment.fulfilment_retry_delays = vec![soon];
    settings.fulfilment.fulfilment_ask_again = soon;
    settings.notices.notice_retry_delay = soon;
    settings.notices.notice_retry_delay_max = soon;
    settings.inbox.webhook_retry_delay = soon;
    settings.inbox.webhook_retry_delay_max = soon;
    settings.email = mail::settings(simulator);
    let provider = &mut settings.providers.at_ishare;
    provider.at_ishare_api_url = Some(simulator.at_ishare_url());
    provider.at_ishare_api_key = Some(simulator.at_ishare_api_key().to_owned().into());
    provider.at_ishare_timeout = Duration::from_millis(500);
    provider.at_ishare_settle = Duration::ZERO;
    settings
}
