//! `stevedore config` and what roles say about wrong settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{stderr, stdout};

/// The binary without any variable but those of the test.
fn stevedore(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stevedore"));
    command.env_clear().args(arguments);
    command.envs(environment.iter().copied());
    command
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = stevedore(arguments, environment).output();
    let output = output.expect("the command can be started");
    (output.status.code(), stdout(&output), stderr(&output))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("a temporary folder takes files");
    path.to_str().expect("its name is text").to_owned()
}

const TEN_MISTAKES: &str = "\
# All wrong.
DATABASE_POOL_MAX=many
DATABASE_POOL_MAX=20
WORKER_CONCURENCY=8
WORKER_LISTEN=perhaps
LABEL_PREFER=nicest
STEVEDORE_API_BIND=nowhere
STEVEDORE_API_REQUESTS_MAX=0
WORKER_GRACE_FILE=/run/secrets/grace
SMTP_PASSWORD_FILE=/no/such/file
this line says nothing
";

#[test]
fn j5_a_file_with_ten_mistakes_is_told_in_ten_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "shop.conf", TEN_MISTAKES);
    let url = ("DATABASE_URL", "postgres://shop@db/shop");
    let (code, out, _) = run(&["config", "check", "--config", &file], &[url]);
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 10, "{out}");
    let told = out.replace(folder.path().to_str().unwrap(), "");
    for expected in [
        "DATABASE_POOL_MAX (line 3 of /shop.conf): set twice, first on line 2; remove one",
        "DATABASE_POOL_MAX: \"many\" (line 2 of /shop.conf): invalid digit found in string; \
         leave it out for its default, 10",
        "WORKER_CONCURENCY: is no setting (line 4 of /shop.conf); did you mean WORKER_CONCURRENCY?",
        "LABEL_PREFER: \"nicest\" (line 6 of /shop.conf): must be one of cheapest, fastest;",
        "expected a whole number from 1 to 100000",
        "WORKER_GRACE is no secret, so set it itself",
        "SMTP_PASSWORD_FILE: cannot read /no/such/file",
        "line 11 of /shop.conf: is no NAME=value",
    ] {
        assert!(told.contains(expected), "{expected}\nin\n{told}");
    }
    let json = run(&["config", "check", "--json", "--config", &file], &[url]).1;
    let json: Vec<Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(json.len(), 10);
    assert!(
        json.iter()
            .all(|it| it["setting"].is_string() && it["problem"].is_string())
    );
}

#[test]
fn j5_a_role_lists_all_that_is_wrong_and_does_not_start() {
    let environment = [
        ("DATABASE_POOL_MAX", "many"),
        ("WORKER_HEARTBEAT", "soon"),
        ("SMTP_PORT", "99999"),
    ];
    let (code, _, err) = run(&["worker"], &environment);
    assert_eq!(code, Some(2));
    assert_eq!(err.lines().count(), 4, "{err}");
    for name in [
        "DATABASE_URL",
        "DATABASE_POOL_MAX",
        "WORKER_HEARTBEAT",
        "SMTP_PORT",
    ] {
        assert!(err.contains(&format!("error: {name}: ")), "{err}");
    }
    // What another role takes is none of its business.
    let (_, _, err) = run(&["api"], &environment);
    assert_eq!(err.lines().count(), 2, "{err}");
}

#[test]
fn j5_settings_that_are_wrong_only_together_are_told_with_the_others() {
    let environment = [
        ("DATABASE_URL", "postgres://shop@db/shop"),
        ("DATABASE_POOL_MIN", "20"),
        ("DATABASE_POOL_MAX", "10"),
        ("WORKER_CONCURRENCY", "many"),
        ("AT_ISHARE_API_URL", "https://at.example/api"),
        ("FEDEX_CLIENT_ID", "shop"),
        ("JIRA_URL", "https://shop.example"),
        ("JIRA_EMAIL", "ops@shop.example"),
        ("SHIPROCKET_EMAIL", "ops@shop.example"),
        ("SHIPROCKET_PICKUP_TIME", "noon"),
        ("SMTP_HOST", "relay"),
        ("SMTP_USERNAME", "shop"),
        ("SMTP_PASSWORD_FILE", "/no/such/file"),
        ("NOTICE_TEMPLATES", "/no/such/folder"),
    ];
    let (code, out, _) = run(&["config", "check"], &environment);
    assert_eq!(code, Some(1));
    let mut names: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    names.sort_unstable();
    let expected = [
        "AT_ISHARE_API_KEY",
        "DATABASE_POOL_MIN",
        "FEDEX_CLIENT_SECRET",
        "JIRA_API_TOKEN",
        "JIRA_PROJECT",
        "NOTICE_TEMPLATES",
        "SHIPROCKET_PASSWORD",
        "SHIPROCKET_PICKUP_LOCATION",
        "SHIPROCKET_PICKUP_TIME",
        "SMTP_FROM",
        // The file that can't be read, and not that its password is missing, too.
        "SMTP_PASSWORD_FILE",
        "WORKER_CONCURRENCY",
    ];
    assert_eq!(names, expected, "{out}");
    // The role that they belong to does not start, and says the same; another is not concerned.
    let (code, _, err) = run(&["worker"], &environment);
    assert_eq!(code, Some(2));
    assert_eq!(err.lines().count(), expected.len(), "{err}");
    let (_, out, _) = run(&["config", "check", "--role", "api"], &environment);
    assert_eq!(out.lines().count(), 1, "{out}");
}

