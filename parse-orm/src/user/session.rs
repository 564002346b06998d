//! The handle of a logged-in user.

use super::auth_data::{self, ANONYMOUS, body, filled};
use super::entry::{Entry, ask, tell};
use super::{ParseUser, SessionRecord};
use crate::client::{Method, Path};
use crate::object::{graph, row};
use crate::{Client, Error, ErrorCode, Object, Objects, ParseObject, Result, Secret, Unsaved};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

/// A logged-in user: the user's object, and a client that acts as the user.
///
/// A `&Session` goes wherever a `&Client` does. Sessions are values, and share nothing: any number of users
/// are logged in side by side. What ends a session, or replaces its token, is a method here.
///
/// ```
/// # use parse_orm::{prelude::*, User}; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct Note { text: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let mut ann = User::new("ann").sign_up(&client, "correct horse").await?;
/// let bob = User::new("bob").sign_up(&client, "battery staple").await?;
/// let hers = Acl::new().allow_read(Who::user(ann.user().id()));
/// Draft::new(Note { text: "hers".into() }).acl(hers).create(&ann).await?;
/// assert_eq!((Note::objects().count(&ann).await?, Note::objects().count(&bob).await?), (1, 0));
///
/// ann.set_password("new horse").await?; // the server ends the session, and the handle has the next one
/// assert_eq!(Note::objects().count(&ann).await?, 1);
///
/// let kept = ann.token().expose().to_owned(); // keep it where secrets are kept
/// let ann = User::become_user(&client, kept).await?;
/// ann.log_out().await?;
/// # Ok(()) }
/// ```
pub struct Session<U> {
    client: Client,
    token: Secret,
    user: Object<U>,
    providers: BTreeSet<String>,
    response: Option<Value>,
    is_new: bool,
}

impl<U: ParseUser> Session<U> {
    pub(super) fn begin(client: &Client, entry: Entry, user: Object<U>) -> Result<Self> {
        let token = entry.token()?;
        Ok(Self {
            // it lives longer than the call that began it
            client: client.with_session_of(&user, &token).without_deadline(),
            token,
            user,
            providers: entry.providers,
            response: entry.response,
            is_new: entry.created,
        })
    }

    /// The client that acts as the user. A clone of it keeps its token, also when the session gets another one.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The session's token, to take the session up later: see [`ParseUser::become_user`].
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// The user's object.
    pub fn user(&self) -> &Object<U> {
        &self.user
    }

    /// The user's object, to be changed; [`save`](Self::save) sends the changes.
    pub fn user_mut(&mut self) -> &mut Object<U> {
        &mut self.user
    }

    /// True when the user did not exist before: after signing up, and where
    /// [`log_in_with`](ParseUser::log_in_with) did so.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Sends what changed in the user's object. One PUT.
    ///
    /// # Errors
    /// Those of [`Object::save`].
    pub async fn save(&mut self) -> Result<()> {
        self.user.save(&self.client).await
    }

    /// Reads the user's object again, and which auth providers the user is linked to. One GET of `/users/me`.
    ///
    /// # Errors
    /// [`InvalidSessionToken`](ErrorCode::InvalidSessionToken) when the session has ended, or the user is gone; the
    /// object here stays as it is.
    pub async fn refresh(&mut self, unsaved: Unsaved) -> Result<()> {
        let entry = ask(&self.client, Method::Get, Path::Plain("/users/me"), None).await?;
        let newer = row(&entry.row())?;
        self.providers = entry.providers;
        self.user.renew(newer, crate::object::FieldSet::EMPTY, unsaved);
        Ok(())
    }

    /// Changes the password. Unsaved changes of the user's object are sent along. One PUT.
    ///
    /// The server ends every session of the user and gives a new one, which this handle goes on with. (Where it is
    /// configured to end none, the other sessions stay.)
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty password; [`ValidationFailed`](ErrorCode::ValidationFailed) for one that the
    /// server's policy refuses. Nothing changed then.
    pub async fn set_password(&mut self, password: impl Into<Secret>) -> Result<()> {
        let password = auth_data::password(&password.into())?;
        self.change(body([("password", password)])).await
    }

    /// Makes an anonymous user one who can log in. The anonymous auth data goes, unsaved changes of the user's
    /// object are sent along, and the handle goes on with the new session that the server gives. One PUT.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a user who is not anonymous, and for an empty name or password. The server's code
    /// [`UsernameTaken`](ErrorCode::UsernameTaken), and others. The user stays anonymous then.
    pub async fn upgrade(&mut self, username: &str, password: impl Into<Secret>) -> Result<()> {
        if !self.is_anonymous() {
            let message = "the user is not anonymous: `set_password(..)` changes the password, and the user name \
                is a field like any other";
            return Err(Error::invalid(U::CLASS_NAME, Some("authData"), message));
        }
        filled("username", "the user name", username)?;
        let password = auth_data::password(&password.into())?;
        self.change(body([
            ("username", username.into()),
            ("password", password),
            ("authData", auth_data::without(ANONYMOUS)?),
        ]))
        .await
    }

