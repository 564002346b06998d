//! What every model of the class `_User` can do.

use super::auth_data::{self, body, filled};
use super::entry::{Entry, Name, ask, credentials, tell};
use super::{CLASS, Session};
use crate::client::{MasterKey, Method, Path};
use crate::object::{New, graph, row};
use crate::{Client, Draft, Error, Object, ObjectId, ParseObject, Result, Secret};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

/// A model of the users: a struct with `#[parse(class_name = "_User")]`, which needs the field
/// `username: String` (or `Option<String>`) and may have any others, among them `email: Option<String>`.
///
/// The derive of [`ParseObject`] implements it. Passwords, session tokens and auth data are no fields: they
/// go into the methods below, and a [`Session`] comes out.
///
/// ```
/// use parse_orm::{prelude::*, Session};
/// # use parse_orm_mock::MockServer;
///
/// #[derive(ParseObject, Clone, Debug)]
/// #[parse(class_name = "_User")]
/// struct Account {
///     username: String,
///     email: Option<String>,
///     nickname: Option<String>,
/// }
/// # #[derive(ParseObject, Clone, Debug)] struct Note { text: String }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let account = Account { username: "ann".into(), email: None, nickname: None };
/// account.sign_up(&client, "correct horse").await?;
///
/// let mut ann: Session<Account> = Account::log_in(&client, "ann", "correct horse").await?;
/// ann.user_mut().nickname = Some("Annie".into());
/// ann.save().await?;
/// Note { text: "hers".into() }.create(&ann).await?; // a session is a client that acts as its user
/// # Ok(()) }
/// ```
///
/// Everything that asks for a client here asks without the session that the client may act in: nobody is logged in
/// by being somebody else. A master client stays one, and is for what only the master key may do; the session never
/// has the key.
///
/// To other users the server shows a user only as far as the user's ACL allows (none but the user, unless told
/// otherwise), and without the email address: hence the `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model of the users",
    label = "not a model of the class `_User`",
    note = "a model of the users has `#[parse(class_name = \"_User\")]` and the field `username: String`; `parse_orm::User` is a ready-made one"
)]
pub trait ParseUser: ParseObject {
    /// Stores a copy of this value as a new user, and logs the user in. One POST to `/users`, after those for the
    /// [new objects](crate::Pointer::new) and files that the value holds.
    ///
    /// The server gives the user an ACL, by which only the user may read and write it (unless it is configured
    /// otherwise), and does not say so: [`Session::refresh`] reads it. [`Draft::sign_up`] gives another one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty user name or password. The server's codes:
    /// [`UsernameTaken`](crate::ErrorCode::UsernameTaken), [`EmailTaken`](crate::ErrorCode::EmailTaken),
    /// [`InvalidEmailAddress`](crate::ErrorCode::InvalidEmailAddress), and
    /// [`ValidationFailed`](crate::ErrorCode::ValidationFailed) for a password that its policy refuses.
    /// [`Error::Unverified`]: the user is stored, and has to verify the email address before a log-in.
    fn sign_up(
        &self,
        client: &Client,
        password: impl Into<Secret>,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let password = password.into();
        async move { sign_up(client, New::value(self), password).await }
    }

    /// Logs in by the user name, which may also be the email address, and the password. One POST to `/login`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty name or password. The server's codes:
    /// [`ObjectNotFound`](crate::ErrorCode::ObjectNotFound) for a wrong name or password,
    /// [`EmailNotFound`](crate::ErrorCode::EmailNotFound) where the email address has to be verified first.
    fn log_in(
        client: &Client,
        username: &str,
        password: impl Into<Secret>,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let credentials = credentials(Name::Username(username), &password.into());
        async move { log_in(client, credentials?).await }
    }

    /// Logs in by the email address and the password. One POST to `/login`.
    ///
    /// # Errors
    /// Those of [`log_in`](Self::log_in).
    fn log_in_with_email(
        client: &Client,
        email: &str,
        password: impl Into<Secret>,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let credentials = credentials(Name::Email(email), &password.into());
        async move { log_in(client, credentials?).await }
    }

    /// Logs in by the user name and the password, and what an auth provider of the server wants besides: for `mfa`
    /// the one-time password, `json!({"token": "123456"})`. One POST to `/login`.
    ///
    /// Such a second factor is set up by [`Session::link`].
    ///
    /// # Errors
    /// Those of [`log_in`](Self::log_in), and what the provider's adapter says:
    /// [`OtherCause`](crate::ErrorCode::OtherCause) where the additional auth data is missing.
    fn log_in_with_additional_auth(
        client: &Client,
        username: &str,
        password: impl Into<Secret>,
        provider: &str,
        auth_data: impl Serialize,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let credentials = credentials(Name::Username(username), &password.into());
        let auth_data = auth_data::of(provider, auth_data);
        async move {
            let mut credentials = credentials?;
            credentials.insert("authData".into(), auth_data?);
            log_in(client, credentials).await
        }
    }

