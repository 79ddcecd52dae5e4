//! Installing the files of `sql/` by their content.
//!
//! `create or replace` has three holes, and each is closed here: a function whose parameters change
//! leaves its old self behind (calls become ambiguous), a view cannot lose or rename a column, and
//! an object that a migration had to drop stays away although its file has not changed. So the
//! installer looks into the catalogue after every file and remembers what that file made.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{
    InstallError, InstallReport, Object, Schema, check::is_stale, error::SqlError, ledger::Ledger,
};

/// "cannot drop columns from view" and "cannot change return type of existing function".
const NEEDS_DROP: [&str; 2] = ["42P16", "42P13"];

/// Dropping a view takes the views that read it along, and those are installed in the next round.
const ROUNDS_MAX: usize = 5;

/// What a file of `sql/` can make: identity → the version of the row that holds its definition.
#[derive(Debug)]
pub(crate) struct Catalogue(BTreeMap<String, String>);

impl Catalogue {
    /// Reads names and row versions. The caller has set `search_path`, which decides how the types
    /// in a signature are written.
    pub(crate) async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(include_str!("catalogue.sql"))
            .fetch_all(connection)
            .await?;
        Ok(Self(rows.into_iter().collect()))
    }

    pub(crate) fn contains(&self, identity: &str) -> bool {
        self.0.contains_key(identity)
    }

    /// Every policy there is: files of `policies/` are written over all tables and change only what
    /// differs, so what one of them touched says nothing of what it holds.
    fn policies(&self) -> Vec<String> {
        let is_policy = |identity: &&String| identity.starts_with("policy ");
        self.0.keys().filter(is_policy).cloned().collect()
    }

    /// What was created or replaced since `before`.
    fn touched_since(&self, before: &Self) -> Vec<String> {
        let changed =
            |(identity, version): &(&String, &String)| before.0.get(*identity) != Some(*version);
        self.0
            .iter()
            .filter(changed)
            .map(|(identity, _)| identity.clone())
            .collect()
    }
}

/// Installs every file that is new, changed, or of whose objects one is missing.
pub(super) async fn install(
    connection: &mut PgConnection,
    schema: &Schema,
    report: &mut InstallReport,
) -> Result<(), InstallError> {
    let mut outdated = BTreeSet::new();
    let mut catalogue = Catalogue::read(connection).await?;
    for _ in 0..ROUNDS_MAX {
        let ledger = Ledger::read(connection).await?;
        let due: Vec<&Object> = schema
            .objects
            .iter()
            .filter(|object| !is_policy(object) && is_stale(object, &ledger))
            .collect();
        if due.is_empty() {
            drop_outdated(connection, &ledger, &catalogue, outdated, report).await?;
            install_policies(connection, schema, &ledger, report).await?;
            return report_orphans(connection, schema, report).await;
        }
        for object in due {
            let before = ledger.objects.get(object.path.as_ref());
            let recorded = before
                .map(|installed| installed.identities.as_slice())
                .unwrap_or(&[]);
            outdated.extend(recorded.iter().cloned());
            catalogue = install_one(connection, object, recorded, catalogue).await?;
            if !report
                .objects_installed
                .iter()
                .any(|path| *path == object.path)
            {
                report.objects_installed.push(object.path.to_string());
            }
        }
    }
    let paths = report.objects_installed.clone();
    Err(InstallError::Unstable { paths })
}

fn is_policy(object: &Object) -> bool {
    object.path.starts_with("policies/")
}

/// Files of `policies/` say who may see and do what, derived from the catalogue: all of them run
/// after anything was installed, so that a new table or function is covered at once.
async fn install_policies(
    connection: &mut PgConnection,
    schema: &Schema,
    ledger: &Ledger,
    report: &mut InstallReport,
) -> Result<(), InstallError> {
    let policies: Vec<&Object> = schema.objects.iter().filter(|o| is_policy(o)).collect();
    let is_due = !report.migrations_applied.is_empty()
        || !report.objects_installed.is_empty()
        || policies.iter().any(|object| is_stale(object, ledger));
    if !is_due {
        return Ok(());
    }
    for &object in &policies {
        execute(connection, object)
            .await
            .map_err(|error| sql_error(object, error))?;
    }
    let made = Catalogue::read(connection).await?.policies();
    for object in policies {
        Ledger::record_object(connection, object, &made).await?;
        report.objects_installed.push(object.path.to_string());
    }
    Ok(())
}

