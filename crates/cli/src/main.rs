//! The `stevedore` command.

fn main() {}