    /// Asks an auth provider of the server for a challenge, for somebody with this user name and password: `mfa`
    /// sends a message with a one-time password. The answer is what the adapter said, under its provider's name.
    /// One POST to `/challenge`.
    ///
    /// # Errors
    /// Those of [`log_in`](Self::log_in), and what the provider's adapter says.
    fn challenge(
        client: &Client,
        username: &str,
        password: impl Into<Secret>,
        provider: &str,
        challenge_data: impl Serialize,
    ) -> impl Future<Output = Result<Value>> + Send {
        let credentials = credentials(Name::Username(username), &password.into());
        let challenge = auth_data::of(provider, challenge_data);
        async move {
            let mut body = credentials?;
            body.insert("challengeData".into(), challenge?);
            let path = Path::Plain("/challenge");
            let mut entry = ask(&client.without_user(), Method::Post, path, Some(&body)).await?;
            Ok(entry.row.remove("challengeData").unwrap_or_default())
        }
    }

    /// Logs in the user whom this auth data of another provider belongs to, or signs up this value as a new user
    /// with it: [`Session::is_new`] tells which. One POST to `/users`.
    ///
    /// `auth_data` is what the provider's adapter on the server reads, for example
    /// `json!({"id": "4711", "access_token": ".."})`. An empty user name is left out, and the server makes one up. Of
    /// a user who is there already nothing is changed.
    ///
    /// ```
    /// # use parse_orm::{prelude::*, User}; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let id = serde_json::json!({"id": "0d2a6b3e-8b6e-4b6e-9a53-2f6f2b1f6a01"});
    /// let first = User::default().log_in_with(&client, "anonymous", &id).await?;
    /// let again = User::default().log_in_with(&client, "anonymous", &id).await?;
    /// assert!(first.is_new() && !again.is_new() && again.is_linked("anonymous"));
    /// assert_eq!(first.user().id(), again.user().id());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for auth data that is empty or no JSON object. The server's codes:
    /// [`UnsupportedService`](crate::ErrorCode::UnsupportedService) for a provider that it does not have, and what
    /// the provider's adapter says.
    fn log_in_with(
        &self,
        client: &Client,
        provider: &str,
        auth_data: impl Serialize,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let auth_data = auth_data::of(provider, auth_data);
        async move { log_in_with(client, New::value(self), auth_data?).await }
    }

    /// Signs up this value as a new user of whom nobody knows who it is, and logs the user in. One POST to
    /// `/users`.
    ///
    /// The user lasts as long as the session: nobody else can log in. [`Session::upgrade`] gives it a name and a
    /// password. An empty user name is left out, and the server makes one up.
    ///
    /// ```
    /// # use parse_orm::{prelude::*, User}; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let mut visitor = User::default().log_in_anonymously(&client).await?;
    /// assert!(visitor.is_anonymous());
    /// visitor.upgrade("ann", "correct horse").await?;
    /// assert!(!visitor.is_anonymous() && visitor.user().username == "ann");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`UnsupportedService`](crate::ErrorCode::UnsupportedService) where the server wants no anonymous users.
    fn log_in_anonymously(&self, client: &Client) -> impl Future<Output = Result<Session<Self>>> + Send {
        async move { log_in_with(client, New::value(self), auth_data::nobody()?).await }
    }

    /// Takes up the session with this token, which was kept from [`Session::token`]. One GET of `/users/me`, which
    /// tells whether the session is still valid.
    ///
    /// Without that request, `client.with_session(token)` acts in the session as well.
    ///
    /// # Errors
    /// [`InvalidSessionToken`](crate::ErrorCode::InvalidSessionToken) when the session has ended,
    /// [`Error::Invalid`] for an empty token.
    fn become_user(
        client: &Client,
        token: impl Into<Secret>,
    ) -> impl Future<Output = Result<Session<Self>>> + Send {
        let token = token.into();
        async move {
            filled("sessionToken", "the session token", token.expose())?;
            let mut entry = me(&client.with_session(&token)).await?;
            // the server repeats it, but who asked knows it
            entry.token = Some(token);
            let user = row(&entry.row())?;
            Session::begin(client, entry, user)
        }
    }

