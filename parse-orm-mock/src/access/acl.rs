//! ACLs: who may read and who may write an object.

use serde_json::Value;

use crate::store::Row;

/// Whom ACLs and permissions know an asker as: `*`, roles as `role:Name`, and the id of the user at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group<'a>(pub(crate) Vec<&'a str>);

impl Group<'_> {
    /// Whether the group has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// The id of the user.
    pub(crate) fn user(&self) -> Option<&str> {
        self.0[1..].last().copied()
    }

    /// Whether somebody of the group may read the row.
    pub(crate) fn reads(&self, row: &Row) -> bool {
        self.may("read", row)
    }

    /// Whether somebody of the group may write the row.
    pub(crate) fn writes(&self, row: &Row) -> bool {
        self.may("write", row)
    }

    /// A row without an ACL is everybody's.
    fn may(&self, right: &str, row: &Row) -> bool {
        let Some(acl) = row.get("ACL") else { return true };
        let may = |name: &&str| {
            let right = acl.get(*name).and_then(|rights| rights.get(right));
            right == Some(&Value::Bool(true))
        };
        self.0.iter().any(may)
    }
}

/// Whether a group may read a row; without a group ACLs do not hold.
pub(crate) fn readable(group: Option<&Group<'_>>, row: &Row) -> bool {
    group.is_none_or(|group| group.reads(row))
}

/// Whether a group may write a row; without a group ACLs do not hold.
pub(crate) fn writable(group: Option<&Group<'_>>, row: &Row) -> bool {
    group.is_none_or(|group| group.writes(row))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(acl: Value) -> Row {
        Row::from_iter([("ACL".to_owned(), acl)])
    }

    #[test]
    fn rights_are_those_of_any_name() {
        let acl = row(json!({"*": {"read": true}, "role:Admins": {"write": true}}));
        let nobody = Group(vec!["*"]);
        let admin = Group(vec!["*", "role:Admins", "ann"]);
        assert!(nobody.reads(&acl) && !nobody.writes(&acl));
        assert!(admin.writes(&acl));
        assert_eq!((nobody.user(), admin.user()), (None, Some("ann")));
        // nothing is for everybody, an empty list is for nobody
        assert!(nobody.writes(&Row::new()) && !admin.reads(&row(json!({}))));
        assert!(writable(None, &row(json!({}))) && !readable(Some(&admin), &row(json!({}))));
    }
}
