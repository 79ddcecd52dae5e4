//! The test kit tests itself.

mod databases;
