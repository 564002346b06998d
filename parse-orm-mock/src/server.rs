//! The server as a value: starting it on a thread of its own, looking into it, stopping it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::cloud::CloudCode;
use crate::faults::{self, Fault};
use crate::http;
use crate::options::{Index, Options, normal_mount};
use crate::push::DeliveredPush;
use crate::state::{RecordedRequest, State};
use crate::user::mail::Mail;
use crate::user::options::Lockout;
use crate::user::provider::Provider;

/// A running server. Dropping it stops it.
///
/// It runs on a thread of its own, so it answers even while the runtime of a test is blocked, and any number
/// of servers live side by side.
#[derive(Debug)]
pub struct MockServer {
    pub(crate) state: Arc<State>,
    port: u16,
    /// Its drop, or a message, ends the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The options of a server that is not yet started; made by [`MockServer::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "nothing runs before `start`"]
pub struct MockServerBuilder {
    pub(crate) options: Options,
}

impl MockServerBuilder {
    /// The application id; "app" unless set.
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.options.app_id = id.into();
        self
    }

    /// `restAPIKey`: "rest" unless set, and none when empty. A request needs one of the four keys of clients (this one,
    /// JavaScript, client and .NET) that are there; with none of them the application id is enough.
    pub fn rest_key(mut self, key: impl Into<String>) -> Self {
        self.options.rest_key = key.into();
        self
    }

    /// `javascriptKey`: "js" unless set, and none when empty.
    pub fn javascript_key(mut self, key: impl Into<String>) -> Self {
        self.options.javascript_key = key.into();
        self
    }

    /// `clientKey`, which applications for phones send. There is none unless set.
    pub fn client_key(mut self, key: impl Into<String>) -> Self {
        self.options.client_key = key.into();
        self
    }

    /// `dotNetKey`, which the .NET SDK sends as `X-Parse-Windows-Key`. There is none unless set.
    pub fn dot_net_key(mut self, key: impl Into<String>) -> Self {
        self.options.dot_net_key = key.into();
        self
    }

    /// The master key; "master" unless set.
    pub fn master_key(mut self, key: impl Into<String>) -> Self {
        self.options.master_key = key.into();
        self
    }

    /// `readOnlyMasterKey`: with it a request reads like the master key, and its writes are refused with code 119.
    /// There is none unless set.
    pub fn read_only_master_key(mut self, key: impl Into<String>) -> Self {
        self.options.read_only_master_key = key.into();
        self
    }

    /// `maintenanceKey`: for it neither ACLs nor permissions hold, as for the master key, but requests for the
    /// master key only are refused. There is none unless set.
    pub fn maintenance_key(mut self, key: impl Into<String>) -> Self {
        self.options.maintenance_key = key.into();
        self
    }

    /// `masterKeyIps`: where requests with the master key may come from; elsewhere they are refused with status
    /// 403 and no code. The loopback interface unless set, which is where all requests to this server come from:
    /// with other addresses it refuses every request with the master key.
    pub fn master_key_ips(mut self, ips: impl IntoIterator<Item = IpAddr>) -> Self {
        self.options.master_key_ips = ips.into_iter().collect();
        self
    }

    /// Where the API is mounted: "/parse" unless set, "/" for the root, "/a/b" for something deeper.
    pub fn mount_path(mut self, path: impl AsRef<str>) -> Self {
        self.options.mount = normal_mount(path.as_ref());
        self
    }

