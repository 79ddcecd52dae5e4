//! The installer's own three tables (`ledger.sql`).

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Executor, PgConnection};

use super::{InstallReport, Migration, Object, Schema};

/// A row of `stevedore.installed_objects`.
#[derive(Debug, Clone)]
pub(crate) struct InstalledObject {
    pub(crate) checksum: String,
    pub(crate) identities: Vec<String>,
}

/// What a database says is installed in it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Whether the ledger exists at all.
    pub(crate) exists: bool,
    /// version → (file, checksum)
    pub(crate) migrations: BTreeMap<i64, (String, String)>,
    /// path → what is installed from it
    pub(crate) objects: BTreeMap<String, InstalledObject>,
    /// Identities of the ledger that the catalogue no longer has.
    pub(crate) missing: Vec<String>,
    /// The newest release that ever installed here.
    pub(crate) releases: Vec<String>,
}

impl Ledger {
    pub(crate) async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let exists = sqlx::query_scalar("select to_regclass('stevedore.installs') is not null");
        if !exists.fetch_one(&mut *connection).await? {
            return Ok(Self::default());
        }
        let migrations: Vec<(i64, String, String)> =
            sqlx::query_as("select version, file, checksum from stevedore.applied_migrations")
                .fetch_all(&mut *connection)
                .await?;
        let objects: Vec<(String, String, Vec<String>)> =
            sqlx::query_as("select path, checksum, identities from stevedore.installed_objects")
                .fetch_all(&mut *connection)
                .await?;
        let releases = sqlx::query_scalar("select distinct release from stevedore.installs")
            .fetch_all(&mut *connection)
            .await?;
        let catalogue = super::objects::Catalogue::read(connection).await?;
        let missing = objects
            .iter()
            .flat_map(|(_, _, identities)| identities)
            .filter(|identity| !catalogue.contains(identity))
            .cloned()
            .collect();
        Ok(Self {
            exists: true,
            migrations: migrations
                .into_iter()
                .map(|(v, f, c)| (v, (f, c)))
                .collect(),
            objects: objects
                .into_iter()
                .map(|(path, checksum, identities)| {
                    (
                        path,
                        InstalledObject {
                            checksum,
                            identities,
                        },
                    )
                })
                .collect(),
            missing,
            releases,
        })
    }

    pub(crate) async fn create(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.execute(include_str!("ledger.sql")).await?;
        Ok(())
    }

    pub(crate) async fn record_migration(
        connection: &mut PgConnection,
        migration: &Migration,
        duration: Duration,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into stevedore.applied_migrations (version, file, checksum, duration_ms)
             values ($1, $2, $3, $4)",
        )
        .bind(migration.version)
        .bind(migration.file.as_ref())
        .bind(migration.checksum())
        .bind(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
        Ok(())
    }

    pub(crate) async fn record_object(
        connection: &mut PgConnection,
        object: &Object,
        identities: &[String],
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into stevedore.installed_objects (path, checksum, identities)
             values ($1, $2, $3)
             on conflict (path) do update
             set checksum = excluded.checksum,
                 identities = excluded.identities,
                 installed_at = excluded.installed_at",
        )
        .bind(object.path.as_ref())
        .bind(object.checksum())
        .bind(identities)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Forgets a file that left `sql/` and of whose objects nothing is left.
    pub(crate) async fn forget_object(
        connection: &mut PgConnection,
        path: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("delete from stevedore.installed_objects where path = $1")
            .bind(path)
            .execute(connection)
            .await?;
        Ok(())
    }

    pub(crate) async fn record_install(
        connection: &mut PgConnection,
        schema: &Schema,
        report: &InstallReport,
    ) -> Result<(), sqlx::Error> {
        let count = |names: &[String]| i32::try_from(names.len()).unwrap_or(i32::MAX);
        sqlx::query(
            "insert into stevedore.installs (release, digest, migrations, objects)
             values ($1, $2, $3, $4)",
        )
        .bind(schema.release.as_ref())
        .bind(schema.digest())
        .bind(count(&report.migrations_applied))
        .bind(count(&report.objects_installed))
        .execute(connection)
        .await?;
        Ok(())
    }
}
