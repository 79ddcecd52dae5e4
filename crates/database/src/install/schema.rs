//! What the program carries: the texts of `migrations/` and `sql/`.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// One step of the history of the tables.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The number at the start of the file's name: its place in the order, and its identity.
    pub version: i64,
    /// The name of the file, e.g. `0001_basics.sql`.
    pub file: Cow<'static, str>,
    /// The text of the file.
    pub sql: Cow<'static, str>,
}

impl Migration {
    /// A migration from the name and the text of its file.
    ///
    /// # Panics
    /// When the name does not start with a number: a mistake in the source tree.
    #[must_use]
    pub fn new(file: impl Into<Cow<'static, str>>, sql: impl Into<Cow<'static, str>>) -> Self {
        let file = file.into();
        let version = file
            .split('_')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a migration is named <4 digits>_<what>.sql");
        Self {
            version,
            file,
            sql: sql.into(),
        }
    }

    /// Whether it runs in the transaction of the whole install: all do, unless their first line is
    /// `-- no-transaction`.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.sql
            .lines()
            .next()
            .is_none_or(|line| line.trim() != "-- no-transaction")
    }

    pub(crate) fn checksum(&self) -> String {
        checksum(&self.sql)
    }
}

/// A function, trigger, view or policy: one file below `sql/`.
#[derive(Debug, Clone)]
pub struct Object {
    /// The path below `sql/`, e.g. `functions/clock_now.sql`.
    pub path: Cow<'static, str>,
    /// The text of the file.
    pub sql: Cow<'static, str>,
}

impl Object {
    pub(crate) fn checksum(&self) -> String {
        checksum(&self.sql)
    }
}

/// Everything a database must hold for this program to run.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The release that carries it, `major.minor.patch`.
    pub release: Cow<'static, str>,
    /// In ascending order of versions.
    pub migrations: Vec<Migration>,
    /// In the order of `sql/install_order.txt`.
    pub objects: Vec<Object>,
}

impl Schema {
    /// The schema compiled into this program.
    #[must_use]
    pub fn embedded() -> Self {
        let migration = |&(file, sql): &(&'static str, &'static str)| Migration::new(file, sql);
        let object = |&(path, sql): &(&'static str, &'static str)| Object {
            path: Cow::Borrowed(path),
            sql: Cow::Borrowed(sql),
        };
        Self {
            release: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            migrations: embedded::MIGRATIONS.iter().map(migration).collect(),
            objects: embedded::OBJECTS.iter().map(object).collect(),
        }
    }

    /// A fingerprint (64 hex digits) of every text in its order: two programs with the same digest
    /// need the same database.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for migration in &self.migrations {
            digest.update(format!("{} {}\n", migration.file, migration.checksum()));
        }
        for object in &self.objects {
            digest.update(format!("{} {}\n", object.path, object.checksum()));
        }
        hex::encode(digest.finalize())
    }
}

/// SHA-256 in hex; a checkout with CRLF line ends has the same.
fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.replace("\r\n", "\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_migrations_have_distinct_ascending_versions() {
        let schema = Schema::embedded();
        assert!(
            schema
                .migrations
                .windows(2)
                .all(|pair| pair[0].version < pair[1].version)
        );
    }

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        assert_eq!(
            checksum("select 1;\r\nselect 2;\r\n"),
            checksum("select 1;\nselect 2;\n")
        );
        assert_ne!(checksum("select 1;"), checksum("select 2;"));
    }

    #[test]
    fn only_the_first_line_takes_a_migration_out_of_the_transaction() {
        let inside = Migration::new("0002_x.sql", "-- what: x\n-- no-transaction\nselect 1;");
        let outside = Migration::new("0003_y.sql", "-- no-transaction\nselect 1;");
        assert!(inside.in_transaction());
        assert!(!outside.in_transaction());
    }
}
