//! `stevedore keys`: who may call the API.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use humantime::parse_duration;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use stevedore_database::DatabaseSettings;
use stevedore_model::TenantId;
use stevedore_model::api_keys::{self, NewKey, Use};

use crate::schema;

/// Settings of `stevedore keys`.
#[derive(Args)]
#[command(after_help = "\
A key is shown once, when it is created; the database keeps a hash of its secret.

Examples:
  stevedore keys create --name web --scope orders:write --scope orders:read
  stevedore keys create --name ci --scope jobs:write --expires-at 2027-01-31T00:00:00Z
  stevedore keys create --name erp --scope orders:write --signs
  stevedore keys list
  stevedore keys rotate KEY_ID
  stevedore keys revoke KEY_ID")]
pub struct KeysCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Create a key and print it
    Create(Create),
    /// List keys: id, name, scopes, when they expire; never their secrets
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
    /// Make a key like another one, which expires a while later, and print it
    Rotate {
        /// The key's id, as `list` shows it
        key_id: String,
        /// How long the old key goes on working: deploy the new one within this time
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
        overlap: Duration,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Make a key useless
    Revoke {
        /// The key's id, as `list` shows it
        key_id: String,
    },
}

#[derive(Args)]
struct Create {
    /// Who uses it, for people
    #[arg(long)]
    name: String,
    /// What it may do; give several times
    #[arg(long = "scope", required = true)]
    scopes: Vec<String>,
    /// When it stops to work, such as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires_at: Option<DateTime<Utc>>,
    /// Sign each request with it and never send it: then it is refused as a bearer key
    #[arg(long)]
    signs: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
#[expect(clippy::print_stdout, reason = "the keys are the command's output")]
pub async fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&command.database).await?;
    match command.verb {
        Verb::Create(create) => create_key(&pool, create).await?,
        Verb::List { json } => list(&pool, json).await?,
        Verb::Rotate {
            key_id,
            overlap,
            json,
        } => {
            let rotated = api_keys::rotate(&pool, TenantId::SHOP, &key_id, overlap).await?;
            let Some(new) = rotated else {
                bail!("no key {key_id} is in use; `stevedore keys list` shows them");
            };
            print_key(&new, json);
        }
        Verb::Revoke { key_id } => {
            if !api_keys::revoke(&pool, TenantId::SHOP, &key_id).await? {
                bail!("there is no key {key_id}; `stevedore keys list` shows them");
            }
            println!("revoked {key_id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create_key(pool: &PgPool, create: Create) -> anyhow::Result<()> {
    let tenant = TenantId::SHOP;
    let (name, scopes) = (&create.name, &create.scopes);
    let purpose = if create.signs {
        Use::Signs
    } else {
        Use::Bearer
    };
    let key = api_keys::create_for(pool, tenant, name, scopes, create.expires_at, purpose).await?;
    print_key(&key, create.json);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the key is the command's output")]
fn print_key(key: &NewKey, json: bool) {
    let token = key.token.expose_secret();
    if json {
        println!("{}", json!({"key_id": key.key_id, "token": token}));
    } else {
        println!("{token}");
        eprintln!(
            "This is the only time that the key is shown. Its id is {}.",
            key.key_id
        );
    }
}

#[expect(clippy::print_stdout, reason = "the list is the command's output")]
async fn list(pool: &PgPool, json: bool) -> anyhow::Result<()> {
    let keys = api_keys::list(pool, TenantId::SHOP).await?;
    if json {
        println!("{}", serde_json::to_string(&keys)?);
        return Ok(());
    }
    for key in keys {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {}", at.format("%F %T")),
            (None, Some(at)) => format!("until {}", at.format("%F %T")),
            (None, None) => "never expires".to_owned(),
        };
        println!(
            "{}  {:<24}  {:<24}  {}{}",
            key.key_id,
            key.name,
            state,
            key.scopes.join(" "),
            if key.signs { "  (signs)" } else { "" }
        );
    }
    Ok(())
}
