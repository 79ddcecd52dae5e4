//! One attempt's conversation with a provider, in the order that makes sending twice impossible:
//! look up what may be there, send what is not, look again.

use stevedore_providers::{
    Contact, FulfilmentProvider, IdempotencyKey, Journal, ProviderError, Reference, Request,
    Submission, Verification,
};

use crate::jobs::outcome::{Found, Standing, Trouble};

/// What is talked about with whom.
pub struct Conversation<'a> {
    /// The provider.
    pub provider: &'a dyn FulfilmentProvider,
    /// What to fulfil.
    pub request: &'a Request,
    /// Our key, and the provider's own name once it told us.
    pub reference: Reference,
    /// Whether it may have heard of this before.
    pub contact: Contact,
    /// Nothing may be sent: a person holds the order.
    pub look_only: bool,
}

impl Conversation<'_> {
    /// Talks. Nothing here waits for a later state or tries anything twice.
    ///
    /// # Errors
    /// [`Trouble`] says how far it may have got.
    pub async fn hold(&self, journal: &mut Journal) -> Result<Found, Trouble> {
        let mut standing = Standing::Nothing;
        if self.contact != Contact::First {
            standing = match self.ask_first(journal).await? {
                Look::Found(found) => return Ok(found),
                Look::Part => Standing::Unclear,
                Look::Nothing => Standing::Nothing,
            };
        }
        if self.look_only {
            return Ok(Found::Withheld);
        }
        self.provider
            .should_fulfil(self.request)
            .map_err(|error| self.trouble(error, standing))?;
        let key: &IdempotencyKey = &self.reference.key;
        match self
            .provider
            .submit(self.request, key, self.contact, journal)
            .await
        {
            Ok(Submission::TooSoon { wait }) => Ok(Found::TooSoon { wait }),
            Ok(Submission::Accepted { provider_order_id }) => {
                Ok(self.after_accepting(provider_order_id, journal).await)
            }
            Err(error) if may_be_there(&error) => self.after_losing(error, journal).await,
            Err(error) => Err(self.trouble(error, standing)),
        }
    }

    /// What became of an earlier attempt.
    async fn ask_first(&self, journal: &mut Journal) -> Result<Look, Trouble> {
        let verified = self
            .provider
            .verify(self.request, &self.reference, journal)
            .await;
        verified
            .map(Look::from)
            .map_err(|error| self.trouble(error, Standing::Unclear))
    }

    /// It has it. If it can't say yet what became of it, that is for later.
    async fn after_accepting(&self, provider_order_id: String, journal: &mut Journal) -> Found {
        let key = self.reference.key.clone();
        let reference = Reference {
            key,
            provider_order_id: Some(provider_order_id.clone()),
        };
        let verified = self
            .provider
            .verify(self.request, &reference, journal)
            .await;
        match verified.map(Look::from) {
            Ok(Look::Found(found)) => found,
            // It said yes to all of it: what is not on record yet will be.
            Ok(Look::Part | Look::Nothing) | Err(_) => Found::InProgress { provider_order_id },
        }
    }

    /// It may have it: where the provider can be asked, asking at once often settles it.
    async fn after_losing(
        &self,
        error: ProviderError,
        journal: &mut Journal,
    ) -> Result<Found, Trouble> {
        if !self.provider.can_look_up() {
            return Err(self.trouble(error, Standing::Unclear));
        }
        let verified = self
            .provider
            .verify(self.request, &self.reference, journal)
            .await;
        match verified.map(Look::from) {
            Ok(Look::Found(found)) => Ok(found),
            Ok(Look::Nothing) => Err(self.trouble(error, Standing::NotFound)),
            // The rest is the next attempt's: so soon, its absence proves nothing.
            Ok(Look::Part) | Err(_) => Err(self.trouble(error, Standing::Unclear)),
        }
    }

    fn trouble(&self, error: ProviderError, standing: Standing) -> Trouble {
        Trouble {
            error,
            standing,
            can_look_up: self.provider.can_look_up(),
        }
    }
}

fn may_be_there(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::Unknown { .. } | ProviderError::Transient { look_up: true, .. }
    )
}

/// What a look-up says about sending.
enum Look {
    /// It has all of it: nothing may be sent.
    Found(Found),
    /// It has a part; a submission looks for each part again and places what is missing.
    Part,
    /// It has nothing.
    Nothing,
}

impl From<Verification> for Look {
    fn from(verification: Verification) -> Self {
        Look::Found(match verification {
            Verification::Delivered { provider_order_id } => Found::Delivered { provider_order_id },
            Verification::InProgress { provider_order_id } => {
                Found::InProgress { provider_order_id }
            }
            Verification::Shipped {
                provider_order_id,
                shipments,
                is_all,
            } => Found::Shipped {
                provider_order_id,
                shipments,
                is_all,
            },
            Verification::Failed { code, message } => Found::GivenUp { code, message },
            Verification::Incomplete => return Look::Part,
            Verification::NotFound => return Look::Nothing,
        })
    }
}
