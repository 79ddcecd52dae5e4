//! What an install did, for a person.

use std::{fmt, time::Duration};

use super::Comparison;

/// What an install did, or, after a dry run, would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallReport {
    /// Nothing was done.
    pub dry_run: bool,
    /// Files of `migrations/` that ran, in order.
    pub migrations_applied: Vec<String>,
    /// Files of `sql/` that were installed because they are new, changed or were missing.
    pub objects_installed: Vec<String>,
    /// What files of `sql/` used to make and no longer make: dropped.
    pub objects_dropped: Vec<String>,
    /// Files that left `sql/` while their objects are still in the database. They stay, because
    /// processes of the previous release may still call them; a later migration drops them.
    pub objects_orphaned: Vec<String>,
    /// How long it took, waiting for other installers included.
    pub duration: Duration,
}

impl InstallReport {
    pub(super) fn planned(comparison: &Comparison<'_>) -> Self {
        Self {
            dry_run: true,
            migrations_applied: comparison
                .pending
                .iter()
                .map(|m| m.file.to_string())
                .collect(),
            objects_installed: comparison
                .stale
                .iter()
                .map(|o| o.path.to_string())
                .collect(),
            objects_orphaned: comparison.orphaned.clone(),
            ..Self::default()
        }
    }

    /// Whether the database already was as it should be.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.migrations_applied.is_empty()
            && self.objects_installed.is_empty()
            && self.objects_dropped.is_empty()
    }
}

impl fmt::Display for InstallReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "to apply" } else { "applied" };
        write!(
            f,
            "{} migrations and {} objects {verb}",
            self.migrations_applied.len(),
            self.objects_installed.len()
        )?;
        if !self.objects_dropped.is_empty() {
            write!(f, ", {} dropped", self.objects_dropped.join(", "))?;
        }
        if !self.objects_orphaned.is_empty() {
            write!(
                f,
                ", no longer part of sql/: {}",
                self.objects_orphaned.join(", ")
            )?;
        }
        write!(f, " ({} ms)", self.duration.as_millis())
    }
}