/// Executes one file and remembers what it made. Takes the catalogue as it is, returns it as it
/// then is, so that it is read once per file and not twice.
async fn install_one(
    connection: &mut PgConnection,
    object: &Object,
    recorded: &[String],
    before: Catalogue,
) -> Result<Catalogue, InstallError> {
    if let Err(error) = execute(connection, object).await {
        let code = error.as_database_error().and_then(|error| error.code());
        if !code.is_some_and(|code| NEEDS_DROP.contains(&code.as_ref())) {
            return Err(sql_error(object, error).into());
        }
        for identity in in_drop_order(recorded.to_vec()) {
            drop_with_views(connection, &identity)
                .await
                .map_err(|e| sql_error(object, e))?;
        }
        execute(connection, object)
            .await
            .map_err(|error| sql_error(object, error))?;
    }
    let after = Catalogue::read(connection).await?;
    Ledger::record_object(connection, object, &after.touched_since(&before)).await?;
    Ok(after)
}

/// In a savepoint: it undoes a failed try, and its own transaction id marks the rows it wrote.
async fn execute(connection: &mut PgConnection, object: &Object) -> Result<(), sqlx::Error> {
    let mut savepoint = connection.begin().await?;
    savepoint
        .execute(AssertSqlSafe(object.sql.to_string()))
        .await?;
    savepoint.commit().await
}

/// Drops an object and, when it is a view, the views that read it: not `cascade`, which would also
/// take a column's default or a constraint, and those nobody would bring back.
async fn drop_with_views(connection: &mut PgConnection, identity: &str) -> Result<(), sqlx::Error> {
    if let Some(view) = identity.strip_prefix("view ") {
        let dependants: Vec<String> = sqlx::query_scalar(include_str!("dependent_views.sql"))
            .bind(view)
            .fetch_all(&mut *connection)
            .await?;
        for dependant in dependants {
            drop_one(connection, &format!("view {dependant}")).await?;
        }
    }
    drop_one(connection, identity).await
}

/// An identity is a kind and what a drop statement calls the object.
async fn drop_one(connection: &mut PgConnection, identity: &str) -> Result<(), sqlx::Error> {
    let (kind, name) = identity.split_once(' ').unwrap_or((identity, ""));
    let statement = format!("drop {kind} if exists {name}");
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

/// Triggers and policies before the functions they call.
fn in_drop_order(mut identities: Vec<String>) -> Vec<String> {
    identities.sort_by_key(|identity| (identity.starts_with("routine"), identity.clone()));
    identities
}

/// Drops what re-installed files made before and make no longer: an old signature, a renamed
/// trigger.
async fn drop_outdated(
    connection: &mut PgConnection,
    ledger: &Ledger,
    catalogue: &Catalogue,
    outdated: BTreeSet<String>,
    report: &mut InstallReport,
) -> Result<(), InstallError> {
    let made: BTreeSet<&String> = ledger
        .objects
        .values()
        .flat_map(|installed| &installed.identities)
        .collect();
    let is_gone = |identity: &String| !made.contains(identity) && catalogue.contains(identity);
    for identity in in_drop_order(outdated.into_iter().filter(is_gone).collect()) {
        drop_one(connection, &identity)
            .await
            .map_err(|error| SqlError::new(format!("drop {identity}"), "", error))?;
        report.objects_dropped.push(identity);
    }
    Ok(())
}

/// Files that left `sql/`: reported while anything of them is left, forgotten afterwards.
async fn report_orphans(
    connection: &mut PgConnection,
    schema: &Schema,
    report: &mut InstallReport,
) -> Result<(), InstallError> {
    let ledger = Ledger::read(connection).await?;
    for path in schema.compare(&ledger).orphaned {
        let identities = &ledger.objects[&path].identities;
        if identities
            .iter()
            .all(|identity| ledger.missing.contains(identity))
        {
            Ledger::forget_object(connection, &path).await?;
        } else {
            report.objects_orphaned.push(path);
        }
    }
    Ok(())
}

fn sql_error(object: &Object, error: sqlx::Error) -> SqlError {
    SqlError::new(format!("sql/{}", object.path), &object.sql, error)
}
