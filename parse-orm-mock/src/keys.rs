//! Keys: who is asking, from headers, from HTTP basic auth, or from the body as the JavaScript SDK sends them.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::access::acl::Group;
use crate::access::roles;
use crate::options::Options;
use crate::refusal::Refusal;
use crate::state::State;
use crate::store::Store;
use crate::user::session;

/// Who is asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Auth {
    pub(crate) master: bool,
    /// The read-only master key: `master`, but for writes.
    pub(crate) read_only: bool,
    /// Neither ACLs nor permissions hold for the maintenance key, but master-only rooms are closed to it.
    pub(crate) maintenance: bool,
    /// The id of the user whose session it is.
    pub(crate) user: Option<String>,
    /// The token that was sent, valid or not: with the master key nobody looks.
    pub(crate) session_token: Option<String>,
    pub(crate) installation_id: Option<String>,
    /// The roles of the user, once somebody asked: they stay the same during a request.
    roles: OnceLock<Vec<String>>,
}

impl Auth {
    /// This user, who proved to be it without a session.
    pub(crate) fn of_user(&self, id: &str) -> Self {
        Self {
            user: Some(id.to_owned()),
            installation_id: self.installation_id.clone(),
            ..Self::default()
        }
    }

    /// Neither ACLs nor permissions hold.
    pub(crate) fn unrestricted(&self) -> bool {
        self.master || self.maintenance
    }

    /// Refuses everybody but the master key.
    pub(crate) fn require_master(&self, options: &Options) -> Result<(), Refusal> {
        let reason = if options.sanitized_errors {
            "Permission denied"
        } else {
            "unauthorized: master key is required"
        };
        if self.master {
            Ok(())
        } else {
            Err(Refusal::bare(403, reason))
        }
    }

    /// Nobody in particular.
    pub(crate) fn unauthenticated(&self) -> bool {
        !self.unrestricted() && self.user.is_none()
    }

    /// Whom ACLs and permissions know the asker as: `*`, the roles and the user's id; `None` when they do not
    /// hold.
    pub(crate) fn group(&self, store: &Store) -> Option<Group<'_>> {
        if self.unrestricted() {
            return None;
        }
        let mut names = vec!["*"];
        if let Some(user) = &self.user {
            let roles = self.roles.get_or_init(|| roles::of_user(store, user));
            names.extend(roles.iter().map(String::as_str));
            names.push(user);
        }
        Some(Group(names))
    }

    /// The token that was sent does not matter.
    pub(crate) fn without_session(mut self) -> Self {
        if !self.unrestricted() {
            self.session_token = None;
        }
        self
    }

    /// Finds the user whose session token was sent.
    pub(crate) fn identified(mut self, state: &State) -> Result<Self, Refusal> {
        if !self.unrestricted()
            && let Some(token) = &self.session_token
        {
            self.user = Some(session::user_of(&state.store(), token)?);
        }
        Ok(self)
    }
}

/// What a request offers to prove its rights.
#[derive(Debug, Default)]
struct Offered {
    app_id: Option<String>,
    rest: Option<String>,
    javascript: Option<String>,
    client: Option<String>,
    dot_net: Option<String>,
    master: Option<String>,
    maintenance: Option<String>,
    session: Option<String>,
    installation: Option<String>,
}

/// Checks the keys of a request and takes those in the body out of it.
pub(crate) fn authenticate(
    options: &Options,
    headers: &HeaderMap,
    body: Option<&mut Map<String, Value>>,
) -> Result<Auth, Refusal> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut offered = Offered {
        app_id: header("x-parse-application-id"),
        rest: header("x-parse-rest-api-key"),
        javascript: header("x-parse-javascript-key"),
        client: header("x-parse-client-key"),
        dot_net: header("x-parse-windows-key"),
        master: header("x-parse-master-key"),
        maintenance: header("x-parse-maintenance-key"),
        session: header("x-parse-session-token"),
        installation: header("x-parse-installation-id"),
    };
    if let Some(basic) = header("authorization").as_deref().and_then(read_basic)
        && basic.0 == options.app_id
    {
        match basic.1.strip_prefix("javascript-key=") {
            Some(key) => offered.javascript = Some(key.to_owned()),
            None => offered.master = Some(basic.1).filter(|key| !key.is_empty()).or(offered.master),
        }
        offered.app_id = Some(basic.0);
    }
    let mut body = body;
    if let Some(body) = &mut body {
        // What the Unity SDK sends instead of an empty body.
        body.shift_remove("_noBody");
    }
    if offered.app_id.as_ref() != Some(&options.app_id) {
        take_from_body(options, &mut offered, body)?;
    }
    let mut auth = Auth {
        session_token: offered.session.filter(|token| !token.is_empty()),
        installation_id: offered.installation.filter(|id| !id.is_empty()),
        ..Auth::default()
    };
    // All requests come from the loopback interface.
    let here = options
        .master_key_ips
        .iter()
        .any(|ip| ip.is_loopback() || ip.is_unspecified());
    let is = |offered: &Option<String>, key: &str| offered.as_deref() == Some(key) && !key.is_empty();
    auth.maintenance = is(&offered.maintenance, &options.maintenance_key);
    if auth.maintenance {
        return Ok(auth);
    }
    auth.read_only = is(&offered.master, &options.read_only_master_key);
    auth.master = auth.read_only || is(&offered.master, &options.master_key);
    if auth.master {
        return if here {
            Ok(auth)
        } else {
            Err(Refusal::unauthorized())
        };
    }
    // A wrong master key is no offence: the request is judged by its other keys.
    let keys = [
        (&offered.rest, &options.rest_key),
        (&offered.javascript, &options.javascript_key),
        (&offered.client, &options.client_key),
        (&offered.dot_net, &options.dot_net_key),
    ];
    // Where no key is set none is asked for.
    let open = keys.iter().all(|(_, key)| key.is_empty());
    if open || keys.iter().any(|(offered, key)| is(offered, key)) {
        Ok(auth)
    } else {
        Err(Refusal::unauthorized())
    }
}

fn read_basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (app_id, key) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((app_id.to_owned(), key.to_owned()))
}

/// Without an application id in the headers all keys are looked for in the body.
fn take_from_body(
    options: &Options,
    offered: &mut Offered,
    body: Option<&mut Map<String, Value>>,
) -> Result<(), Refusal> {
    let body = body.ok_or_else(Refusal::unauthorized)?;
    body.shift_remove("_RevocableSession");
    if body.get("_ApplicationId").and_then(Value::as_str) != Some(&options.app_id)
        || offered
            .master
            .as_ref()
            .is_some_and(|key| *key != options.master_key)
    {
        return Err(Refusal::unauthorized());
    }
    let mut take = |name: &str| match body.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::unauthorized()),
    };
    take("_ApplicationId")?;
    offered.javascript = take("_JavaScriptKey")?;
    take("_ClientVersion")?;
    offered.installation = take("_InstallationId")?.or_else(|| offered.installation.take());
    offered.session = take("_SessionToken")?.or_else(|| offered.session.take());
    offered.master = take("_MasterKey")?.or_else(|| offered.master.take());
    take("_ContentType")?;
    body.shift_remove("_context");
    Ok(())
}
