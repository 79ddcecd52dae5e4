//! A database per test.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    str::FromStr,
    sync::OnceLock,
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use stevedore_database::{DatabaseSettings, InstallOptions, Schema, SharedServer, connect};

/// The databases of tests are called this and 16 hex digits.
const TEST_PREFIX: &str = "stevedore_test_";
/// The templates, one per state of `migrations/` and `sql/`, are called this and 16 hex digits.
const TEMPLATE_PREFIX: &str = "stevedore_template_";
/// Templates of other states that stay, newest first: several work trees may share a server.
const TEMPLATES_KEPT_MAX: i64 = 12;
/// The advisory lock of whoever builds or removes templates and left-overs.
const TEMPLATE_LOCK: i64 = i64::from_be_bytes(*b"stvdtmpl");
/// Connections of one test's pool: tests run side by side on one server.
const POOL_MAX: u32 = 10;

/// An own database with the whole schema installed, gone when this value is dropped.
///
/// The server is the one of `STEVEDORE_TEST_DATABASE_URL`, else of `DATABASE_URL`, else a shared
/// one that is started on demand and ends after the last test. The database is a copy of a template
/// that the first test of a run installs, which takes about 50 ms.
///
/// With `STEVEDORE_TEST_KEEP=1` the database stays, and its URL is printed.
#[derive(Debug)]
pub struct TestDb {
    /// Ten connections at most.
    pub pool: PgPool,
    name: String,
    url: SecretString,
    server: PgConnectOptions,
    /// Holds the advisory lock that tells everybody else that this database is in use.
    _in_use: PgConnection,
}

impl TestDb {
    /// A fresh copy of the template.
    ///
    /// # Panics
    /// When there is no server or the schema cannot be installed: no test can go on then.
    pub async fn new() -> Self {
        match Self::create(true).await {
            Ok(db) => db,
            Err(error) => panic!("no database for this test: {error:?}"),
        }
    }

    /// A database without anything in it, for tests of the installer.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub async fn empty() -> Self {
        match Self::create(false).await {
            Ok(db) => db,
            Err(error) => panic!("no database for this test: {error:?}"),
        }
    }

    /// The same as the field.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// Another pool of its own on the same database, for tests of many connections.
    ///
    /// # Panics
    /// Never: the URL has been used before.
    #[must_use]
    pub fn pool_of(&self, connections_max: u32) -> PgPool {
        pool(&self.url, connections_max)
    }

    /// Writes a year of orders, with all that follows from them, into a fresh database.
    ///
    /// # Panics
    /// When the database is not empty.
    pub async fn fill(&self, orders: u32) {
        let fill = format!("set fill.orders = {orders};\n{}", include_str!("fill.sql"));
        let mut connection = self.pool.acquire().await.expect("the server is there");
        if let Err(error) = connection.execute(AssertSqlSafe(fill)).await {
            panic!("the database cannot be filled: {error}");
        }
    }

    /// A pool whose connections act as a role, with settings such as `stevedore.tenant_id` made.
    ///
    /// # Panics
    /// Never: the URL has been used before.
    #[must_use]
    pub fn pool_as(&self, role: &str, settings: &[(&str, &str)]) -> PgPool {
        let options = PgConnectOptions::from_str(self.url.expose_secret())
            .expect("the URL has been used before")
            .options([("role", role)])
            .options(settings.iter().copied());
        PgPoolOptions::new()
            .max_connections(POOL_MAX)
            .acquire_timeout(crate::WAIT_DEADLINE)
            .connect_lazy_with(options)
    }

    async fn create(installed: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let server_url = tokio::task::spawn_blocking(server_url).await?;
        let server = PgConnectOptions::from_str(server_url.expose_secret())?;
        let mut in_use = server.connect().await?;
        let template = if installed {
            template(&server, &mut in_use).await?
        } else {
            "template0".into()
        };
        remove_leftovers(&mut in_use).await?;

        let name = format!("{TEST_PREFIX}{:016x}", random());
        sqlx::query("select pg_advisory_lock($1)")
            .bind(lock_of(&name))
            .execute(&mut in_use)
            .await?;
        copy(&mut in_use, &template, &name).await?;
        let url = url_of(&server, &name);
        Ok(Self {
            pool: pool(&url, POOL_MAX),
            name,
            url,
            server,
            _in_use: in_use,
        })
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if variable("STEVEDORE_TEST_KEEP").is_some() {
            eprintln!("kept: {}", self.url.expose_secret());
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        // The runtime of the test may be ending, so the last statement has one of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut connection = server.connect().await?;
                drop_database(&mut connection, &name).await?;
                connection.close().await
            })
        });
        // What stays is removed by a later test (`remove_leftovers`); a panic here would hide the
        // test's own.
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("the database {} could not be dropped", self.name);
        }
    }
}