    /// The port on the loopback interface; a free one unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.options.port = port;
        self
    }

    /// `maxLimit`: a larger `limit` is silently cut to this.
    pub fn max_limit(mut self, limit: u64) -> Self {
        self.options.max_limit = Some(limit);
        self
    }

    /// `allowClientClassCreation`: whether requests without the master key may name new classes. Allowed
    /// unless set otherwise, as on the reference server; a real server's own default is to forbid it.
    pub fn allow_client_class_creation(mut self, allow: bool) -> Self {
        self.options.allow_client_class_creation = allow;
        self
    }

    /// `allowCustomObjectId`: whether a create may choose its object id. Forbidden unless set.
    pub fn allow_custom_object_id(mut self, allow: bool) -> Self {
        self.options.allow_custom_object_id = allow;
        self
    }

    /// A unique index of the database on these fields of a class, together; more calls give more indexes. Parse
    /// Server has no request for it, its operator makes it in the database.
    ///
    /// A create or an update with values that another object has is refused with code 137 and status 400. An
    /// object that has none of the fields is not in the index, null is a value, and of an array every element
    /// counts. A field is a name or a dotted path.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// use parse_orm_mock::MockServer;
    ///
    /// let server = MockServer::builder()
    ///     .unique("Article", ["slug"])
    ///     .unique("Seat", ["hall", "number"])
    ///     .start()
    ///     .await?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn unique<F: Into<String>>(
        mut self,
        class: impl Into<String>,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        let fields = fields.into_iter().map(Into::into);
        self.options.indexes.push(Index::new(class.into(), fields, true));
        self
    }

    /// An index of the database on these fields of a class, for `hint`: a field with a `-` is descending. It
    /// makes nothing faster, as the mock indexes by itself. The index of `("GameScore", ["-score", "playerName"])` is named
    /// `score_-1_playerName_1`; a `hint` that names no index is refused with status 500 and code 1, and an
    /// index on the ids, `_id_`, is always there.
    pub fn index<F: Into<String>>(
        mut self,
        class: impl Into<String>,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        let fields = fields.into_iter().map(Into::into);
        self.options.indexes.push(Index::new(class.into(), fields, false));
        self
    }

    /// `requestComplexity.subqueryLimit`: how many rows of a subquery (`$inQuery`, `$select` and their
    /// negations) count; the others are cut off, silently. No limit for the master key, and none unless set.
    pub fn subquery_limit(mut self, limit: u64) -> Self {
        self.options.subquery_limit = Some(limit);
        self
    }

    /// `fileUpload.enableForPublic`: whether requests without the master key and without a session may upload files.
    /// Forbidden unless set, as by a real server's default.
    pub fn public_file_upload(mut self, allow: bool) -> Self {
        self.options.public_file_upload = allow;
        self
    }

    /// `fileUpload.enableForAnonymousUser`: whether anonymous users may upload files. Forbidden unless set, as by a
    /// real server's default.
    pub fn anonymous_file_upload(mut self, allow: bool) -> Self {
        self.options.anonymous_file_upload = allow;
        self
    }

    /// `fileUpload.enableForAuthenticatedUser`: whether users who are not anonymous may upload files. Allowed unless
    /// set otherwise.
    pub fn authenticated_file_upload(mut self, allow: bool) -> Self {
        self.options.authenticated_file_upload = allow;
        self
    }

    /// `fileUpload.fileExtensions`: which extensions of names (and content types, where the name has none) are taken
    /// without the master key: regular expressions of them without the dot, or `*` for all. Unless set, all but those
    /// that a browser would run, as by a real server's default.
    pub fn file_extensions<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.options.file_extensions = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// `maxUploadSize`, for files: 20 MB unless set. Above 4 MB files are kept in temporary files, not in memory.
    pub fn max_upload_size(mut self, bytes: u64) -> Self {
        self.options.max_upload_size = bytes;
        self
    }

    /// `enableSanitizedErrorResponse`: whether a refused request is told "Permission denied" and no more. True unless
    /// set; without it the reason is answered.
    pub fn enable_sanitized_error_response(mut self, sanitize: bool) -> Self {
        self.options.sanitized_errors = sanitize;
        self
    }

    /// `enforcePrivateUsers`: whether a new user without an ACL of its own can be read by nobody else. True unless
    /// set; without it everybody may.
    pub fn enforce_private_users(mut self, private: bool) -> Self {
        self.options.users.enforce_private = private;
        self
    }

    /// `enableAnonymousUsers`: whether users may sign up with the auth data of `anonymous`. True unless set; without
    /// it they are refused with code 252.
    pub fn enable_anonymous_users(mut self, enable: bool) -> Self {
        self.options.users.anonymous = enable;
        self
    }

    /// `revokeSessionOnPasswordReset`: whether a new password ends all sessions of the user. True unless set.
    pub fn revoke_session_on_password_reset(mut self, revoke: bool) -> Self {
        self.options.users.revoke_sessions = revoke;
        self
    }

    /// `verifyUserEmails`: whether a new mail address is to be verified: `emailVerified` is then false, and
    /// [`MockServer::mails`] has the mail. False unless set.
    pub fn verify_user_emails(mut self, verify: bool) -> Self {
        self.options.users.verify_emails = verify;
        self
    }

    /// `preventLoginWithUnverifiedEmail`: with [`verify_user_emails`](Self::verify_user_emails), whether a user has
    /// to verify the address before the first log-in, which is refused with code 205. False unless set.
    pub fn prevent_login_with_unverified_email(mut self, prevent: bool) -> Self {
        self.options.users.prevent_unverified_login = prevent;
        self
    }

    /// `accountLockout`: after `threshold` wrong passwords in a row the user is refused for so many minutes, with
    /// code 101. Nobody is unless set.
    pub fn account_lockout(mut self, threshold: u32, minutes: u32) -> Self {
        self.options.users.lockout = Some(Lockout { threshold, minutes });
        self
    }

    /// `auth`: another service that can vouch for a user, by its name in `authData`. The closure is given what the
    /// client sent for it and says whether that is good; if not, the request is refused with code 101. A service
    /// that nobody added is refused with code 252.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// use parse_orm_mock::MockServer;
    ///
    /// let server = MockServer::builder()
    ///     .auth_provider("example", |data| data["token"] == "good")
    ///     .start()
    ///     .await?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn auth_provider(
        mut self,
        name: impl Into<String>,
        check: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.options.users.add(Provider {
            name: name.into(),
            additional: false,
            check: Arc::new(check),
        });
        self
    }

    /// Like [`auth_provider`](Self::auth_provider), for a second factor (the policy `additional`): a user that has it
    /// is logged in only with its auth data beside the password, and else refused with code -1.
    pub fn additional_auth_provider(
        mut self,
        name: impl Into<String>,
        check: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.options.users.add(Provider {
            name: name.into(),
            additional: true,
            check: Arc::new(check),
        });
        self
    }

    /// The functions, jobs and triggers of the application; more calls add more.
    pub fn cloud_code(mut self, code: CloudCode) -> Self {
        self.options.cloud_code.extend(code);
        self
    }

    /// `webhookKey`: what webhooks are shown in `X-Parse-Webhook-Key`; "webhook" unless set, and nothing when empty.
    pub fn webhook_key(mut self, key: impl Into<String>) -> Self {
        self.options.webhook_key = key.into();
        self
    }

    /// Whether `POST /__reset`, outside the mount path and without a key, does what [`MockServer::reset`] does, for
    /// tests in other programs; its answer is `{}`. There is no such route unless set.
    pub fn reset_route(mut self, allow: bool) -> Self {
        self.options.reset_route = allow;
        self
    }

    /// Starts the server; it accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound, the thread cannot be started, or the [`fixtures`](Self::fixtures) cannot be
    /// stored: that error is an [`io::Error`] around a [`FixtureError`](crate::FixtureError).
    #[expect(
        clippy::unused_async,
        reason = "starting is quick today; the signature leaves room for a slower start"
    )]
    pub async fn start(mut self) -> io::Result<MockServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        self.options.url = format!("http://{address}{}", self.options.mount);
        let state = State::new(self.options);
        state.load_fixtures().map_err(io::Error::other)?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name(format!("parse-orm-mock:{}", address.port()))
            .spawn(move || runtime.block_on(serve(listener, shared, stopped)))?;
        Ok(MockServer {
            state,
            port: address.port(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

async fn serve(listener: TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    // Small answers must not wait for each other.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::select! {
        _ = axum::serve(listener, http::service(state)) => {}
        // Also when the sender is gone: the server lives as long as its handle.
        _ = stopped => {}
    }
}

impl MockServer {
    /// Starts a server with the default options on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// When the machine has no free port or no thread to give; [`MockServerBuilder::start`] returns that as
    /// an error.
    pub async fn start() -> Self {
        match Self::builder().start().await {
            Ok(server) => server,
            #[expect(clippy::panic, reason = "documented; a test cannot go on without its server")]
            Err(error) => panic!("parse-orm-mock could not start: {error}"),
        }
    }

    /// A server with other options than the default ones.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::default()
    }

    /// The URL of the API with the mount path: `http://127.0.0.1:43111/parse`.
    pub fn url(&self) -> &str {
        &self.state.options.url
    }

    /// The address the server listens on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The port the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The application id.
    pub fn app_id(&self) -> &str {
        &self.state.options.app_id
    }

    /// The REST API key.
    pub fn rest_key(&self) -> &str {
        &self.state.options.rest_key
    }

    /// The JavaScript key.
    pub fn javascript_key(&self) -> &str {
        &self.state.options.javascript_key
    }

    /// The master key.
    pub fn master_key(&self) -> &str {
        &self.state.options.master_key
    }

    /// The requests since the start or the last [`clear_requests`](Self::clear_requests), oldest first.
    /// The last 10,000 are remembered; `GET /health` and what is refused before its body is read are not.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.requests()
    }

    /// Those of the [`requests`](Self::requests) that went to this path below the mount, or to one below it:
    /// `/classes/GameScore` is also the path of its objects. The method is the effective one, `*` is any.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # use parse_orm_mock::MockServer;
    /// let server = MockServer::start().await;
    /// assert!(server.requests_to("PUT", "/classes/GameScore").is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn requests_to(&self, method: &str, path: &str) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| {
            (method == "*" || request.method.eq_ignore_ascii_case(method)) && faults::is_below(request, path)
        });
        requests
    }

    /// Orders a fault: see [`Fault`]. Where several meet one request, the one that was ordered first happens.
    pub fn fail(&self, fault: Fault) {
        self.state.faults().order(fault);
    }

    /// The faults that are still to come, as they were ordered.
    pub fn faults(&self) -> Vec<Fault> {
        self.state.faults().all()
    }

    /// From here on nothing goes wrong.
    pub fn clear_faults(&self) {
        self.state.faults().clear();
    }

    /// More functions, jobs and triggers, for a server that runs; of the same name or trigger the new ones are used.
    /// [`reset`](Self::reset) takes them away.
    pub fn add_cloud_code(&self, code: CloudCode) {
        self.state.cloud().extend(code);
    }

    #[cfg(feature = "client")]
    pub(crate) fn options(&self) -> &Options {
        &self.state.options
    }

    /// Forgets the recorded requests.
    pub fn clear_requests(&self) {
        self.state.clear_requests();
    }

    /// Drops all classes, objects, files, mails, pushes, recorded requests, events and faults, webhooks and Cloud Code that
    /// came later, ends LiveQuery connections, and loads the [`fixtures`](MockServerBuilder::fixtures) again: the server
    /// is as it was when it started.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// The mails that a real server would have sent to its users, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.state.mails().clone()
    }

    /// The names of the classes that exist, sorted; `_Role` and `_User` always do.
    pub fn class_names(&self) -> Vec<String> {
        self.state.store().class_names()
    }

    /// The pushes that went out since the start or the last [`reset`](Self::reset), oldest first: all but those for
    /// later. Nothing leaves the machine.
    pub fn pushes(&self) -> Vec<DeliveredPush> {
        self.state.pushes()
    }

    /// The names of the files that are kept, sorted.
    pub fn file_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.state.files().keys().cloned().collect();
        names.sort();
        names
    }

    /// How many objects a class holds; 0 for a class that does not exist.
    pub fn count(&self, class: &str) -> usize {
        self.state
            .store()
            .class(class)
            .map_or(0, crate::store::Class::len)
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread waits for nothing but the message: the port is free when this returns.
            let _ = thread.join();
        }
    }
}
