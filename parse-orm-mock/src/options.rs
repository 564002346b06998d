//! What a server can be told to be: keys, mount path, limits and switches.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Map, Value};

use crate::cloud::CloudCode;
use crate::idempotency::Idempotency;
use crate::live::LiveClasses;
use crate::user::options::UserOptions;

/// The options of a server; [`crate::MockServerBuilder`] sets them.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the real server"
)]
pub(crate) struct Options {
    pub(crate) app_id: String,
    /// Empty for none, as are the other keys but the master's.
    pub(crate) rest_key: String,
    pub(crate) javascript_key: String,
    pub(crate) client_key: String,
    pub(crate) dot_net_key: String,
    pub(crate) master_key: String,
    pub(crate) read_only_master_key: String,
    pub(crate) maintenance_key: String,
    pub(crate) master_key_ips: Vec<IpAddr>,
    /// Empty for the root, else with a leading and without a trailing slash.
    pub(crate) mount: String,
    pub(crate) port: u16,
    /// The URL of the API with the mount path, once the port is known.
    pub(crate) url: String,
    pub(crate) max_limit: Option<u64>,
    pub(crate) allow_client_class_creation: bool,
    pub(crate) allow_custom_object_id: bool,
    pub(crate) public_file_upload: bool,
    pub(crate) anonymous_file_upload: bool,
    pub(crate) authenticated_file_upload: bool,
    /// `fileUpload.fileExtensions`: regular expressions, or `*`.
    pub(crate) file_extensions: Vec<String>,
    /// In bytes.
    pub(crate) max_upload_size: u64,
    /// `requestComplexity.subqueryLimit`.
    pub(crate) subquery_limit: Option<u64>,
    /// `enableSanitizedErrorResponse`.
    pub(crate) sanitized_errors: bool,
    pub(crate) users: UserOptions,
    pub(crate) indexes: Vec<Index>,
    /// Classes with their rows, for the start and after each reset.
    pub(crate) fixtures: Vec<Map<String, Value>>,
    /// Whether `POST /__reset` is answered.
    pub(crate) reset_route: bool,
    pub(crate) cloud_code: CloudCode,
    /// Sent to webhooks unless it is empty.
    pub(crate) webhook_key: String,
    /// `security.enableCheck`.
    pub(crate) security_check: bool,
    /// `idempotencyOptions`.
    pub(crate) idempotency: Option<Idempotency>,
    /// `liveQuery.classNames`.
    pub(crate) live_classes: LiveClasses,
}

/// Without the keys, and without fixtures, which have passwords among them.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("app_id", &self.app_id)
            .field("mount", &self.mount)
            .field("port", &self.port)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// An index that somebody made in the database.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) class: String,
    /// The fields and their directions, 1 or -1.
    pub(crate) fields: Vec<(String, i64)>,
    pub(crate) unique: bool,
}

impl Index {
    /// A field with a `-` is descending.
    pub(crate) fn new(class: String, fields: impl IntoIterator<Item = String>, unique: bool) -> Self {
        let field = |field: String| match field.strip_prefix('-') {
            Some(name) => (name.to_owned(), -1),
            None => (field, 1),
        };
        Self {
            class,
            fields: fields.into_iter().map(field).collect(),
            unique,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            app_id: "app".to_owned(),
            rest_key: "rest".to_owned(),
            javascript_key: "js".to_owned(),
            client_key: String::new(),
            dot_net_key: String::new(),
            master_key: "master".to_owned(),
            read_only_master_key: String::new(),
            maintenance_key: String::new(),
            master_key_ips: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            mount: "/parse".to_owned(),
            port: 0,
            url: String::new(),
            max_limit: None,
            allow_client_class_creation: true,
            allow_custom_object_id: false,
            public_file_upload: false,
            anonymous_file_upload: false,
            authenticated_file_upload: true,
            file_extensions: vec![crate::files::rules::EXTENSIONS.to_owned()],
            max_upload_size: 20 * 1024 * 1024,
            subquery_limit: None,
            sanitized_errors: true,
            users: UserOptions::default(),
            indexes: Vec::new(),
            fixtures: Vec::new(),
            reset_route: false,
            cloud_code: CloudCode::new(),
            webhook_key: "webhook".to_owned(),
            security_check: false,
            idempotency: None,
            live_classes: LiveClasses::default(),
        }
    }
}

/// The mount path in the form that [`Options::mount`] keeps.
pub(crate) fn normal_mount(path: &str) -> String {
    let trimmed = path.trim_matches('/');
    if trimmed.is_empty() {
        String::new()
    } else {
        format!("/{trimmed}")
    }
}
