//! The roles of a user: those that list the user, and those whose child roles they are.

use serde_json::Value;

use crate::store::Store;

/// The names of all roles of a user, as ACLs spell them: `role:Name`.
///
/// A role that is in the `roles` of another has what the other has: users of a child role are in its parents.
pub(crate) fn of_user(store: &Store, user: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut found = store.owning_ids("_Role", "users", &[user.to_owned()]);
    // Circles end: a role is looked at once.
    while !found.is_empty() {
        ids.extend(found.iter().cloned());
        found = store.owning_ids("_Role", "roles", &found);
        found.retain(|id| !ids.contains(id));
    }
    let class = store.class("_Role");
    let rows = ids.iter().filter_map(|id| class?.get(id));
    rows.filter_map(|row| row.get("name").and_then(Value::as_str))
        .map(|name| format!("role:{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::Row;

    #[test]
    fn children_inherit_and_circles_end() {
        let mut store = Store::new(&[]);
        for name in ["Members", "Editors", "Admins", "Others"] {
            let row = Row::from_iter([("name".to_owned(), json!(name))]);
            store.insert("_Role", name, row).unwrap();
        }
        // Admins are Editors, Editors are Members, and Members, wrongly, are Admins.
        store.relate("_Role", "roles", "Editors", "Admins");
        store.relate("_Role", "roles", "Members", "Editors");
        store.relate("_Role", "roles", "Admins", "Members");
        store.relate("_Role", "users", "Editors", "ann");
        store.relate("_Role", "users", "Gone", "ann");
        assert_eq!(
            of_user(&store, "ann"),
            ["role:Editors", "role:Members", "role:Admins"]
        );
        assert!(of_user(&store, "bob").is_empty());
    }
}
