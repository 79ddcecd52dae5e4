//! What happens in the shops, from the outbox `shop_events`.
//!
//! While nothing happens the reader waits to be told, and costs nothing. Once told, it looks every
//! `LOOK_EVERY` by itself and writers tell nobody: a transaction that notifies commits alone.
//! After `QUIET_LOOKS` in vain it waits again, and first makes sure of those who wrote in
//! silence: it goes on looking until every transaction that began before has ended.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use stevedore_model::TenantId;
use stevedore_model::events::{self, EventFilter, Position, ShopEvent};
use tokio::time::{sleep, timeout};

use super::feed::{Source, Tap};

/// How often it looks while events come.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks in vain before it waits to be told.
const QUIET_LOOKS: u32 = 10;

/// How often it looks while it waits: a connection that broke unnoticed is found out.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Longest time for one look at the database.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What the holder of a link is told.
const PUBLIC_FIELDS: [&str; 3] = ["kind", "order_number", "occurred_at"];

/// Events read at once.
const PAGE: i32 = 500;

/// The outbox of all shops.
pub struct ShopEvents {
    pool: PgPool,
}

/// Whose events, which, and how they are told.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of this shop only.
    pub tenant: TenantId,
    /// Which of them.
    pub filter: EventFilter,
    /// How.
    pub form: Form,
}

/// How events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Named by their kind.
    Named,
    /// Without a name, which is what `EventSource.onmessage` hears; the kind is in `type`.
    Unnamed,
    /// To whoever holds a link: no ids, no amounts.
    Public,
    /// To a page: that something happened, unnamed, and not what.
    Sign,
}

/// An event and its place.
#[derive(Clone, Debug)]
pub struct Told {
    event: Arc<ShopEvent>,
    place: Position,
}

impl Told {
    fn new(event: ShopEvent) -> sqlx::Result<Self> {
        let place = Position::parse(&event.position)
            .ok_or_else(|| sqlx::Error::Protocol("an event has no position".into()))?;
        let event = Arc::new(event);
        Ok(Self { event, place })
    }
}

impl ShopEvents {
    /// Read through a connection of its own, made with the options of this pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn listen(&self) -> sqlx::Result<PgListener> {
        let options = (*self.pool.connect_options()).clone();
        let own = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ANSWER_MAX)
            .connect_with(options);
        let mut listener = PgListener::connect_with(&own.await?).await?;
        listener.eager_reconnect(false);
        listener.listen(events::CHANNEL).await?;
        Ok(listener)
    }
}

/// How the reader learns of the next event.
enum Mode {
    /// By looking; so many looks in vain.
    Looking(u32),
    /// By being told; until this transaction is the oldest open one, by looking, too.
    Waiting(i64),
}

/// What a look saw.
struct Look {
    found: bool,
    oldest_open: i64,
}

impl Source for ShopEvents {
    type Item = Told;
    type Place = Position;
    type Filter = Wanted;

    const PAGE_MAX: usize = PAGE as usize;

    async fn follow(&self, tap: &Tap<Self>) -> sqlx::Result<()> {
        let mut db = answered(self.listen()).await?;
        let mut mode = Mode::Looking(0);
        loop {
            let seen = answered(look(&mut db, tap)).await?;
            mode = match mode {
                Mode::Looking(_) if seen.found => Mode::Looking(0),
                Mode::Looking(quiet) if quiet < QUIET_LOOKS => Mode::Looking(quiet + 1),
                Mode::Looking(_) => {
                    answered(events::begin_waiting(&mut db)).await?;
                    Mode::Waiting(answered(events::horizon(&mut db)).await?.next)
                }
                Mode::Waiting(owed) => Mode::Waiting(owed),
            };
            let Mode::Waiting(owed) = mode else {
                sleep(LOOK_EVERY).await;
                continue;
            };
            let is_owed = seen.oldest_open < owed;
            let pause = if is_owed { LOOK_EVERY } else { WAIT_MAX };
            match timeout(pause, db.try_recv()).await {
                Ok(Ok(Some(_told))) => {
                    answered(events::end_waiting(&mut db)).await?;
                    mode = Mode::Looking(0);
                }
                Ok(lost) => return lost.map(drop),
                Err(_elapsed) if tap.is_wanted() => {}
                Err(_elapsed) => return Ok(()),
            }
        }
    }

    async fn page(&self, after: &Position, wanted: &Wanted) -> sqlx::Result<Vec<Told>> {
        let after = after.to_string();
        let (tenant, filter) = (wanted.tenant, &wanted.filter);
        let page = events::after(&self.pool, tenant, filter, Some(&after), PAGE).await?;
        page.into_iter().map(Told::new).collect()
    }

    fn place_of(told: &Told) -> Position {
        told.place
    }

    fn lets_through(wanted: &Wanted, told: &Told) -> bool {
        told.event.tenant_id == wanted.tenant.0 && wanted.filter.matches(&told.event)
    }

    fn tell(wanted: &Wanted, told: &Told) -> Event {
        let event = &told.event;
        let mut body = serde_json::to_value(&**event).unwrap_or_default();
        let fields = body.as_object_mut();
        match (wanted.form, fields) {
            (Form::Public, Some(fields)) => {
                fields.retain(|name, _| PUBLIC_FIELDS.contains(&name.as_str()));
            }
            (Form::Sign, Some(fields)) => fields.retain(|name, _| name == "occurred_at"),
            (Form::Unnamed, Some(fields)) => {
                fields.insert("type".into(), Value::from(event.kind.as_str()));
            }
            _ => {}
        }
        let unnamed = Event::default().data(body.to_string());
        match wanted.form {
            Form::Unnamed | Form::Sign => unnamed,
            Form::Named | Form::Public => unnamed.event(&event.kind),
        }
    }
}

/// Publishes everything that can be read now.
async fn look(db: &mut PgListener, tap: &Tap<ShopEvents>) -> sqlx::Result<Look> {
    let oldest_open = events::horizon(&mut *db).await?.oldest_open;
    let up_to_here = Position::before(oldest_open);
    let mut found = false;
    if let Some(mut place) = tap.place() {
        loop {
            let page = events::all_after(&mut *db, Some(&place.to_string()), PAGE).await?;
            let is_last = page.len() < ShopEvents::PAGE_MAX;
            let told: Vec<Told> = page.into_iter().map(Told::new).collect::<Result<_, _>>()?;
            found |= !told.is_empty();
            place = told.last().map_or(place, |last| last.place);
            tap.publish(told, place);
            if is_last {
                break;
            }
        }
        tap.publish([], place.max(up_to_here));
    } else {
        tap.publish([], up_to_here);
    }
    Ok(Look { found, oldest_open })
}

/// A database that does not answer is one that failed.
async fn answered<T>(asking: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    match timeout(ANSWER_MAX, asking).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}