/// The server of this process's tests. Blocks when it has to be started.
fn server_url() -> SecretString {
    static SHARED: OnceLock<SharedServer> = OnceLock::new();
    let shared = || match SharedServer::join() {
        Ok(server) => server,
        Err(error) => panic!("no PostgreSQL for the tests: {error:?}"),
    };
    match variable("STEVEDORE_TEST_DATABASE_URL").or_else(|| variable("DATABASE_URL")) {
        Some(url) => url.into(),
        None => SHARED.get_or_init(shared).url(),
    }
}

/// The template of the embedded schema, built if nobody has built it yet.
async fn template(
    server: &PgConnectOptions,
    connection: &mut PgConnection,
) -> Result<String, Box<dyn std::error::Error>> {
    static SCHEMA: OnceLock<(Schema, String)> = OnceLock::new();
    let (schema, name) = SCHEMA.get_or_init(|| {
        let schema = Schema::embedded();
        let name = format!("{TEMPLATE_PREFIX}{}", &schema.digest()[..16]);
        (schema, name)
    });
    if exists(connection, name).await? {
        return Ok(name.clone());
    }
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await?;
    if !exists(connection, name).await? {
        // Renamed when complete: a template that exists is whole, whoever was killed meanwhile.
        let building = format!("{name}_building");
        drop_database(connection, &building).await?;
        copy(connection, "template0", &building).await?;
        schema
            .install(&url_of(server, &building), InstallOptions::default())
            .await?;
        let rename = format!("alter database {building} rename to {name}");
        connection.execute(AssertSqlSafe(rename)).await?;
        remove_old_templates(connection).await?;
    }
    sqlx::query("select pg_advisory_unlock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await?;
    Ok(name.clone())
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
}

/// A copy of the files beats copying through the log: 46 ms against 72 ms for 40 tables.
async fn copy(connection: &mut PgConnection, from: &str, to: &str) -> Result<(), sqlx::Error> {
    let create = format!("create database {to} template {from} strategy file_copy");
    connection.execute(AssertSqlSafe(create)).await.map(drop)
}

async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let drop_it = format!("drop database if exists {name} with (force)");
    connection.execute(AssertSqlSafe(drop_it)).await.map(drop)
}

/// Drops the databases of tests that were killed: those whose lock nobody holds.
async fn remove_leftovers(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.set(()).is_err() {
        return Ok(());
    }
    for name in databases_like(connection, TEST_PREFIX, 0).await? {
        let is_free: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(lock_of(&name))
            .fetch_one(&mut *connection)
            .await?;
        if is_free {
            drop_database(connection, &name).await?;
            sqlx::query("select pg_advisory_unlock($1)")
                .bind(lock_of(&name))
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn remove_old_templates(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for name in databases_like(connection, TEMPLATE_PREFIX, TEMPLATES_KEPT_MAX).await? {
        // Without force: a template that is being copied stays.
        let _ = connection
            .execute(AssertSqlSafe(format!("drop database if exists {name}")))
            .await;
    }
    Ok(())
}

/// Names of databases, without the `skip` newest.
async fn databases_like(
    connection: &mut PgConnection,
    prefix: &str,
    skip: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select datname
           from pg_database
          where starts_with(datname, $1)
          order by oid desc
         offset $2",
    )
    .bind(prefix)
    .bind(skip)
    .fetch_all(connection)
    .await
}

/// The key of the lock that a test's database is in use under.
fn lock_of(name: &str) -> i64 {
    let digits = name.strip_prefix(TEST_PREFIX).unwrap_or_default();
    u64::from_str_radix(digits, 16)
        .unwrap_or_default()
        .cast_signed()
}

fn url_of(server: &PgConnectOptions, database: &str) -> SecretString {
    server
        .clone()
        .database(database)
        .to_url_lossy()
        .to_string()
        .into()
}

fn pool(url: &SecretString, connections_max: u32) -> PgPool {
    let mut settings = DatabaseSettings::new(url.clone());
    settings.database_pool_max = connections_max;
    // A loaded machine is no reason to fail.
    settings.database_acquire_timeout = crate::WAIT_DEADLINE;
    settings.database_application_name = "stevedore tests".into();
    connect(&settings).expect("the URL has been used before")
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no command line to be set by"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
