//! A push on its way out.

use super::{Audience, NAME, PushStatus};
use crate::client::{Call, MasterKey, Method, Path};
use crate::installation::ParseInstallation;
use crate::object::{Object, Pointer};
use crate::value::iso;
use crate::{Client, Error, QuerySet, Result};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Borrow;
use std::time::Duration;

/// The header that names the `_PushStatus`.
const STATUS_ID: &str = "x-parse-push-status-id";

/// A push notification: to whom, what, and when. Nothing is sent before [`send`](Self::send).
///
/// ```
/// # use parse_orm::{prelude::*, Installation, Push}; use parse_orm_mock::MockServer;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let push = Push::to(query!(Installation.filter(device_type = "ios", channels = "Giants")))
///     .alert("The Giants won!")
///     .alert_in("de", "Die Giants haben gewonnen!")
///     .increment_badge(1)
///     .expires_in(Duration::from_secs(3600))
///     .send(&master)
///     .await?;
/// println!("{}", push.fetch(&master).await?.num_sent);
///
/// // of the application's own, for all who have it
/// #[derive(serde::Serialize)]
/// struct Refresh { what: &'static str }
/// Push::to(Installation::objects()).silent().data(&Refresh { what: "scores" }).send(&master).await?;
/// # Ok(()) }
/// ```
///
/// On the wire `{"where": .., "data": {"alert": .., "badge": "Increment", ..}, "expiration_interval": 3600}`.
#[derive(Debug)]
#[must_use = "a push goes out by `send`"]
pub struct Push {
    target: Result<Target>,
    data: Map<String, Value>,
    /// The first mistake in the data.
    mistake: Option<String>,
    expiry: Vec<Expiry>,
    time: Option<Time>,
}

#[derive(Debug)]
enum Target {
    Channels(Vec<String>),
    Where(Value),
    Audience(Value, String),
}

#[derive(Debug, Clone, Copy)]
enum Expiry {
    At(DateTime<Utc>),
    In(Duration),
}

#[derive(Debug, Clone, Copy)]
enum Time {
    Utc(DateTime<Utc>),
    Local(NaiveDateTime),
}

impl Push {
    fn new(target: Result<Target>) -> Self {
        Self {
            target,
            data: Map::new(),
            mistake: None,
            expiry: Vec::new(),
            time: None,
        }
    }

    /// To the installations that subscribed to any of these channels.
    pub fn to_channels<C: Into<String>>(channels: impl IntoIterator<Item = C>) -> Self {
        let channels: Vec<String> = channels.into_iter().map(Into::into).collect();
        if channels.is_empty() {
            let message = "a push to no channels goes nowhere: name one, or `Push::to(Installation::objects())` for everyone";
            return Self::new(Err(Error::invalid(NAME, Some("channels"), message)));
        }
        Self::new(Ok(Target::Channels(channels)))
    }

    /// To the installations that a query matches: of [`Installation`](crate::Installation), or of a model of the
    /// application's own. Only those with a device token get it.
    pub fn to<T: ParseInstallation>(installations: impl Borrow<QuerySet<T>>) -> Self {
        let conditions = installations.borrow().conditions_alone("a push");
        Self::new(conditions.map(Target::Where))
    }

    /// To an [`Audience`], the uses of which the server counts. It must still be there: parse-server 9.10 does not
    /// survive a push to one that was deleted meanwhile.
    pub fn to_audience(audience: &Object<Audience>) -> Self {
        let id = audience.id().as_str().to_owned();
        Self::new(
            audience
                .conditions()
                .map(|conditions| Target::Audience(conditions, id)),
        )
    }

    /// The text to show.
    pub fn alert(self, text: impl Into<String>) -> Self {
        self.with("alert", text.into())
    }

    /// The text to show where the installation's locale begins with this one, such as `de` or `de-AT`, instead of
    /// [`alert`](Self::alert).
    pub fn alert_in(self, locale: &str, text: impl Into<String>) -> Self {
        self.localised("alert", locale, text.into())
    }

    /// The title above the text.
    pub fn title(self, text: impl Into<String>) -> Self {
        self.with("title", text.into())
    }

    /// The title where the installation's locale begins with this one.
    pub fn title_in(self, locale: &str, text: impl Into<String>) -> Self {
        self.localised("title", locale, text.into())
    }

    /// The sound to play: a file of the application, or `default`.
    pub fn sound(self, name: impl Into<String>) -> Self {
        self.with("sound", name.into())
    }

    /// The number on the application's icon, which the server keeps in the installations.
    pub fn badge(self, number: u32) -> Self {
        self.with("badge", number)
    }

    /// Adds to the number on the application's icon, of each installation its own.
    pub fn increment_badge(mut self, by: i64) -> Self {
        match by {
            1 => self.with("badge", "Increment"),
            0 => {
                self.refuse("`increment_badge(0)` changes no badge");
                self
            }
            amount => self.with("badge", json!({"__op": "Increment", "amount": amount})),
        }
    }

    /// Wakes the application up and shows nothing: `content-available`.
    pub fn silent(self) -> Self {
        self.with("content-available", 1)
    }

    /// The category, by which the application knows which buttons to show.
    pub fn category(self, name: impl Into<String>) -> Self {
        self.with("category", name.into())
    }

