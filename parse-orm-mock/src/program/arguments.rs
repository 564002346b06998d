//! What the program can be told: the options of the server, by their names there.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Parser};
use parse_orm_mock::{MockServer, MockServerBuilder};

use crate::cloud;

/// What the user of the program wrote.
#[derive(Debug, Parser)]
#[command(
    name = "parse-orm-mock",
    version,
    about = ABOUT,
    long_about = None,
    after_help = after(),
    disable_help_flag = true,
    disable_version_flag = true
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(help_heading = "Where", long, default_value_t = 1337, value_name = "N")]
    pub(crate) port: u16,
    /// Path of the API, / for the root [mountPath]
    #[arg(help_heading = "Where", long, default_value = "/parse", value_name = "PATH")]
    mount: String,

    /// Application id [appId]
    #[arg(help_heading = KEYS, long, default_value = "app", value_name = "ID")]
    app_id: String,
    /// REST API key [restAPIKey]
    #[arg(help_heading = KEYS, long, default_value = "rest", value_name = "KEY")]
    rest_key: String,
    /// JavaScript key [javascriptKey]
    #[arg(help_heading = KEYS, long, default_value = "js", value_name = "KEY")]
    javascript_key: String,
    /// Client key, for phones [clientKey]
    #[arg(help_heading = KEYS, long, default_value = "", hide_default_value = true, value_name = "KEY")]
    client_key: String,
    /// .NET key [dotNetKey]
    #[arg(help_heading = KEYS, long, default_value = "", hide_default_value = true, value_name = "KEY")]
    dot_net_key: String,
    /// Master key [masterKey]
    #[arg(help_heading = KEYS, long, default_value = "master", value_name = "KEY")]
    master_key: String,
    /// Master key for reading [readOnlyMasterKey]
    #[arg(help_heading = KEYS, long, default_value = "", hide_default_value = true, value_name = "KEY")]
    read_only_master_key: String,
    /// Maintenance key [maintenanceKey]
    #[arg(help_heading = KEYS, long, default_value = "", hide_default_value = true, value_name = "KEY")]
    maintenance_key: String,
    /// What webhooks are shown [webhookKey]
    #[arg(help_heading = KEYS, long, default_value = "webhook", value_name = "KEY")]
    webhook_key: String,

    /// A file with classes, or a directory with a Class.json for each
    #[arg(help_heading = DATA, long, value_name = "PATH")]
    fixtures: Vec<PathBuf>,
    /// POST /__reset makes everything as it was at the start
    #[arg(help_heading = DATA, long)]
    allow_reset: bool,
    /// A unique index on these fields, together
    #[arg(help_heading = DATA, long, value_name = "CLASS:FIELD,..")]
    unique: Vec<Index>,
    /// An index for `hint`; a field with a - is descending
    #[arg(help_heading = DATA, long, value_name = "CLASS:FIELD,..")]
    index: Vec<Index>,
    /// Clients may not name new classes [allowClientClassCreation: false]
    #[arg(help_heading = DATA, long)]
    forbid_class_creation: bool,
    /// Creates may choose their object id [allowCustomObjectId]
    #[arg(help_heading = DATA, long)]
    allow_custom_object_id: bool,
    /// Cut larger limits of queries to this [maxLimit]
    #[arg(help_heading = DATA, long, value_name = "N")]
    max_limit: Option<u64>,
    /// Cut the rows of subqueries to this [requestComplexity.subqueryLimit]
    #[arg(help_heading = DATA, long, value_name = "N")]
    subquery_limit: Option<u64>,

    /// Services that vouch for users with {"token":"good"} in their auth data [auth]
    #[arg(help_heading = USERS, long, value_name = "NAME,..", value_delimiter = ',')]
    auth: Vec<String>,
    /// Nobody signs up anonymously [enableAnonymousUsers: false]
    #[arg(help_heading = USERS, long)]
    forbid_anonymous_users: bool,
    /// New users can be read by everybody [enforcePrivateUsers: false]
    #[arg(help_heading = USERS, long)]
    public_users: bool,
    /// New mail addresses are to be verified [verifyUserEmails]
    #[arg(help_heading = USERS, long)]
    verify_user_emails: bool,
    /// .. before the first log-in [preventLoginWithUnverifiedEmail]
    #[arg(help_heading = USERS, long, requires = "verify_user_emails")]
    prevent_login_with_unverified_email: bool,
    /// A new password ends no session [revokeSessionOnPasswordReset: false]
    #[arg(help_heading = USERS, long)]
    keep_sessions_on_password_reset: bool,
    /// So many wrong passwords close an account for so long [accountLockout]
    #[arg(help_heading = USERS, long, value_name = "TIMES:MINUTES")]
    account_lockout: Option<Lockout>,

    /// Anybody may upload [fileUpload.enableForPublic]
    #[arg(help_heading = FILES, long)]
    public_file_upload: bool,
    /// Anonymous users may [fileUpload.enableForAnonymousUser]
    #[arg(help_heading = FILES, long)]
    anonymous_file_upload: bool,
    /// Users may not [fileUpload.enableForAuthenticatedUser: false]
    #[arg(help_heading = FILES, long)]
    forbid_file_upload: bool,
    /// Regular expressions, or * [fileUpload.fileExtensions]
    #[arg(help_heading = FILES, long, value_name = "EXT,..", value_delimiter = ',')]
    file_extensions: Vec<String>,
    /// Largest file in bytes [maxUploadSize; 20 MB]
    #[arg(help_heading = FILES, long, value_name = "BYTES")]
    max_upload_size: Option<u64>,

    /// Built-in functions, see below
    #[arg(help_heading = CLOUD, long, value_name = "NAME,..", value_delimiter = ',')]
    functions: Vec<String>,
    /// Built-in jobs, see below
    #[arg(help_heading = CLOUD, long, value_name = "NAME,..", value_delimiter = ',')]
    jobs: Vec<String>,
    /// function:NAME=URL, or a trigger such as beforeSave:CLASS=URL
    #[arg(help_heading = CLOUD, long, value_name = "HOOK=URL")]
    webhook: Vec<Webhook>,

    /// Classes with LiveQuery, as a regular expression; all unless set [liveQuery.classNames]
    #[arg(help_heading = REST, long, value_name = "CLASS", value_parser = pattern)]
    live_query: Vec<String>,
    /// Say what is not permitted [enableSanitizedErrorResponse: false]
    #[arg(help_heading = REST, long)]
    detailed_errors: bool,
    /// Where request ids are minded, as a regular expression [idempotencyOptions.paths]
    #[arg(help_heading = REST, long, value_name = "PATH", value_parser = pattern)]
    idempotency: Vec<String>,
    /// .. for so many seconds [idempotencyOptions.ttl]
    #[arg(help_heading = REST, long, default_value_t = 300, value_name = "N")]
    idempotency_ttl: u32,
    /// GET /security reports [security.enableCheck]
    #[arg(help_heading = REST, long)]
    security_check: bool,
    /// This text
    #[arg(help_heading = REST, long, short, action = ArgAction::HelpShort)]
    help: Option<bool>,
    /// The version
    #[arg(help_heading = REST, long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

