//! Roles, ACLs and the permissions of classes.

use serde_json::{Map, Value, json};

use super::{Generator, pointer};
use crate::script::{Keep, Step, Who, id};

impl Generator {
    pub(super) fn access(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let acl = if self.random.percent(8) {
            json!({"__op": "Delete"})
        } else {
            self.acl()
        };
        Step::new(self.who(), "PUT", format!("{}/{object}", self.classes(class))).body(json!({"ACL": acl}))
    }

    pub(super) fn role(&mut self) -> Step {
        if self.roles.is_empty() || self.random.percent(35) {
            return self.new_role();
        }
        let role = id(self.random.pick(&self.roles).0);
        let who = if self.random.percent(70) {
            Who::Master
        } else {
            self.who()
        };
        match self.random.below(8) {
            0 => Step::new(self.who(), "GET", format!("/roles/{role}")),
            1 => {
                let conditions = json!({"name": {"$regex": "^R<mark>x"}});
                let path = self.pick_text(&["/roles", "/classes/_Role"]);
                Step::new(self.who(), "GET", path)
                    .with("where", conditions.to_string())
                    .unordered()
            }
            2 => {
                let conditions = json!({"users": self.member(), "name": {"$regex": "^R<mark>x"}});
                Step::new(self.who(), "GET", "/roles")
                    .with("where", conditions.to_string())
                    .unordered()
            }
            3 => {
                let conditions = json!({"$relatedTo": {"object": pointer("_Role", &role), "key": "users"}});
                Step::new(Who::Master, "GET", "/users")
                    .with("where", conditions.to_string())
                    .unordered()
            }
            4 => {
                let child = id(self.random.pick(&self.roles).0);
                let operation = self.pick_text(&["AddRelation", "RemoveRelation"]);
                Step::new(who, "PUT", format!("/roles/{role}"))
                    .body(json!({"roles": {"__op": operation, "objects": [pointer("_Role", &child)]}}))
            }
            _ => {
                let operation = self.pick_text(&["AddRelation", "AddRelation", "RemoveRelation"]);
                Step::new(who, "PUT", format!("/roles/{role}"))
                    .body(json!({"users": {"__op": operation, "objects": [self.member()]}}))
            }
        }
    }

    fn new_role(&mut self) -> Step {
        let number = self.new_id();
        let name = format!("R<mark>x{number}");
        let mut body = json!({
            "name": name,
            "ACL": {"*": {"read": true}},
            "users": {"__op": "AddRelation", "objects": [self.member()]},
        });
        if !self.roles.is_empty() {
            let child = id(self.random.pick(&self.roles).0);
            body["roles"] = json!({"__op": "AddRelation", "objects": [pointer("_Role", &child)]});
        }
        if self.random.percent(5) {
            body.as_object_mut().map(|body| body.shift_remove("ACL"));
        }
        if self.random.percent(5) {
            body["name"] = json!("R<mark> with space!");
        }
        self.roles.push((number, name));
        Step::new(self.who(), "POST", "/roles")
            .body(body)
            .keep(Keep::Id(number))
    }

    pub(super) fn permissions(&mut self) -> Step {
        let mut permissions = Map::new();
        for operation in ["find", "get", "count", "create", "update", "delete", "addField"] {
            let allowed = match self.random.below(12) {
                0 | 1 => json!({"requiresAuthentication": true}),
                2 if !self.roles.is_empty() => {
                    json!({format!("role:{}", self.random.pick(&self.roles).1): true})
                }
                3 if !self.users.is_empty() => json!({self.some_user(): true}),
                4 => json!({}),
                5 if !matches!(operation, "create" | "addField") => {
                    json!({"pointerFields": [*self.random.pick(&["owner", "owners"])]})
                }
                _ => json!({"*": true}),
            };
            permissions.insert(operation.to_owned(), allowed);
        }
        if self.random.percent(12) {
            let key = self.pick_text(&["readUserFields", "writeUserFields"]);
            permissions.insert(key, json!([*self.random.pick(&["owner", "owners"])]));
        }
        if self.random.percent(35) {
            let group = match self.random.below(5) {
                0 => "authenticated".to_owned(),
                1 if !self.roles.is_empty() => format!("role:{}", self.random.pick(&self.roles).1),
                2 => self.pick_text(&["userField:owner", "userField:owners"]),
                3 => self.some_user(),
                _ => "*".to_owned(),
            };
            let mut fields = Map::from_iter([(group, json!(["num", "text"]))]);
            fields.entry("*").or_insert_with(|| json!(["num", "label"]));
            permissions.insert("protectedFields".to_owned(), Value::Object(fields));
        }
        Step::new(Who::Master, "PUT", format!("/schemas/{}", self.class(1)))
            .body(json!({"classLevelPermissions": permissions}))
    }
}
