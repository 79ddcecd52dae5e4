//! The queue's promises, each on a real PostgreSQL.
