//! `stevedore route`: who fulfils what, and why an order's lines go where they go.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use stevedore_database::DatabaseSettings;
use stevedore_model::TenantId;
use stevedore_model::routing::{self, NewRule};

use crate::schema;

/// Settings of `stevedore route`.
#[derive(Args)]
pub struct RouteCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Say for each line of an order who is tried in which order, and what was done
    #[command(after_help = "\
The rules are rows of routing_rules; the first that fits and whose breaker is closed is asked, the \
next ones are its fail-over, the variant's own provider is the last.")]
    Explain(Explain),
    /// List the rules in the order in which they are tried
    Rules {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
    /// Make a rule, or make one what it shall be; what is left out fits everything
    #[command(after_help = "\
Examples:
  stevedore route put --provider prodigi --kind physical --country GB --country IE --priority 10
  stevedore route put --provider manual --value-min 100000 --currency GBP --note 'by hand'
  stevedore route put --rule 3 --provider prodigi --disabled")]
    Put(Box<Put>),
    /// Remove a rule
    Delete {
        /// The rule's id, as `rules` shows it
        #[arg(value_name = "RULE")]
        routing_rule_id: i64,
    },
}

#[derive(Args)]
struct Put {
    /// Change this rule instead of making one
    #[arg(long, value_name = "RULE")]
    rule: Option<i64>,
    /// Who fulfils; manual: a person
    #[arg(long, value_name = "CODE")]
    provider: String,
    /// Lowest first
    #[arg(long, value_name = "N", default_value_t = 100)]
    priority: i64,
    /// physical or digital
    #[arg(long)]
    kind: Option<String>,
    /// A destination, such as GB; give several times
    #[arg(long = "country", value_name = "CODE")]
    countries: Vec<String>,
    /// From this weight on, grams
    #[arg(long, value_name = "GRAMS")]
    weight_min: Option<i64>,
    /// Below this weight
    #[arg(long, value_name = "GRAMS")]
    weight_max: Option<i64>,
    /// From this value on, minor units of the currency
    #[arg(long, value_name = "AMOUNT")]
    value_min: Option<i64>,
    /// Below this value
    #[arg(long, value_name = "AMOUNT")]
    value_max: Option<i64>,
    /// Currency of the values
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The provider's service
    #[arg(long)]
    service: Option<String>,
    /// Which of our accounts there
    #[arg(long)]
    account: Option<String>,
    /// Let it rest
    #[arg(long)]
    disabled: bool,
    /// Why it is there, for people
    #[arg(long)]
    note: Option<String>,
}

impl Put {
    /// As the API is sent it: there is one place that judges rules.
    fn body(&self) -> Value {
        let mut body = Map::new();
        let countries = (!self.countries.is_empty()).then(|| json!(self.countries));
        for (name, value) in [
            ("provider_code", Some(json!(self.provider))),
            ("priority", Some(json!(self.priority))),
            ("product_kind", self.kind.as_ref().map(|kind| json!(kind))),
            ("countries", countries),
            ("weight_min_g", self.weight_min.map(Value::from)),
            ("weight_max_g", self.weight_max.map(Value::from)),
            ("value_min", self.value_min.map(Value::from)),
            ("value_max", self.value_max.map(Value::from)),
            ("currency", self.currency.as_ref().map(|code| json!(code))),
            ("service", self.service.as_ref().map(|name| json!(name))),
            ("account", self.account.as_ref().map(|name| json!(name))),
            ("is_enabled", Some(json!(!self.disabled))),
            ("note", self.note.as_ref().map(|note| json!(note))),
        ] {
            body.extend(value.map(|value| (name.to_owned(), value)));
        }
        Value::Object(body)
    }
}

#[derive(Args)]
struct Explain {
    /// The order's id
    #[arg(value_name = "ORDER")]
    order_id: i64,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the route.
#[expect(clippy::print_stdout, reason = "the route is the command's output")]
pub async fn run(command: RouteCommand) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&command.database).await?;
    match command.verb {
        Verb::Explain(explain) => explain_route(&pool, &explain).await?,
        Verb::Rules { json } => {
            let rules = routing::rules(&pool, TenantId::SHOP).await?;
            match json {
                true => println!("{rules}"),
                false => list(&rules)
                    .iter()
                    .for_each(|rule| println!("{}", rule_in_words(rule))),
            }
        }
        Verb::Put(put) => println!("{}", rule_in_words(&put_rule(&pool, &put).await?)),
        Verb::Delete { routing_rule_id } => {
            if !routing::delete(&pool, TenantId::SHOP, routing_rule_id).await? {
                bail!("there is no rule {routing_rule_id}; `stevedore route rules` shows them");
            }
            println!("removed rule {routing_rule_id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn put_rule(pool: &PgPool, put: &Put) -> anyhow::Result<Value> {
    let rule = match NewRule::parse(&put.body()) {
        Ok(rule) => rule,
        Err(problems) => {
            let problems = problems.iter();
            let lines: Vec<String> = problems
                .map(|problem| format!("{}: {}", problem.field, problem.message))
                .collect();
            bail!("{}", lines.join("\n"));
        }
    };
    let Some(id) = put.rule else {
        return Ok(routing::insert(pool, TenantId::SHOP, &rule).await?);
    };
    match routing::update(pool, TenantId::SHOP, id, &rule).await? {
        Some(rule) => Ok(rule),
        None => bail!("there is no rule {id}; `stevedore route rules` shows them"),
    }
}

fn rule_in_words(rule: &Value) -> String {
    let mut words = format!(
        "{}  priority {}  {}",
        rule["routing_rule_id"],
        rule["priority"],
        text(&rule["provider_code"])
    );
    for name in [
        "service",
        "product_kind",
        "countries",
        "weight_min_g",
        "weight_max_g",
        "value_min",
        "value_max",
        "currency",
    ] {
        if !rule[name].is_null() {
            words.push_str(&format!("  {name} {}", rule[name]));
        }
    }
    if rule["is_enabled"] == false {
        words.push_str("  (disabled)");
    }
    words
}

#[expect(clippy::print_stdout, reason = "the route is the command's output")]
async fn explain_route(pool: &PgPool, explain: &Explain) -> anyhow::Result<()> {
    let Some(route) = routing::explain(pool, TenantId::SHOP, explain.order_id).await? else {
        bail!("there is no order {}", explain.order_id);
    };
    if explain.json {
        println!("{route}");
    } else {
        println!("{}", in_words(&route));
    }
    Ok(())
}

fn in_words(route: &Value) -> String {
    let mut words = format!(
        "order {} to {}",
        text(&route["order_number"]),
        text(&route["country"])
    );
    for line in list(&route["lines"]) {
        words.push_str(&format!("\n{}", text(&line["sku"])));
        for candidate in list(&line["candidates"]) {
            let rule = match &candidate["routing_rule_id"] {
                Value::Null => "the variant's own".to_owned(),
                rule => format!("rule {rule}"),
            };
            words.push_str(&format!(
                "\n  {}. {} ({rule}, service {}), breaker {}",
                candidate["place"],
                text(&candidate["provider"]),
                text(&candidate["service"]),
                text(&candidate["breaker"]),
            ));
        }
        for fulfillment in list(&line["fulfillments"]) {
            words.push_str(&format!(
                "\n  -> fulfilment {} at {}: {}",
                fulfillment["fulfillment_id"],
                text(&fulfillment["provider"]),
                text(&fulfillment["status"]),
            ));
        }
    }
    words
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
