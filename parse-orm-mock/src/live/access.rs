//! Who listens: which session counts where, and who may read an object.
//!
//! The real server looks at sessions in three ways, and so does this: triggers and ACLs take that of the subscription
//! or else that of the connection, permissions and hidden fields that of the subscription alone; and only ACLs ask for
//! roles.

use serde_json::Value;

use super::hub::{Client, Subscription};
use crate::access::acl::Group;
use crate::access::roles;
use crate::keys::Auth;
use crate::store::{Row, Store};
use crate::user::session;

/// The user of a token; nobody for one that is not valid, which is no mistake here.
pub(super) fn user_of(store: &Store, token: Option<&str>) -> Option<String> {
    session::user_of(store, token?).ok()
}

/// As whom triggers know a client; `token` is that of the subscription.
pub(super) fn asker(store: &Store, client: &Client, token: Option<&str>) -> Auth {
    let token = token
        .filter(|token| !token.is_empty())
        .or(client.session_token.as_deref());
    let user = user_of(store, token);
    let mut auth = user.map_or_else(Auth::default, |user| Auth::default().of_user(&user));
    auth.session_token = token.map(str::to_owned);
    auth.master = client.master;
    auth.installation_id.clone_from(&client.installation_id);
    auth
}

/// Whom permissions know a user as: roles are not asked for.
pub(super) fn group(user: Option<&str>) -> Group<'_> {
    Group(std::iter::once("*").chain(user).collect())
}

/// Whether a subscription may hear of an object with this ACL.
pub(super) fn reads(store: &Store, client: &Client, subscription: &Subscription, row: &Row) -> bool {
    if client.master
        || row
            .get("ACL")
            .is_none_or(|acl| acl["*"]["read"] == Value::Bool(true))
    {
        return true;
    }
    let tokens = [&subscription.session_token, &client.session_token];
    tokens.into_iter().flatten().any(|token| {
        let Some(user) = user_of(store, Some(token)) else {
            return false;
        };
        group(Some(&user)).reads(row) || {
            let roles = roles::of_user(store, &user);
            Group(roles.iter().map(String::as_str).collect()).reads(row)
        }
    })
}