    /// Logs in as any user, by the id. One POST to `/loginAs`.
    ///
    /// # Errors
    /// [`ObjectNotFound`](crate::ErrorCode::ObjectNotFound) for an id that no user has.
    fn log_in_as(master: &impl MasterKey, id: impl Into<ObjectId>) -> BoxFuture<'_, Result<Session<Self>>> {
        let (id, client) = (id.into(), master.client());
        // boxed: its type does not name that of `master`, whose mistake is then reported once
        Box::pin(async move {
            filled("objectId", "the user's id", id.as_str())?;
            let body = body([("userId", id.as_str().into())]);
            let entry = ask(client, Method::Post, Path::Plain("/loginAs"), Some(&body)).await?;
            let user = row(&entry.row())?;
            Session::begin(client, entry, user)
        })
    }

    /// The user whose session the client acts in. One GET of `/users/me`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the client acts in no session,
    /// [`InvalidSessionToken`](crate::ErrorCode::InvalidSessionToken) when the session has ended.
    fn me(client: &Client) -> impl Future<Output = Result<Object<Self>>> + Send {
        async move { row(&me(client).await?.row()) }
    }

    /// The user, if the user name (or email address) and the password are right. No session comes of it. One POST
    /// to `/verifyPassword`.
    ///
    /// # Errors
    /// Those of [`log_in`](Self::log_in).
    fn verify_password(
        client: &Client,
        username: &str,
        password: impl Into<Secret>,
    ) -> impl Future<Output = Result<Object<Self>>> + Send {
        let credentials = credentials(Name::Username(username), &password.into());
        async move {
            let (path, body) = (Path::Plain("/verifyPassword"), credentials?);
            let entry = ask(&client.without_user(), Method::Post, path, Some(&body)).await?;
            row(&entry.row())
        }
    }

    /// Asks the server to send a mail by which the user can choose a new password. One POST to
    /// `/requestPasswordReset`.
    ///
    /// The server does not tell whether it knows the address, unless configured otherwise.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty address; code 1 from a server that sends no mail.
    fn request_password_reset(client: &Client, email: &str) -> impl Future<Output = Result<()>> + Send {
        async move { request_mail(client, "/requestPasswordReset", email).await }
    }

    /// Asks the server to send the mail again by which the user verifies the email address. One POST to
    /// `/verificationEmailRequest`.
    ///
    /// The server does not tell whether it knows the address, unless configured otherwise.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty address; code 1 from a server that sends no mail.
    fn request_verification_email(client: &Client, email: &str) -> impl Future<Output = Result<()>> + Send {
        async move { request_mail(client, "/verificationEmailRequest", email).await }
    }
}

impl<U: ParseUser> Draft<U> {
    /// Stores the value as a new user with the draft's ACL and id, and logs the user in: see
    /// [`ParseUser::sign_up`].
    ///
    /// ```
    /// # use parse_orm::{prelude::*, User}; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let everyone_may_read = Acl::new().allow_read(Who::Public);
    /// let ann = Draft::new(User::new("ann")).acl(everyone_may_read).sign_up(&client, "correct horse").await?;
    /// assert_eq!(User::get(&client, ann.user().id()).await?.username, "ann");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`ParseUser::sign_up`].
    pub async fn sign_up(&self, client: &Client, password: impl Into<Secret>) -> Result<Session<U>> {
        sign_up(client, New::draft(self), password.into()).await
    }
}

async fn sign_up<U: ParseUser>(client: &Client, new: New<'_, U>, password: Secret) -> Result<Session<U>> {
    if nameless(&new) {
        let message = "a user signs up with a name; without one there is `log_in_with(..)` and \
            `log_in_anonymously(..)`";
        return Err(Error::invalid(CLASS, Some("username"), message));
    }
    let password = auth_data::password(&password)?;
    create(client, new, "password", password).await
}

async fn log_in_with<U: ParseUser>(client: &Client, new: New<'_, U>, auth_data: Value) -> Result<Session<U>> {
    create(client, new, "authData", auth_data).await
}

fn nameless<U: ParseUser>(new: &New<'_, U>) -> bool {
    let name = new.field("username");
    name.as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .is_empty()
}

/// Asks for a user with these fields and this proof.
async fn create<U: ParseUser>(
    client: &Client,
    new: New<'_, U>,
    proof: &str,
    value: Value,
) -> Result<Session<U>> {
    let client = client.without_user();
    graph::store_one(&client, &new).await?;
    let mut body: Map<String, Value> = serde_json::from_slice(&new.fields()?)
        .map_err(|error| Error::invalid(CLASS, None, error.to_string()))?;
    if nameless(&new) {
        body.remove("username");
    }
    body.insert(proof.into(), value);
    let mut entry = ask(&client, Method::Post, Path::Plain("/users"), Some(&body)).await?;
    // not told of a new user
    entry.providers.extend(auth_data::providers(body.get("authData")));
    let user = if entry.created {
        new.created(&entry.row(), None)?
    } else {
        row(&entry.row())?
    };
    Session::begin(&client, entry, user)
}

async fn log_in<U: ParseUser>(client: &Client, credentials: Map<String, Value>) -> Result<Session<U>> {
    let client = client.without_user();
    let entry = ask(&client, Method::Post, Path::Plain("/login"), Some(&credentials)).await?;
    let user = row(&entry.row())?;
    Session::begin(&client, entry, user)
}

async fn me(client: &Client) -> Result<Entry> {
    if client.session_token().is_none() {
        let message =
            "the client acts in no session: ask with a `Session`, or with `client.with_session(token)`";
        return Err(Error::invalid(CLASS, None, message));
    }
    ask(client, Method::Get, Path::Plain("/users/me"), None).await
}

async fn request_mail(client: &Client, path: &'static str, email: &str) -> Result<()> {
    filled("email", "the email address", email)?;
    tell(&client.without_user(), path, &body([("email", email.into())])).await
}
