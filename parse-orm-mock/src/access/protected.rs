//! Protected fields: what of a row is hidden from whom, and may not be asked about either.

use serde_json::{Map, Value};

use super::acl::Group;
use crate::keys::Auth;
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::store::permissions::ClassPermissions;
use crate::store::{Row, Store};

/// What a request does not get to see of a class.
#[derive(Debug)]
pub(crate) struct Protection<'a> {
    group: Option<Group<'a>>,
    is_user_class: bool,
    maintenance: bool,
    /// Hidden whatever the row.
    fields: Vec<String>,
    /// A field, and what is hidden from the user whom it holds.
    by_field: Vec<(String, Vec<String>)>,
    /// Whether any rule but those by field applies; without one they stand alone.
    ruled: bool,
}

impl<'a> Protection<'a> {
    /// The protection of a class for a request; `asked_id` is the one object that a query is about.
    pub(crate) fn of(store: &Store, auth: &'a Auth, class: &str, asked_id: Option<&str>) -> Self {
        let mut protection = Self::of_group(store, auth.group(store), class, asked_id);
        protection.maintenance = auth.maintenance;
        protection
    }

    /// The protection of a class for a LiveQuery subscription, which minds no rules by field; without a group it is
    /// that of the master key.
    pub(crate) fn of_listener(
        store: &Store,
        group: Option<Group<'a>>,
        class: &str,
        asked_id: Option<&str>,
    ) -> Self {
        let mut protection = Self::of_group(store, group, class, asked_id);
        protection.by_field.clear();
        protection
    }

    fn of_group(store: &Store, group: Option<Group<'a>>, class: &str, asked_id: Option<&str>) -> Self {
        let is_user_class = class == "_User";
        let mut protection = Self {
            is_user_class,
            maintenance: false,
            fields: Vec::new(),
            by_field: Vec::new(),
            ruled: false,
            group,
        };
        let Some(group) = &protection.group else {
            return protection;
        };
        let Some(class) = store.class(class) else {
            return protection;
        };
        let permissions = &class.schema.permissions;
        protection.by_field = rules(permissions, is_user_class)
            .filter_map(|(name, fields)| {
                let field = name.strip_prefix("userField:")?;
                Some((field.to_owned(), fields.into_iter().map(str::to_owned).collect()))
            })
            .collect();
        // Users see all of themselves.
        if is_user_class && asked_id.is_some_and(|id| group.has(id)) {
            return protection;
        }
        let user = group.user();
        let mut sets = rules(permissions, is_user_class).filter(|(name, _)| {
            *name == "*"
                || user.is_some()
                    && (*name == "authenticated"
                        || Some(*name) == user
                        || name.starts_with("role:") && group.has(name))
        });
        // Every rule that applies must hide a field.
        if let Some((_, first)) = sets.next() {
            let others: Vec<Vec<&str>> = sets.map(|(_, fields)| fields).collect();
            let hidden = first
                .into_iter()
                .filter(|field| others.iter().all(|other| other.contains(field)));
            protection.fields = hidden.map(str::to_owned).collect();
        }
        protection.ruled = true;
        protection
    }

    /// Refuses a filter and an order that ask about hidden fields.
    pub(crate) fn check<'o>(
        &self,
        filter: &Map<String, Value>,
        order: impl IntoIterator<Item = &'o str>,
        class: &str,
        options: &Options,
    ) -> Result<(), Refusal> {
        self.check_filter(filter, class, options)?;
        match order.into_iter().find(|key| self.hides(key)) {
            Some(key) => Err(forbidden(&format!("sort by {key} on class {class}"), options)),
            None => Ok(()),
        }
    }

    fn check_filter(
        &self,
        filter: &Map<String, Value>,
        class: &str,
        options: &Options,
    ) -> Result<(), Refusal> {
        for (key, value) in filter {
            if self.hides(key) {
                return Err(forbidden(&format!("query {key} on class {class}"), options));
            }
            if matches!(key.as_str(), "$or" | "$and" | "$nor") {
                let branches = value.as_array().into_iter().flatten();
                for branch in branches.filter_map(Value::as_object) {
                    self.check_filter(branch, class, options)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a key or a path is hidden.
    pub(crate) fn hides(&self, key: &str) -> bool {
        let root = key.split('.').next().unwrap_or_default();
        self.fields.iter().any(|field| field == key || field == root)
    }

    /// Takes out of an answer what its reader does not see. `row` is what it was made from.
    pub(crate) fn apply(&self, object: &mut Map<String, Value>, row: &Row) {
        if !self.maintenance {
            object.retain(|key, _| !key.starts_with('_'));
        }
        if self.is_user_class {
            object.shift_remove("password");
            object.shift_remove("sessionToken");
            object.shift_remove("_hashed_password");
            tidy_auth_data(object);
        }
        let Some(group) = &self.group else { return };
        let id = row.get("objectId").and_then(Value::as_str).unwrap_or_default();
        let own = self.is_user_class && group.user() == Some(id);
        if !own {
            for field in self.hidden_in(row, group) {
                object.shift_remove(field);
            }
            if self.is_user_class {
                object.shift_remove("authData");
            }
        }
    }

    /// The hidden fields of a row: less is hidden from the users that it holds.
    fn hidden_in(&self, row: &Row, group: &Group<'_>) -> Vec<&str> {
        let user = group.user();
        let holds = |value: &Value| {
            let is_user = |value: &Value| value.get("objectId").and_then(Value::as_str) == user;
            match value {
                Value::Array(items) => items.iter().any(is_user),
                value => is_user(value),
            }
        };
        let mut hidden: Option<Vec<&str>> = self
            .ruled
            .then(|| self.fields.iter().map(String::as_str).collect());
        for (field, fields) in &self.by_field {
            if user.is_none() || !row.get(field).is_some_and(holds) {
                continue;
            }
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            hidden = Some(match hidden {
                Some(hidden) => hidden
                    .into_iter()
                    .filter(|field| fields.contains(field))
                    .collect(),
                None => fields,
            });
        }
        hidden.unwrap_or_default()
    }
}

/// The rules of a class, with that of the server's option: nobody sees the mail addresses of others.
fn rules(permissions: &ClassPermissions, is_user_class: bool) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let open = is_user_class && !permissions.protected_fields().any(|(name, _)| name == "*");
    permissions
        .protected_fields()
        .chain(open.then(|| ("*", Vec::new())))
        .map(move |(name, mut fields)| {
            if is_user_class && name == "*" && !fields.contains(&"email") {
                fields.push("email");
            }
            (name, fields)
        })
}

fn forbidden(what: &str, options: &Options) -> Refusal {
    let reason = format!("This user is not allowed to {what}");
    Refusal::access(code::OPERATION_FORBIDDEN, reason, options.sanitized_errors)
}

/// A provider that was unlinked is not shown, and neither is no provider at all.
pub(crate) fn tidy_auth_data(object: &mut Map<String, Value>) {
    if let Some(Value::Object(providers)) = object.get_mut("authData") {
        providers.retain(|_, data| !data.is_null());
        if providers.is_empty() {
            object.shift_remove("authData");
        }
    }
}
