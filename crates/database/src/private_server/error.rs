//! Why there is no server.

use std::{io, path::PathBuf};

/// Why a private server could not be found, started or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// No usable installation. The message is the one line to type.
    #[error("no PostgreSQL 15 or newer found ({}). {}", seen_text(.seen), INSTALL_HINT)]
    NotFound {
        /// What was looked at and why it does not do.
        seen: Vec<String>,
    },
    /// We are root, PostgreSQL refuses to be, and there is nobody else to be.
    #[error("PostgreSQL does not run as root, and /etc/passwd has neither `postgres` nor `nobody`")]
    NoAccount,
    /// A folder that the server's account cannot enter.
    #[error(
        "the server runs as {account}, and that account cannot enter {}: use a folder outside",
        .path.display()
    )]
    NotEnterable {
        /// The account's name.
        account: String,
        /// The folder.
        path: PathBuf,
    },
    /// A step with files or processes failed.
    #[error("{what}")]
    Io {
        /// The step.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb failed: {output}")]
    Initdb {
        /// What it wrote.
        output: String,
    },
    /// `postgres` ended or stayed silent.
    #[error("PostgreSQL did not start: {reason}. Its log ends with: {log}")]
    DidNotStart {
        /// What we saw.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
    /// The thread that keeps the server has ended.
    #[error("the private server has already been stopped")]
    Stopped,
}

const INSTALL_HINT: &str = if cfg!(target_os = "macos") {
    "Type: brew install postgresql@17"
} else {
    "Type: sudo apt-get install postgresql (or dnf install postgresql-server, or \
     apk add postgresql), or set STEVEDORE_POSTGRES_BIN to a folder with initdb and postgres"
};

fn seen_text(seen: &[String]) -> String {
    if seen.is_empty() {
        "none on this machine".to_owned()
    } else {
        seen.join("; ")
    }
}

/// Names the step that an I/O error stopped.
pub(super) trait During<T> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, ServerError>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, ServerError> {
        self.map_err(|source| ServerError::Io {
            what: what(),
            source,
        })
    }
}
