//! Who may touch which class, before permissions and ACLs come into it.

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
pub(crate) fn check(class: &str, auth: &Auth, action: Action) -> Result<(), Refusal> {
    if auth.master {
        return Ok(());
    }
    let installation = class == "_Installation" && matches!(action, Action::Find | Action::Delete);
    if installation || MASTER_ONLY.contains(&class) || class.starts_with("_Join:") {
        return Err(Refusal::denied(code::OPERATION_FORBIDDEN));
    }
    if class == "_Session" {
        return Err(Refusal::new(code::INVALID_SESSION_TOKEN, "Invalid session token"));
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
    if options.allow_client_class_creation || auth.master || known() {
        Ok(())
    } else {
        Err(Refusal::denied(code::OPERATION_FORBIDDEN))
    }
}
