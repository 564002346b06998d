//! The requests about classes and the configuration, and the wire form of permissions.

use parse_orm::prelude::*;
use parse_orm::{Asker, ClassField, ClassIndex, ClassOperation, ClassPermissions, ClassSchema};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};

#[derive(ParseObject, Debug, Clone)]
struct City {
    name: String,
    mayor: Option<Pointer<City>>,
    twins: Relation<City>,
}

fn sent(server: &MockServer) -> Vec<(String, String, Option<Value>)> {
    let requests = server.requests().into_iter();
    let sent = requests
        .map(|request| (request.wire_method, request.path, request.body))
        .collect();
    server.clear_requests();
    sent
}

fn line(method: &str, path: &str, body: Option<Value>) -> (String, String, Option<Value>) {
    (method.into(), path.into(), body)
}

#[tokio::test]
async fn requests_about_classes() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let master = server.master_client();
    let wanted = ClassSchema::of::<City>()
        .add_field("name", ClassField::of::<String>().required().default_value("?"))
        .add_index("words", ClassIndex::text(["name"]))
        .set_permissions(ClassPermissions::new().allow(ClassOperation::Get, Who::Public));
    let body = json!({
        "className": "City",
        "fields": {
            "name": {"type": "String", "required": true, "defaultValue": "?"},
            "mayor": {"type": "Pointer", "targetClass": "City"},
            "twins": {"type": "Relation", "targetClass": "City"},
        },
        "classLevelPermissions": {
            "find": {}, "get": {"*": true}, "count": {}, "create": {}, "update": {}, "delete": {}, "addField": {},
            "protectedFields": {},
        },
        "indexes": {"words": {"name": "text"}},
    });
    wanted.ensure(&master).await?;
    assert_eq!(
        sent(&server),
        [
            line("GET", "/schemas/City", None),
            line("POST", "/schemas/City", Some(body))
        ]
    );
    let more = ClassSchema::new("City").add_field("size", ClassField::of::<i64>());
    more.ensure(&master).await?;
    let body = json!({"className": "City", "fields": {"size": {"type": "Number"}}});
    assert_eq!(
        sent(&server),
        [
            line("GET", "/schemas/City", None),
            line("PUT", "/schemas/City", Some(body))
        ]
    );
    ClassSchema::all(&master).await?;
    ClassSchema::purge(&master, "City").await?;
    ClassSchema::delete(&master, "City").await?;
    assert_eq!(
        sent(&server),
        [
            line("GET", "/schemas", None),
            line("DELETE", "/purge/City", None),
            line("DELETE", "/schemas/City", None),
        ]
    );
    Ok(())
}

/// What is read is what was written, for everything that permissions can say.
#[test]
fn permissions_there_and_back() -> Result<(), serde_json::Error> {
    let all = json!({
        "find": {"*": true},
        "get": {"requiresAuthentication": true, "Ed1nuqPvcm": true, "role:Staff": true, "pointerFields": ["owner", "team"]},
        "count": {},
        "create": {},
        "update": {"role:Staff": true},
        "delete": {},
        "addField": {},
        "readUserFields": ["owner"],
        "writeUserFields": ["editors"],
        "protectedFields": {"*": ["a", "b"], "authenticated": ["b"], "role:Staff": [], "Ed1nuqPvcm": ["a"], "userField:owner": []},
        "ACL": {"*": {"read": true}, "currentUser": {"write": true}},
    });
    let read: ClassPermissions = serde_json::from_value(all.clone())?;
    assert_eq!(serde_json::to_value(&read)?, all);
    let written = ClassPermissions::new()
        .allow(ClassOperation::Find, Asker::Public)
        .allow(ClassOperation::Get, Asker::Authenticated)
        .allow(ClassOperation::Get, Asker::user("Ed1nuqPvcm"))
        .allow(
            [ClassOperation::Get, ClassOperation::Update],
            Asker::role("Staff"),
        )
        .allow(ClassOperation::Get, Asker::user_field("owner"))
        .allow(ClassOperation::Get, Asker::user_field("team"))
        .read_by_users_in(["owner"])
        .write_by_users_in(["editors"])
        .protect(Asker::Public, ["b", "a"])
        .protect(Asker::Authenticated, ["b"])
        .protect(Asker::role("Staff"), [""; 0])
        .protect(Asker::user("Ed1nuqPvcm"), ["a"])
        .protect(Asker::user_field("owner"), [""; 0]);
    let mut without = all;
    without.as_object_mut().and_then(|all| all.remove("ACL"));
    assert_eq!(serde_json::to_value(&written)?, without);
    assert_eq!(serde_json::from_value::<ClassPermissions>(without)?, written);

    // an untouched class
    let untouched = json!({
        "ACL": {"*": {"read": true, "write": true}}, "find": {"*": true}, "count": {"*": true}, "get": {"*": true},
        "create": {"*": true}, "update": {"*": true}, "delete": {"*": true}, "addField": {"*": true},
        "protectedFields": {"*": []},
    });
    assert_eq!(
        serde_json::from_value::<ClassPermissions>(untouched)?,
        ClassPermissions::public()
    );
    Ok(())
}
