//! Who may touch what: the rules about the server's own classes here, then permissions, ACLs and hidden fields.

pub(crate) mod acl;
pub(crate) mod protected;
pub(crate) mod rights;
pub(crate) mod roles;

use crate::keys::Auth;
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::store::Store;
use crate::store::schema::is_system_class;

/// What a request does to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Find,
    Get,
    Create,
    Update,
    Delete,
}

impl Action {
    fn method(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Get => "get",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Classes that only the master key opens.
const MASTER_ONLY: [&str; 8] = [
    "_JobStatus",
    "_PushStatus",
    "_Hooks",
    "_GlobalConfig",
    "_GraphQLConfig",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
];

/// The rules about the server's own classes.
pub(crate) fn check(class: &str, auth: &Auth, action: Action, options: &Options) -> Result<(), Refusal> {
    let denied = |reason: String| {
        let code = code::OPERATION_FORBIDDEN;
        Err(Refusal::access(code, reason, options.sanitized_errors))
    };
    let method = action.method();
    let writes = !matches!(action, Action::Find | Action::Get);
    if auth.read_only && writes {
        return denied(format!(
            "read-only masterKey isn't allowed to perform the {method} operation."
        ));
    }
    if auth.unrestricted() {
        return Ok(());
    }
    if class == "_Installation" && matches!(action, Action::Find | Action::Delete) {
        return denied(format!(
            "Clients aren't allowed to perform the {method} operation on the installation collection."
        ));
    }
    if MASTER_ONLY.contains(&class) || class.starts_with("_Join:") {
        return denied(format!(
            "Clients aren't allowed to perform the {method} operation on the {class} collection."
        ));
    }
    Ok(())
}

/// Without `allowClientClassCreation` only the master key may even name a new class.
pub(crate) fn check_class_exists(
    class: &str,
    auth: &Auth,
    options: &Options,
    store: &Store,
) -> Result<(), Refusal> {
    let known = || is_system_class(class) || store.class(class).is_some();
    if options.allow_client_class_creation || auth.unrestricted() || known() {
        return Ok(());
    }
    let reason = format!("This user is not allowed to access non-existent class: {class}");
    Err(Refusal::access(
        code::OPERATION_FORBIDDEN,
        reason,
        options.sanitized_errors,
    ))
}
