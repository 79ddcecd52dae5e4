//! Puts `migrations/` and the objects of `sql/install_order.txt` into the program.
//!
//! The generated list holds `include_str!` paths, so an edited file rebuilds this crate, and the
//! `rerun-if-changed` lines below make a new or removed file do so, too.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace holds this crate two levels down");
    let migrations = root.join("migrations");
    let sql = root.join("sql");
    for watched in [&migrations, &sql] {
        println!("cargo:rerun-if-changed={}", watched.display());
    }

    let mut generated = String::from("pub(crate) static MIGRATIONS: &[(&str, &str)] = &[\n");
    for name in sql_files(&migrations) {
        generated += &entry(&name, &migrations.join(&name));
    }
    generated += "];\npub(crate) static OBJECTS: &[(&str, &str)] = &[\n";
    for path in install_order(&sql) {
        generated += &entry(&path, &sql.join(&path));
    }
    generated += "];\n";

    let out = PathBuf::from(variable("OUT_DIR")).join("embedded.rs");
    fs::write(out, generated).expect("cargo's output directory is writable");
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts in variables"
)]
fn variable(name: &str) -> std::ffi::OsString {
    env::var_os(name).expect("cargo sets it")
}

/// One element of a generated list: the name for people, the text of the file.
fn entry(name: &str, file: &Path) -> String {
    assert!(
        file.is_file(),
        "{} is listed but does not exist",
        file.display()
    );
    let file = file.to_str().expect("the path of the workspace is UTF-8");
    format!("    ({name:?}, include_str!({file:?})),\n")
}

/// The names of the `.sql` files of a directory, in order.
fn sql_files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("the directory exists")
        .map(|entry| entry.expect("the directory is readable").file_name())
        .map(|name| name.into_string().expect("names of migrations are ASCII"))
        .filter(|name| name.ends_with(".sql"))
        .collect();
    names.sort();
    names
}

/// The paths of `install_order.txt`, without comments and empty lines.
fn install_order(sql: &Path) -> Vec<String> {
    fs::read_to_string(sql.join("install_order.txt"))
        .expect("sql/install_order.txt exists")
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