#[test]
fn j5_a_flag_goes_before_the_environment_that_before_the_file_and_that_before_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let text = "WORKER_CONCURRENCY=7\nWORKER_NAME=file\nWORKER_QUEUES=payments,webhooks\n";
    let file = write(folder.path(), "shop.conf", text);
    let environment = [
        ("STEVEDORE_CONFIG", file.as_str()),
        ("WORKER_NAME", "environment"),
    ];
    let (code, out, err) = run(&["config", "show", "--json"], &environment);
    assert_eq!(code, Some(0), "{err}");
    let shown: Vec<Value> = serde_json::from_str(&out).unwrap();
    let of = |name: &str| {
        let found = shown.iter().find(|it| it["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} is not shown"));
        let source = found["source"].as_str().unwrap().replace(&file, "F");
        (found["value"].as_str().map(str::to_owned), source)
    };
    let said = |value: &str, source: &str| (Some(value.to_owned()), source.to_owned());
    assert_eq!(of("WORKER_NAME"), said("environment", "environment"));
    assert_eq!(of("WORKER_CONCURRENCY"), said("7", "line 1 of F"));
    assert_eq!(
        of("WORKER_QUEUES"),
        said("payments,webhooks", "line 3 of F")
    );
    assert_eq!(of("WORKER_HEARTBEAT"), said("5s", "default"));
    assert_eq!(of("DATABASE_URL"), (None, "not set".to_owned()));
    // A wrong value is no matter where a flag goes before it: what fails now is the connection.
    let wrong = [
        ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
        ("DATABASE_ACQUIRE_TIMEOUT", "x"),
    ];
    let (code, _, err) = run(&["check", "--database-acquire-timeout", "1s"], &wrong);
    assert_eq!(code, Some(1), "{err}");
}

#[test]
fn j5_a_secret_is_read_from_a_file_of_its_own_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = write(folder.path(), "db", "postgres://127.0.0.1:1/hunter2\n");
    let environment = [
        ("DATABASE_URL", ""), // as compose sets what has no value
        ("DATABASE_URL_FILE", secret.as_str()),
        ("SMTP_PASSWORD", "hunter2"),
        ("DATABASE_ACQUIRE_TIMEOUT", "100ms"),
    ];
    let (_, out, _) = run(&["config", "show"], &environment);
    assert!(!out.contains("hunter2"), "{out}");
    let line = out
        .lines()
        .find(|line| line.starts_with("DATABASE_URL "))
        .unwrap();
    assert!(
        line.contains("********") && line.contains(&secret),
        "{line}"
    );
    assert_eq!(run(&["config", "check"], &environment).0, Some(0));
    // A command gets it in the same way: it fails because nobody listens, not because it is unset.
    let (code, _, err) = run(&["check"], &environment);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        !err.contains("required") && !err.contains("hunter2"),
        "{err}"
    );
    // Two answers to one question are a mistake.
    let both = [
        ("DATABASE_URL", "postgres://a/b"),
        ("DATABASE_URL_FILE", secret.as_str()),
    ];
    let (code, _, err) = run(&["check"], &both);
    assert_eq!(code, Some(2));
    assert!(err.contains("set together with DATABASE_URL_FILE"), "{err}");
}

#[test]
fn j5_names_that_look_like_ours_are_mistakes_and_others_are_not() {
    let url = ("DATABASE_URL", "postgres://shop@db/shop");
    let of_others = [
        url,
        ("STEVEDORE_API_PORT", "tcp://10.0.0.1:8080"),
        ("STEVEDORE_API_SERVICE_HOST", "10.0.0.1"),
        ("STEVEDORE_HEALTH_PORT", "8080"),
        ("DATABASE_BACKUP_BUCKET", "s3://x"),
    ];
    let (code, out, _) = run(&["config", "check"], &of_others);
    assert_eq!(code, Some(0), "{out}");
    let ours = [
        url,
        ("STEVEDORE_API_HTST", "1d"),
        ("STEVEDORE_COLOUR", "blue"),
    ];
    let (code, out, _) = run(&["config", "check"], &ours);
    assert_eq!(code, Some(1));
    assert!(out.contains("did you mean STEVEDORE_API_HSTS?"), "{out}");
    assert!(out.contains("STEVEDORE_COLOUR: is no setting"), "{out}");
}

#[test]
fn j5_help_shows_no_secret_and_mistakes_in_flags_are_told_in_claps_words() {
    let environment = [("DATABASE_URL", "postgres://u:hunter2@h/d")];
    let (code, out, _) = run(&["worker", "--help"], &environment);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("[env: DATABASE_URL]") && !out.contains("hunter2"),
        "{out}"
    );
    let (code, _, err) = run(&["worker", "--conurrency", "2"], &environment);
    assert_eq!(code, Some(2));
    assert!(err.contains("--concurrency"), "{err}");
}

#[test]
fn j5_the_reference_of_all_settings_is_in_the_docs() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let (code, out, err) = run(&["config", "docs"], &[]);
    assert_eq!(code, Some(0), "{err}");
    if std::env::vars_os().any(|(name, _)| name == "UPDATE_DOCS") {
        fs::write(&page, &out).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == out,
        "UPDATE_DOCS=1 writes docs/configuration.md anew"
    );
}