    /// Anything else that the application understands: a struct or a map, whose entries go beside the others. What is
    /// said last holds.
    pub fn data(mut self, data: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_value(data) {
            Ok(Value::Object(map)) => self.data.extend(map),
            Ok(other) => self.refuse(format!("the data of a push is an object, and `{other}` is none")),
            Err(error) => self.refuse(error.to_string()),
        }
        self
    }

    /// A device that was not reached by then does not get it any more. Instead of [`expires_in`](Self::expires_in).
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expiry.push(Expiry::At(time));
        self
    }

    /// A device that was not reached so long after the push went out does not get it any more; in whole seconds.
    /// Instead of [`expires_at`](Self::expires_at).
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expiry.push(Expiry::In(time));
        self
    }

    /// Goes out at this time, instead of now. The server must be configured for it (`scheduledPush`), else it sends
    /// at once; and Parse Server itself only keeps the push as `scheduled`: something of the operator's sends it.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.time = Some(Time::Utc(time));
        self
    }

    /// As [`at`](Self::at), but each device gets it when its own clock shows this time.
    pub fn at_local(mut self, time: NaiveDateTime) -> Self {
        self.time = Some(Time::Local(time));
        self
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.into(), value.into());
        self
    }

    fn localised(mut self, key: &str, locale: &str, text: String) -> Self {
        if locale.is_empty() {
            self.refuse(format!("`{key}_in` wants a locale such as `de`"));
        }
        self.with(&format!("{key}-{locale}"), text)
    }

    fn refuse(&mut self, mistake: impl Into<String>) {
        self.mistake.get_or_insert(mistake.into());
    }

    /// Sends it, with the master key: one POST to `/push`. The answer comes when the server has taken note of the
    /// push, not when it is sent; the pointer leads to its [`PushStatus`].
    ///
    /// # Errors
    /// [`Error::Invalid`], and nothing is sent, for a push with nothing in it, to no channels, to a query with a
    /// limit or an order, at a time in the past, with two expirations or one in the past. The server's code 115
    /// where push is not configured.
    pub fn send(self, master: &impl MasterKey) -> BoxFuture<'_, Result<Pointer<PushStatus>>> {
        let client = master.client();
        Box::pin(self.send_by(client))
    }

    async fn send_by(self, client: &Client) -> Result<Pointer<PushStatus>> {
        let body = self.body(Utc::now())?;
        let call = Call {
            method: Method::Post,
            path: Path::Plain("/push"),
            body: Some(body.to_string().into_bytes()),
        };
        let answer = client.exchange(call).await?;
        let id = answer.headers.get(STATUS_ID).and_then(|id| id.to_str().ok());
        id.map(Pointer::to).ok_or_else(|| Error::UnexpectedAnswer {
            status: answer.status,
            excerpt: "the answer to a push does not name its status".into(),
        })
    }

    fn body(self, now: DateTime<Utc>) -> Result<Value> {
        let Self {
            target,
            data,
            mistake,
            expiry,
            time,
        } = self;
        let invalid = |field: &str, message: &str| Err(Error::invalid(NAME, Some(field), message));
        let date = |field: &str, time: DateTime<Utc>| match iso(&time) {
            Ok(text) => Ok(text.as_str().to_owned()),
            Err(reason) => Err(Error::invalid(NAME, Some(field), reason)),
        };
        let mut body = match target? {
            Target::Channels(channels) => json!({"channels": channels}),
            Target::Where(conditions) => json!({"where": conditions}),
            Target::Audience(conditions, id) => json!({"where": conditions, "audience_id": id}),
        };
        if let Some(mistake) = mistake {
            return invalid("data", &mistake);
        }
        if data.is_empty() {
            return invalid(
                "data",
                "there is nothing in the push: give it `.alert(..)`, `.silent()` or `.data(..)`",
            );
        }
        body["data"] = Value::Object(data);
        // a local time is over when it is over in the last time zone
        let goes_out = match time {
            None => now,
            Some(Time::Utc(time)) => time,
            Some(Time::Local(time)) => {
                let time = time.and_utc();
                time.checked_add_signed(TimeDelta::hours(12)).unwrap_or(time)
            }
        };
        if goes_out < now {
            return invalid("push_time", "the time to send it at is in the past");
        }
        match time {
            None => {}
            Some(Time::Utc(time)) => body["push_time"] = date("push_time", time)?.into(),
            Some(Time::Local(time)) => {
                let time = date("push_time", time.and_utc())?;
                body["push_time"] = time.trim_end_matches('Z').into();
            }
        }
        match expiry[..] {
            [] => {}
            [Expiry::At(time)] if time <= goes_out => {
                return invalid("expiration_time", "it expires before it is sent");
            }
            [Expiry::At(time)] => {
                body["expiration_time"] = date("expiration_time", time)?.into();
            }
            [Expiry::In(time)] if time.as_secs() == 0 => {
                return invalid("expiration_interval", "it expires at once: the least is a second");
            }
            [Expiry::In(time)] => {
                // the server computes the date
                let end = TimeDelta::from_std(time).ok();
                let end = end.and_then(|time| goes_out.checked_add_signed(time));
                date("expiration_interval", end.unwrap_or(DateTime::<Utc>::MAX_UTC))?;
                body["expiration_interval"] = time.as_secs().into();
            }
            _ => {
                let message = "it expires once: by `expires_at` or by `expires_in`";
                return invalid("expiration_time", message);
            }
        }
        Ok(body)
    }
}
