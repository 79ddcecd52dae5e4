//! Comparing a database with what the program carries.

use sqlx::PgPool;

use super::{
    Migration, Object, Schema,
    ledger::{InstalledObject, Ledger},
};

/// Why this program must not work on this database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Nothing of ours is there.
    #[error("the database has no Stevedore schema yet: run `stevedore migrate`")]
    NotInstalled,
    /// Something that this program needs is not there.
    #[error("the database is older than this program: run `stevedore migrate` (missing: {})",
        .missing.join(", "))]
    Outdated {
        /// Files of `migrations/` and `sql/` that are not installed in their present form.
        missing: Vec<String>,
    },
    /// A newer release has installed here.
    #[error("the database is newer than this program ({ours}): it has {}. \
        Start the newer release instead", .unknown.join(", "))]
    Newer {
        /// The release of this program.
        ours: String,
        /// What it does not know: migrations, or a release.
        unknown: Vec<String>,
    },
    /// A migration that has run is not the one this program carries.
    #[error("{} ran here with another text than this program carries: \
        a migration must never change after it has run; put it back and add a new one",
        .files.join(", "))]
    Changed {
        /// Files of `migrations/`.
        files: Vec<String>,
    },
    /// The comparison failed.
    #[error("the installed schema cannot be read")]
    Database(#[from] sqlx::Error),
}

/// The difference between a database and a schema.
pub(crate) struct Comparison<'s> {
    /// Migrations to run, in order.
    pub(crate) pending: Vec<&'s Migration>,
    /// Objects whose text, or some of whose creations, the database does not have.
    pub(crate) stale: Vec<&'s Object>,
    /// Files that are installed but no longer part of the schema.
    pub(crate) orphaned: Vec<String>,
    /// Whether anything was ever installed.
    exists: bool,
    ours: String,
    unknown: Vec<String>,
    changed: Vec<String>,
}

impl Comparison<'_> {
    /// Whether there is nothing to do.
    pub(crate) fn is_current(&self) -> bool {
        self.exists && self.pending.is_empty() && self.stale.is_empty()
    }

    pub(crate) fn refuse_newer_or_changed(&self) -> Result<(), CheckError> {
        if !self.unknown.is_empty() {
            return Err(CheckError::Newer {
                ours: self.ours.clone(),
                unknown: self.unknown.clone(),
            });
        }
        if !self.changed.is_empty() {
            return Err(CheckError::Changed {
                files: self.changed.clone(),
            });
        }
        Ok(())
    }

    fn refuse_older(&self) -> Result<(), CheckError> {
        if !self.exists {
            return Err(CheckError::NotInstalled);
        }
        if self.is_current() {
            return Ok(());
        }
        let migrations = self
            .pending
            .iter()
            .map(|m| format!("migrations/{}", m.file));
        let objects = self
            .stale
            .iter()
            .map(|object| format!("sql/{}", object.path));
        Err(CheckError::Outdated {
            missing: migrations.chain(objects).collect(),
        })
    }
}

impl Schema {
    /// As [`super::check_installed`], for this schema.
    ///
    /// # Errors
    /// As [`super::check_installed`].
    pub async fn check_installed(&self, pool: &PgPool) -> Result<(), CheckError> {
        let mut transaction = pool.begin().await?;
        // The same names for the same objects as when they were installed.
        sqlx::query("select set_config('search_path', 'public', true)")
            .execute(&mut *transaction)
            .await?;
        let ledger = Ledger::read(&mut transaction).await?;
        transaction.rollback().await?;
        let comparison = self.compare(&ledger);
        comparison.refuse_newer_or_changed()?;
        comparison.refuse_older()
    }

    pub(crate) fn compare(&self, ledger: &Ledger) -> Comparison<'_> {
        let known = |version: &i64| self.migrations.iter().any(|m| m.version == *version);
        let unknown_migrations = ledger
            .migrations
            .iter()
            .filter(|(version, _)| !known(version))
            .map(|(_, (file, _))| format!("migrations/{file}"));
        let newer_releases = ledger
            .releases
            .iter()
            .filter(|release| numbers(release) > numbers(&self.release))
            .map(|release| format!("release {release}"));
        let applied = |m: &Migration| ledger.migrations.get(&m.version);
        let has_changed =
            |m: &&Migration| applied(m).is_some_and(|(_, checksum)| *checksum != m.checksum());
        let is_orphan = |path: &&String| !self.objects.iter().any(|o| o.path == path.as_str());
        Comparison {
            pending: self
                .migrations
                .iter()
                .filter(|m| applied(m).is_none())
                .collect(),
            stale: self
                .objects
                .iter()
                .filter(|object| is_stale(object, ledger))
                .collect(),
            orphaned: ledger.objects.keys().filter(is_orphan).cloned().collect(),
            exists: ledger.exists,
            ours: self.release.to_string(),
            unknown: unknown_migrations.chain(newer_releases).collect(),
            changed: self
                .migrations
                .iter()
                .filter(has_changed)
                .map(|m| format!("migrations/{}", m.file))
                .collect(),
        }
    }
}

/// Whether a file has to be installed (again).
pub(crate) fn is_stale(object: &Object, ledger: &Ledger) -> bool {
    let is_missing = |identity: &String| ledger.missing.contains(identity);
    ledger.objects.get(object.path.as_ref()).is_none_or(
        |InstalledObject {
             checksum,
             identities,
         }| { *checksum != object.checksum() || identities.iter().any(is_missing) },
    )
}

/// `1.2.3` as something that can be compared; what is no number counts as 0.
fn numbers(release: &str) -> Vec<u64> {
    let release = release.split(['-', '+']).next().unwrap_or_default();
    release
        .split('.')
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert!(numbers("0.10.0") > numbers("0.9.9"));
        assert!(numbers("1.0.0") > numbers("0.99.0"));
        assert_eq!(numbers("0.1.0-rc.1"), numbers("0.1.0"));
    }
}