const ABOUT: &str = "A Parse Server for tests: in memory, nothing to install, the real server's answers.

Listens on the loopback interface only, prints its URL on one line when it is ready, and ends with
code 0 when it is interrupted (Ctrl-C) or terminated. All data is lost then. What the real server
calls an option stands in [brackets].";
const KEYS: &str =
    "Keys (an empty one is none; where REST, JavaScript, client and .NET are empty none is asked for)";
const DATA: &str = "Data";
const USERS: &str = "Users";
const FILES: &str = "Files";
const CLOUD: &str = "Cloud Code";
const REST: &str = "Other";

fn after() -> String {
    format!(
        "{}Examples:
  parse-orm-mock --port 0 --app-id myApp --javascript-key jsKey --mount /1
  parse-orm-mock --functions hello,echo --webhook beforeSave:GameScore=http://127.0.0.1:3000/check
  parse-orm-mock --fixtures tests/fixtures --allow-reset
  curl -H 'X-Parse-Application-Id: app' -H 'X-Parse-REST-API-Key: rest' \\
      http://127.0.0.1:1337/parse/classes/GameScore",
        cloud::chapter()
    )
}

/// A regular expression.
fn pattern(text: &str) -> Result<String, String> {
    match fancy_regex::Regex::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("a regular expression is expected: {error}")),
    }
}

/// A class and its fields.
#[derive(Debug, Clone)]
struct Index {
    class: String,
    fields: Vec<String>,
}

impl FromStr for Index {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (class, fields) = text
            .split_once(':')
            .filter(|(class, fields)| !class.is_empty() && fields.split(',').all(|field| !field.is_empty()))
            .ok_or("a class and its fields are expected: Article:slug")?;
        Ok(Self {
            class: class.to_owned(),
            fields: fields.split(',').map(str::to_owned).collect(),
        })
    }
}

