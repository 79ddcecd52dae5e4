//! Jira's settings.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::SettingsError;

/// How Jira Cloud is reached, and what issues are like there.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Tickets")]
pub struct JiraSettings {
    /// The site's address, e.g. `https://example.atlassian.net`. Without it tickets are rows of
    /// this database and nothing else
    #[arg(long, env = "JIRA_URL", value_name = "URL")]
    pub jira_url: Option<String>,

    /// The account's mail address. Required with the address
    #[arg(long, env = "JIRA_EMAIL", value_name = "ADDRESS")]
    pub jira_email: Option<String>,

    /// The account's API token. Required with the address
    #[arg(
        long,
        env = "JIRA_API_TOKEN",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub jira_api_token: Option<SecretString>,

    /// The key of the project that gets the issues. Required with the address
    #[arg(long, env = "JIRA_PROJECT", value_name = "KEY")]
    pub jira_project: Option<String>,

    /// The type of the issues
    #[arg(
        long,
        env = "JIRA_ISSUE_TYPE",
        value_name = "NAME",
        default_value = "Task"
    )]
    pub jira_issue_type: String,

    /// The project's priorities for critical, high, medium and low, separated by commas. Empty if
    /// its issues have no priority
    #[arg(
        long,
        env = "JIRA_PRIORITIES",
        value_name = "NAMES",
        default_value = "Highest,High,Medium,Low"
    )]
    pub jira_priorities: String,

    /// The transition that ends an issue; by default the first that leads to a state of the
    /// category "done"
    #[arg(long, env = "JIRA_DONE_TRANSITION", value_name = "NAME")]
    pub jira_done_transition: Option<String>,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "JIRA_TIMEOUT", value_name = "DURATION", default_value = "15s",
          value_parser = humantime::parse_duration)]
    pub jira_timeout: Duration,
}

impl Default for JiraSettings {
    fn default() -> Self {
        Self {
            jira_url: None,
            jira_email: None,
            jira_api_token: None,
            jira_project: None,
            jira_issue_type: "Task".to_owned(),
            jira_priorities: "Highest,High,Medium,Low".to_owned(),
            jira_done_transition: None,
            jira_timeout: Duration::from_secs(15),
        }
    }
}

// A variable that is set to nothing, as compose files do, is not set.
impl JiraSettings {
    /// The address with a slash behind it; none if Jira is off.
    pub(super) fn base(&self) -> Result<Option<Url>, SettingsError> {
        let Some(address) = filled(&self.jira_url) else {
            return Ok(None);
        };
        let address = format!("{}/", address.trim_end_matches('/'));
        let url = Url::parse(&address).map_err(|error| invalid("JIRA_URL", error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("JIRA_URL", "must be an http or https address"));
        }
        Ok(Some(url))
    }

    pub(super) fn email(&self) -> Result<String, SettingsError> {
        required("JIRA_EMAIL", filled(&self.jira_email))
    }

    pub(super) fn api_token(&self) -> Result<SecretString, SettingsError> {
        let token = self.jira_api_token.clone();
        required(
            "JIRA_API_TOKEN",
            token.filter(|token| !token.expose_secret().is_empty()),
        )
    }

    pub(super) fn project(&self) -> Result<String, SettingsError> {
        let key = required("JIRA_PROJECT", filled(&self.jira_project))?;
        let is_key = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_key {
            return Ok(key);
        }
        Err(invalid("JIRA_PROJECT", "must be a project's key, e.g. OPS"))
    }

    /// Everything that is wrong with these settings together.
    #[must_use]
    pub fn contradictions(&self) -> Vec<SettingsError> {
        match self.base() {
            Ok(None) => Vec::new(),
            base => [
                base.err(),
                self.email().err(),
                self.api_token().err(),
                self.project().err(),
                self.priorities().err(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    /// The names for critical, high, medium and low; none if issues have no priority.
    pub(super) fn priorities(&self) -> Result<Option<[String; 4]>, SettingsError> {
        if self.jira_priorities.trim().is_empty() {
            return Ok(None);
        }
        let names = self.jira_priorities.split(',');
        let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
        let four = <[String; 4]>::try_from(names);
        let four = four
            .ok()
            .filter(|names| names.iter().all(|n| !n.is_empty()));
        let problem = "must be four names with commas between them, or empty";
        four.map(Some)
            .ok_or_else(|| invalid("JIRA_PRIORITIES", problem))
    }

    pub(super) fn done_transition(&self) -> Option<String> {
        filled(&self.jira_done_transition)
    }
}

fn filled(text: &Option<String>) -> Option<String> {
    let text = text.as_deref().map(str::trim);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn required<T>(setting: &'static str, value: Option<T>) -> Result<T, SettingsError> {
    value.ok_or_else(|| invalid(setting, "is required with JIRA_URL"))
}

fn invalid(setting: &'static str, problem: impl Into<String>) -> SettingsError {
    let problem = problem.into();
    SettingsError::Invalid { setting, problem }
}
