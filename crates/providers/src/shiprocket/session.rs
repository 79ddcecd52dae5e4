//! The login: a token that is good for ten days, got by one caller for all.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::http::{Answer, Http, NoAnswer};
use crate::vendor::{self, join};
use crate::{Journal, NewToken, ProviderError, TokenCache, TokenKey};

/// The vendor's tokens are good for 240 hours, and say so nowhere.
const GOOD_FOR: Duration = Duration::from_hours(9 * 24);

/// An API user of Shiprocket: not the account's own login.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) email: String,
    pub(super) password: SecretString,
}

/// Calls with a token, which is renewed when it is old or refused.
pub(super) struct Session {
    http: Http,
    base: Url,
    user: User,
    tokens: Arc<dyn TokenCache>,
    key: TokenKey,
}

impl Session {
    pub(super) fn new(http: Http, base: Url, user: User, tokens: Arc<dyn TokenCache>) -> Self {
        let key = TokenKey {
            name: format!("shiprocket/{}", user.email),
            credentials: user.password.clone(),
        };
        Self {
            http,
            base,
            user,
            tokens,
            key,
        }
    }

    pub(super) fn account(&self) -> &str {
        &self.user.email
    }

    pub(super) fn conceal(&self, journal: &mut Journal) {
        journal.conceal(&self.user.email);
        journal.conceal(self.user.password.expose_secret());
    }

    /// Sends with a token. One that is refused is renewed once: a call refused so did nothing.
    pub(super) async fn send(
        &self,
        operation: &'static str,
        call: impl Fn(&str) -> RequestBuilder,
        sent: Value,
        journal: &mut Journal,
    ) -> Result<Result<Answer, NoAnswer>, ProviderError> {
        let token = self.token(journal).await?;
        let request = call(token.expose_secret());
        let answer = self
            .http
            .send(operation, request, sent.clone(), journal)
            .await;
        match &answer {
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {}
            _ => return Ok(answer),
        }
        self.tokens.forget(&self.key, &token).await;
        let token = self.token(journal).await?;
        let request = call(token.expose_secret());
        Ok(self.http.send(operation, request, sent, journal).await)
    }

    async fn token(&self, journal: &mut Journal) -> Result<SecretString, ProviderError> {
        // A dry run logs in nowhere, and goes on to build what it would send.
        if self.http.is_dry() {
            return Ok(SecretString::from("dry-run"));
        }
        let token = self
            .tokens
            .get(&self.key, Box::pin(self.log_in(journal)))
            .await?;
        journal.conceal(token.expose_secret());
        Ok(token)
    }

    async fn log_in(&self, journal: &mut Journal) -> Result<NewToken, ProviderError> {
        let body = json!({
            "email": self.user.email,
            "password": self.user.password.expose_secret(),
        });
        let url = join(&self.base, "auth/login")?;
        let call = self.http.client().post(url).json(&body);
        let answer = self.http.send("login", call, body.clone(), journal).await;
        // A login leaves nothing behind, however it ends.
        let answer = vendor::answered(answer).map_err(|error| match error {
            ProviderError::Unknown { message } => ProviderError::transient(message),
            ProviderError::Transient {
                retry_after,
                message,
                ..
            } => ProviderError::Transient {
                retry_after,
                look_up: false,
                message,
            },
            error => error,
        })?;
        if !answer.status.is_success() {
            let message = format!("login answered HTTP {}", answer.status.as_u16());
            return Err(ProviderError::unauthorized(message));
        }
        match vendor::json(&answer)["token"].as_str() {
            Some(token) if !token.is_empty() => Ok(NewToken {
                token: SecretString::from(token),
                lifetime: GOOD_FOR,
            }),
            _ => Err(ProviderError::transient("the login gave no token")),
        }
    }
}