/// After how many wrong passwords, for how many minutes.
#[derive(Debug, Clone, Copy)]
struct Lockout(u32, u32);

impl FromStr for Lockout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once(':')
            .and_then(|(times, minutes)| Some(Self(times.parse().ok()?, minutes.parse().ok()?)));
        numbers.ok_or_else(|| "two numbers are expected, so many times and so many minutes: 3:5".to_owned())
    }
}

/// A function or a trigger, and who answers.
#[derive(Debug, Clone)]
struct Webhook {
    kind: String,
    name: String,
    url: String,
}

impl FromStr for Webhook {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(hook, url)| {
            let (kind, name) = hook.split_once(':')?;
            (!kind.is_empty() && !name.is_empty()).then_some((kind, name, url))
        });
        let (kind, name, url) = parts.ok_or(
            "a hook and its URL are expected: function:hello=http://127.0.0.1:3000/hello or \
             beforeSave:GameScore=http://127.0.0.1:3000/check",
        )?;
        if !url.starts_with("http://") {
            return Err(format!(
                "`{url}` is no plain HTTP URL: http://127.0.0.1:3000/hello"
            ));
        }
        Ok(Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            url: url.to_owned(),
        })
    }
}

impl Arguments {
    /// The server that is wanted.
    pub(crate) fn builder(self) -> Result<MockServerBuilder, String> {
        let mut code = cloud::code(&self.functions, &self.jobs)?;
        for Webhook { kind, name, url } in self.webhook {
            code = match kind.as_str() {
                "function" => code.function_webhook(name, url),
                trigger => code
                    .trigger_webhook(trigger, name, url)
                    .map_err(|error| format!("--webhook: {error}"))?,
            };
        }
        let mut builder = MockServer::builder()
            .port(self.port)
            .mount_path(self.mount)
            .app_id(self.app_id)
            .rest_key(self.rest_key)
            .javascript_key(self.javascript_key)
            .client_key(self.client_key)
            .dot_net_key(self.dot_net_key)
            .master_key(self.master_key)
            .read_only_master_key(self.read_only_master_key)
            .maintenance_key(self.maintenance_key)
            .webhook_key(self.webhook_key)
            .cloud_code(code)
            .reset_route(self.allow_reset)
            .allow_client_class_creation(!self.forbid_class_creation)
            .allow_custom_object_id(self.allow_custom_object_id)
            .enable_anonymous_users(!self.forbid_anonymous_users)
            .enforce_private_users(!self.public_users)
            .verify_user_emails(self.verify_user_emails)
            .prevent_login_with_unverified_email(self.prevent_login_with_unverified_email)
            .revoke_session_on_password_reset(!self.keep_sessions_on_password_reset)
            .public_file_upload(self.public_file_upload)
            .anonymous_file_upload(self.anonymous_file_upload)
            .authenticated_file_upload(!self.forbid_file_upload)
            .enable_sanitized_error_response(!self.detailed_errors)
            .security_check(self.security_check);
        for Index { class, fields } in self.unique {
            builder = builder.unique(class, fields);
        }
        for Index { class, fields } in self.index {
            builder = builder.index(class, fields);
        }
        for name in self.auth {
            builder = builder.auth_provider(name, |data| data["token"] == "good");
        }
        if let Some(limit) = self.max_limit {
            builder = builder.max_limit(limit);
        }
        if let Some(limit) = self.subquery_limit {
            builder = builder.subquery_limit(limit);
        }
        if let Some(Lockout(times, minutes)) = self.account_lockout {
            builder = builder.account_lockout(times, minutes);
        }
        if !self.file_extensions.is_empty() {
            builder = builder.file_extensions(self.file_extensions);
        }
        if let Some(bytes) = self.max_upload_size {
            builder = builder.max_upload_size(bytes);
        }
        if !self.idempotency.is_empty() {
            let ttl = Duration::from_secs(self.idempotency_ttl.into());
            builder = builder.idempotency(self.idempotency, ttl);
        }
        if !self.live_query.is_empty() {
            builder = builder.live_query_classes(self.live_query);
        }
        for path in self.fixtures {
            builder = builder
                .fixtures(path)
                .map_err(|error| format!("--fixtures: {error}"))?;
        }
        Ok(builder)
    }
}
