//! Brings a database to the schema that this program carries.
//!
//! Two kinds of text travel inside the program. **Migrations** hold what has a history (tables,
//! types, indexes) and run once each, in order. **Objects** (`sql/`: functions, triggers, views)
//! are code: whenever a file's text differs from what the ledger says is installed, it is installed
//! again. Both happen in one transaction, behind one advisory lock, so any number of processes may
//! start together and a failure leaves nothing behind. The one exception is a migration whose first
//! line is `-- no-transaction` (`create index concurrently` needs that): what came before it is
//! committed, it runs alone, and so it must be written to be run again.

mod check;
mod error;
mod ledger;
mod lock;
mod objects;
mod report;
mod schema;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres, Transaction,
    postgres::PgConnectOptions,
};

pub use check::CheckError;
pub(crate) use check::Comparison;
pub use error::InstallError;
pub use report::InstallReport;
pub use schema::{Migration, Object, Schema};

use self::{error::SqlError, ledger::Ledger, lock::InstallLock};
use crate::pool::options_of;

/// The oldest server whose SQL we use (`security_invoker` views, `create or replace trigger`).
const SERVER_VERSION_MIN: i32 = 150_000;

/// How [`install`] goes about it.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// Report what would be done, and do nothing: no lock is taken, nothing is executed.
    pub dry_run: bool,
    /// How long to wait for another process that is installing.
    pub lock_patience: Duration,
    /// How long one statement may wait for a table's lock before the whole install gives up. Short,
    /// because everybody else queues behind a waiting `alter table`.
    pub table_lock_timeout: Duration,
}

impl Default for InstallOptions {
    fn default() -> Self {
        Self {
            dry_run: false,
            lock_patience: Duration::from_secs(120),
            table_lock_timeout: Duration::from_secs(10),
        }
    }
}

/// Installs the embedded schema into the database at `url`.
///
/// The connection must be a direct one: an advisory lock does not survive a pooler that changes
/// servers between transactions.
///
/// # Errors
/// See [`InstallError`]; the database is then as it was before (but for `-- no-transaction` steps).
pub async fn install(
    url: &SecretString,
    options: InstallOptions,
) -> Result<InstallReport, InstallError> {
    Schema::embedded().install(url, options).await
}

/// Compares the database with the embedded schema and changes nothing.
///
/// # Errors
/// [`CheckError`] says what differs and what to do about it.
pub async fn check_installed(pool: &sqlx::PgPool) -> Result<(), CheckError> {
    Schema::embedded().check_installed(pool).await
}

impl Schema {
    /// As [`install`], for this schema.
    ///
    /// # Errors
    /// As [`install`].
    pub async fn install(
        &self,
        url: &SecretString,
        options: InstallOptions,
    ) -> Result<InstallReport, InstallError> {
        let start = Instant::now();
        let connect_options = options_of(url)?.application_name("stevedore migrate");
        let mut connection = connect(&connect_options).await?;
        let mut report = if options.dry_run {
            self.rehearse(&mut connection).await?
        } else {
            let lock = InstallLock::acquire(&mut connection, options.lock_patience).await?;
            let outcome = self.install_locked(&mut connection, &options).await;
            lock.release(&mut connection).await;
            outcome?
        };
        // A failed farewell does not undo what has been committed.
        let _ = connection.close().await;
        report.duration = start.elapsed();
        tracing::info!(%report, "schema installed");
        Ok(report)
    }

    /// What an install would do.
    async fn rehearse(&self, connection: &mut PgConnection) -> Result<InstallReport, InstallError> {
        let mut transaction = begin(connection, None).await?;
        let installed = Ledger::read(&mut transaction).await?;
        let comparison = self.compare(&installed);
        comparison.refuse_newer_or_changed()?;
        transaction.rollback().await?;
        Ok(InstallReport::planned(&comparison))
    }

    async fn install_locked(
        &self,
        connection: &mut PgConnection,
        options: &InstallOptions,
    ) -> Result<InstallReport, InstallError> {
        let mut report = InstallReport::default();
        let mut transaction = begin(connection, Some(options)).await?;
        let installed = Ledger::read(&mut transaction).await?;
        let comparison = self.compare(&installed);
        comparison.refuse_newer_or_changed()?;
        if comparison.is_current() {
            report.objects_orphaned.clone_from(&comparison.orphaned);
            transaction.rollback().await?;
            return Ok(report);
        }
        Ledger::create(&mut transaction).await?;

        let pending = comparison
            .pending
            .iter()
            .map(|migration| (*migration).clone());
        for migration in pending.collect::<Vec<_>>() {
            if migration.in_transaction() {
                apply(&mut transaction, &migration).await?;
            } else {
                transaction.commit().await?;
                apply(connection, &migration).await?;
                transaction = begin(connection, Some(options)).await?;
            }
            report.migrations_applied.push(migration.file.to_string());
        }
        objects::install(&mut transaction, self, &mut report).await?;
        Ledger::record_install(&mut transaction, self, &report).await?;
        transaction.commit().await?;
        Ok(report)
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, InstallError> {
    let connection = PgConnection::connect_with(options)
        .await
        .map_err(InstallError::Connect)?;
    match connection.server_version_num() {
        Some(version) if u32::try_from(SERVER_VERSION_MIN).is_ok_and(|min| version < min) => {
            Err(InstallError::ServerTooOld { version })
        }
        _ => Ok(connection),
    }
}

/// A transaction in which names mean the same for everyone who installs.
async fn begin<'c>(
    connection: &'c mut PgConnection,
    options: Option<&InstallOptions>,
) -> Result<Transaction<'c, Postgres>, InstallError> {
    let mut transaction = connection.begin().await?;
    let lock_timeout_ms = options.map_or(0, |options| options.table_lock_timeout.as_millis());
    sqlx::query(
        "select set_config('search_path', 'public', true),
                set_config('statement_timeout', '0', true),
                set_config('lock_timeout', $1, true)",
    )
    .bind(lock_timeout_ms.to_string())
    .execute(&mut *transaction)
    .await?;
    Ok(transaction)
}

/// Runs one migration and enters it in the ledger.
async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), InstallError> {
    let start = Instant::now();
    connection
        .execute(AssertSqlSafe(migration.sql.to_string()))
        .await
        .map_err(|source| {
            InstallError::Sql(SqlError::new(
                format!("migrations/{}", migration.file),
                &migration.sql,
                source,
            ))
        })?;
    Ledger::record_migration(connection, migration, start.elapsed()).await?;
    tracing::debug!(migration = %migration.file, "migration applied");
    Ok(())
}