    /// Adds a way to log in: this auth data of another provider, or replaces that which the user has of it. Unsaved
    /// changes of the user's object are sent along. An anonymous user is anonymous no longer: that auth data goes. One
    /// PUT.
    ///
    /// What the provider's adapter answers, such as the recovery codes of `mfa`, is in
    /// [`auth_data_response`](Self::auth_data_response).
    ///
    /// # Errors
    /// [`Error::Invalid`] for auth data that is empty or no JSON object. The server's codes:
    /// [`AccountAlreadyLinked`](ErrorCode::AccountAlreadyLinked) when it belongs to another user,
    /// [`UnsupportedService`](ErrorCode::UnsupportedService) for a provider that it does not have, and what the
    /// provider's adapter says.
    pub async fn link(&mut self, provider: &str, auth_data: impl Serialize) -> Result<()> {
        let mut auth_data = auth_data::of(provider, auth_data)?;
        // whoever knew the anonymous id could still log in by it
        if self.is_anonymous() && provider != ANONYMOUS {
            auth_data[ANONYMOUS] = Value::Null;
        }
        self.change(body([("authData", auth_data)])).await
    }

    /// Takes a way to log in back. Unsaved changes of the user's object are sent along. One PUT.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty name, and whatever the server answers.
    pub async fn unlink(&mut self, provider: &str) -> Result<()> {
        let auth_data = auth_data::without(provider)?;
        self.change(body([("authData", auth_data)])).await
    }

    /// True when the user has auth data of this provider, as far as this handle knows:
    /// [`refresh`](Self::refresh) asks again.
    pub fn is_linked(&self, provider: &str) -> bool {
        self.providers.contains(provider)
    }

    /// True when nobody knows who the user is. See [`upgrade`](Self::upgrade).
    pub fn is_anonymous(&self) -> bool {
        self.is_linked(ANONYMOUS)
    }

    /// What the adapters of the auth providers answered to the last log-in or [`link`](Self::link), by the providers'
    /// names: `{"mfa": {"recovery": ".."}}`. It may hold secrets.
    pub fn auth_data_response(&self) -> Option<&Value> {
        self.response.as_ref()
    }

    /// The row that the server keeps of this session. One GET of `/sessions/me`. All sessions of the user are
    /// `SessionRecord::objects().all(&session)`.
    ///
    /// # Errors
    /// [`InvalidSessionToken`](ErrorCode::InvalidSessionToken) when the session has ended.
    pub async fn record(&self) -> Result<Object<SessionRecord>> {
        let path = Path::Plain("/sessions/me");
        row(&ask(&self.client, Method::Get, path, None).await?.row())
    }

    /// Ends the session, here in any case, and on the server. One POST to `/logout`.
    ///
    /// # Errors
    /// None when the session had ended already. Where the server could not be asked the token stays valid until it
    /// expires.
    pub async fn log_out(self) -> Result<()> {
        match tell(&self.client, "/logout", &Map::new()).await {
            Err(error) if error.code() == Some(ErrorCode::InvalidSessionToken) => Ok(()),
            outcome => outcome,
        }
    }

    /// Ends this session and all others of the user, on every device. A GET, the deletes in batches, and a POST.
    ///
    /// # Errors
    /// [`InvalidSessionToken`](ErrorCode::InvalidSessionToken) when this session had ended already: it cannot end the
    /// others. When one of the others could not be ended, this one is, all the same.
    pub async fn log_out_everywhere(self) -> Result<()> {
        let current = self.record().await?;
        let others = SessionRecord::objects().filter(SessionRecord::F.object_id.ne(current.id()));
        // this one goes last: the others are deleted by it
        let ended = others.delete().run(&self.client).await;
        self.log_out().await?;
        // one that has ended meanwhile is what was asked for
        match ended?.failed.into_iter().find(|row| !row.error.is_not_found()) {
            Some(failed) => Err(failed.error),
            None => Ok(()),
        }
    }

    /// Deletes the user, and returns the plain value. The session has ended with that. One DELETE.
    ///
    /// # Errors
    /// [`InvalidSessionToken`](ErrorCode::InvalidSessionToken) when the session had ended.
    pub async fn delete_user(self) -> Result<U> {
        self.user.delete(&self.client).await
    }

    /// Sends the user's changes together with what is no field of the user.
    async fn change(&mut self, more: Map<String, Value>) -> Result<()> {
        graph::store_one(&self.client, &self.user).await?;
        let mut body: Map<String, Value> = match self.user.changes()? {
            Some(changes) => serde_json::from_slice(&changes)
                .map_err(|error| Error::invalid(U::CLASS_NAME, None, error.to_string()))?,
            None => Map::new(),
        };
        body.extend(more);
        let path = Path::Object(U::CLASS_NAME, self.user.id().as_str());
        let mut entry = ask(&self.client, Method::Put, path, Some(&body)).await?;
        // first of all: the old token may be dead
        if let Some(token) = entry.token.take() {
            self.client = self.client.with_session_of(&self.user, &token);
            self.token = token;
        }
        for (provider, data) in body
            .get("authData")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if data.is_null() {
                self.providers.remove(provider);
            } else {
                self.providers.insert(provider.clone());
            }
        }
        self.response = entry.response.take();
        // the server does not repeat what was sent, and this was not set in the object
        if let Some(name) = body.remove("username") {
            entry.row.entry("username").or_insert(name);
        }
        self.user.saved(&entry.row())
    }
}

/// What acts as the user.
impl<U: ParseUser> Deref for Session<U> {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl<U: ParseUser> AsRef<Client> for Session<U> {
    fn as_ref(&self) -> &Client {
        &self.client
    }
}

/// Without the token.
impl<U: ParseUser + fmt::Debug> fmt::Debug for Session<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("client", &self.client)
            .field("user", &self.user)
            .field("providers", &self.providers)
            .field("is_new", &self.is_new)
            .finish_non_exhaustive()
    }
}
