//! The live stream: what changed, as server-sent events that resume by their ids.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use engine::reader::{Permission, Reader};
use engine::rule::Level;
use engine::store::Announcement;
use event::Text;
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::health;
use super::words;
use crate::app::App;
use crate::auth::{self, SignedIn};
use crate::bearer;
use crate::error::{ApiError, Failure, blocking};

/// Announcements read at once.
const PAGE: usize = 100;
/// A comment this often keeps proxies and people sure that the line stands.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The data of an `alert` event: an alert was opened or changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveAlert {
    id: String,
    version: i64,
    #[schema(value_type = words::AlertState)]
    state: String,
    #[schema(value_type = words::Level)]
    level: String,
    site: String,
    opened: bool,
}

/// The data of a `health` event: the status changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveHealth {
    #[schema(value_type = words::HealthStatus)]
    status: String,
}

/// What changed, as it changes: `alert`, `health` and `reset` events; ids resume by Last-Event-ID.
#[utoipa::path(get, path = "/api/v1/live", operation_id = "live_stream", tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = String),
        (status = 503, body = ApiError)))]
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Sse<KeepAliveStream<Stream>>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let seat = Seat::take(&app, &signed_in.reader.user)?;
    let resumed = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let store = Arc::clone(&app.store);
    let after = match resumed {
        Some(after) => after,
        None => blocking(move || store.newest_announcement()).await?,
    };
    // Small on purpose: a browser that reads nothing holds up only its own stream.
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(tell(app, signed_in, after, sender, seat));
    Ok(Sse::new(Stream(receiver)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// A place among the live streams, given back when dropped.
struct Seat {
    app: Arc<App>,
    user: Text,
}

impl Seat {
    /// Takes one, unless there are too many of this person or of all.
    fn take(app: &Arc<App>, user: &Text) -> Result<Self, Failure> {
        let mut seats = app.memory.seats();
        let options = &app.options;
        let own = seats.get(user).copied().unwrap_or(0);
        if own >= options.live_streams_each || seats.values().sum::<usize>() >= options.live_streams
        {
            return Err(Failure::Busy("too many live streams; close a window"));
        }
        seats.insert(Text::clone(user), own + 1);
        drop(seats);
        Ok(Self {
            app: Arc::clone(app),
            user: Text::clone(user),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.app.memory.seats();
        if let Some(own) = seats.get_mut(&self.user) {
            *own = own.saturating_sub(1);
        }
        seats.retain(|_, own| *own > 0);
    }
}

/// The events of one stream.
pub(super) struct Stream(mpsc::Receiver<Event>);

impl futures_core::Stream for Stream {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// Tells a stream what is announced until it closes or its session ends.
async fn tell(
    app: Arc<App>,
    signed_in: SignedIn,
    mut after: i64,
    sender: mpsc::Sender<Event>,
    _seat: Seat,
) {
    let mut announced = app.announced.clone();
    let mut reader = signed_in.reader.clone();
    let mut status = String::new();
    loop {
        let now = health::look(&app).status;
        if now != status {
            status.clone_from(&now);
            let data = serde_json::to_string(&LiveHealth { status: now }).unwrap_or_default();
            if sender
                .send(Event::default().event("health").data(data))
                .await
                .is_err()
            {
                return;
            }
        }
        match page(&app, &reader, after).await {
            Ok(Some((events, newest))) => {
                after = newest;
                for event in events {
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
            }
            Ok(None) => {
                let newest = *announced.borrow();
                let reset = Event::default()
                    .event("reset")
                    .id(newest.to_string())
                    .data("{}");
                after = newest;
                if sender.send(reset).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "a live stream ended");
                return;
            }
        }
        tokio::select! {
            changed = announced.changed() => if changed.is_err() { return },
            () = sender.closed() => return,
            () = tokio::time::sleep(HEARTBEAT) => {}
        }
        // Rights may have been taken away since.
        let again = match (&signed_in.session, &signed_in.token) {
            (Some((session, _)), _) => auth::find_session(&app, session.token.clone()).await,
            (None, Some(token)) => bearer::again(&app, token).await,
            (None, None) => continue,
        };
        match again {
            Ok(Some(again)) if again.may(Permission::AlertsRead) => reader = again.reader,
            _ => return,
        }
    }
}

/// The next events after a place, and the new place; none when the place is too old.
async fn page(
    app: &Arc<App>,
    reader: &Reader,
    after: i64,
) -> Result<Option<(Vec<Event>, i64)>, Failure> {
    let (store, reader) = (Arc::clone(&app.store), reader.clone());
    let found = blocking(move || {
        let newest = store.newest_announcement()?;
        let mut all = Vec::new();
        let mut place = after;
        while place < newest {
            let Some((page, looked)) = store.announcements(&reader, place, PAGE)? else {
                return Ok(None);
            };
            // Numbers that were never given (a change taken back) end the list early.
            place = if looked > place { looked } else { newest };
            all.extend(page);
            if all.len() >= 10 * PAGE {
                break;
            }
        }
        Ok(Some((all, place.max(after))))
    })
    .await?;
    Ok(found.map(|(told, place)| (told.iter().map(event_of).collect(), place)))
}

fn event_of(told: &Announcement) -> Event {
    let level = usize::try_from(told.level)
        .ok()
        .and_then(|level| Level::ALL.get(level));
    let data = LiveAlert {
        id: told.alert.clone(),
        version: told.version,
        state: told.state.clone(),
        level: level.map_or("medium", |level| level.name()).to_owned(),
        site: told.site.clone(),
        opened: told.opened,
    };
    let data = serde_json::to_string(&data).unwrap_or_default();
    Event::default()
        .event("alert")
        .id(told.seq.to_string())
        .data(data)
}
