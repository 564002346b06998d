//! Row 42: who may do what, on the mock as on the real server: ACLs, roles, class-level permissions, hidden fields.

use crate::backend::{Backend, Outcome, backend, unique};
use crate::raw::{Answer, As, send};
use crate::users::{Account, somebody};
use parse_orm::prelude::*;
use parse_orm::{Role, Session};
use serde_json::{Value, json};

/// A class of this test's own, with permissions. The master key made it and its fields.
struct Guarded<'a> {
    backend: &'a Backend,
    class: String,
}

impl<'a> Guarded<'a> {
    async fn new(backend: &'a Backend, permissions: Value) -> Self {
        let class = unique("Guarded").replace('-', "x");
        let fields = json!({
            "text": {"type": "String"},
            "hidden": {"type": "String"},
            "owner": {"type": "Pointer", "targetClass": "_User"},
            "editors": {"type": "Array"},
        });
        let body = json!({"className": class, "fields": fields, "classLevelPermissions": permissions});
        let made = send(backend, As::Master, "POST", &format!("/schemas/{class}"), body).await;
        assert_eq!(made.status, 200, "{made:?}");
        Self { backend, class }
    }

    async fn ask(&self, who: As<'_>, method: &str, below: &str, body: Value) -> Answer {
        let path = format!("/classes/{}{below}", self.class);
        send(self.backend, who, method, &path, body).await
    }

    /// A row that the master key made.
    async fn row(&self, body: Value) -> String {
        let made = self.ask(As::Master, "POST", "", body).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.id()
    }

    /// The codes of a find, a get, a count, a create, an update, a new field and a delete; 0 is no error.
    async fn codes(&self, who: As<'_>) -> [i64; 7] {
        let code = |answer: Answer| answer.code().unwrap_or(0);
        let row = format!("/{}", self.row(json!({"text": "x"})).await);
        [
            code(self.ask(who, "GET", "", Value::Null).await),
            code(self.ask(who, "GET", &row, Value::Null).await),
            code(self.ask(who, "GET", "?count=1&limit=0", Value::Null).await),
            code(self.ask(who, "POST", "", json!({"text": "y"})).await),
            code(self.ask(who, "PUT", &row, json!({"text": "z"})).await),
            code(
                self.ask(who, "PUT", &row, json!({unique("new").replace('-', "x"): 1}))
                    .await,
            ),
            code(self.ask(who, "DELETE", &row, Value::Null).await),
        ]
    }

    /// The texts that somebody finds, sorted.
    async fn found(&self, who: As<'_>, below: &str) -> Vec<String> {
        let answer = self.ask(who, "GET", below, Value::Null).await;
        let rows = answer.body["results"].as_array().expect("rows");
        let texts = rows
            .iter()
            .map(|row| row["text"].as_str().unwrap_or_default().to_owned());
        crate::backend::sorted(texts)
    }
}

fn token(session: &Session<Account>) -> As<'_> {
    As::Session(session.token().expose())
}

fn pointer(session: &Session<Account>) -> Value {
    json!({"__type": "Pointer", "className": "_User", "objectId": session.user().id().as_str()})
}

async fn role_of(backend: &Backend, session: &Session<Account>) -> parse_orm::Result<String> {
    let name = unique("Role");
    let acl = Acl::new().allow_read(Who::Public);
    Role::new(&name, acl)?
        .users([session])
        .create(backend.master())
        .await?;
    Ok(name)
}

const OPEN: [i64; 7] = [0; 7];
const CLOSED: [i64; 7] = [119; 7];

#[tokio::test]
async fn row_42_permissions_by_operation() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let role = role_of(&backend, &bob).await?;
    let every = |rule: Value| {
        json!({
            "find": rule, "get": rule, "count": rule, "create": rule,
            "update": rule, "addField": rule, "delete": rule,
        })
    };
    // what no permission names is nobody's
    let closed = Guarded::new(&backend, json!({})).await;
    assert_eq!(closed.codes(token(&ann)).await, CLOSED);
    assert_eq!(closed.codes(As::Master).await, OPEN);

    let users = Guarded::new(&backend, every(json!({"requiresAuthentication": true}))).await;
    assert_eq!(users.codes(As::Nobody).await, [101; 7]);
    assert_eq!(users.codes(token(&ann)).await, OPEN);

    let one = Guarded::new(&backend, every(json!({ann.user().id().as_str(): true}))).await;
    assert_eq!(one.codes(token(&ann)).await, OPEN);
    assert_eq!(one.codes(token(&bob)).await, CLOSED);
    assert_eq!(one.codes(As::Nobody).await, CLOSED);

    let some = Guarded::new(&backend, every(json!({format!("role:{role}"): true}))).await;
    assert_eq!(some.codes(token(&ann)).await, CLOSED);
    assert_eq!(some.codes(token(&bob)).await, OPEN);

    let mixed = json!({"find": {"*": true}, "update": {"*": true}, "count": {"*": true}});
    let mixed = Guarded::new(&backend, mixed).await;
    assert_eq!(mixed.codes(As::Nobody).await, [0, 119, 0, 119, 0, 119, 119]);
    Ok(())
}

/// A pointer field opens the rows that hold the user, and no others.
#[tokio::test]
async fn row_42_permissions_by_pointer() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let fields = json!({"pointerFields": ["owner", "editors"]});
    let permissions = json!({
        "find": fields, "get": fields, "count": fields, "update": fields, "delete": {"pointerFields": ["owner"]},
        "create": {"*": true}, "addField": {},
    });
    let by_operation = Guarded::new(&backend, permissions).await;
    let permissions =
        json!({"readUserFields": ["owner", "editors"], "writeUserFields": ["owner", "editors"]});
    let by_class = Guarded::new(&backend, permissions).await;
    for guarded in [&by_operation, &by_class] {
        let owned = guarded
            .row(json!({"text": "owned", "owner": pointer(&ann)}))
            .await;
        let edited = guarded
            .row(json!({"text": "edited", "owner": pointer(&bob), "editors": [pointer(&ann)]}))
            .await;
        guarded.row(json!({"text": "neither"})).await;
        assert_eq!(guarded.found(token(&ann), "").await, ["edited", "owned"]);
        assert_eq!(guarded.found(token(&bob), "").await, ["edited"]);
        let counted = guarded
            .ask(token(&ann), "GET", "?count=1&limit=0", Value::Null)
            .await;
        assert_eq!(counted.body["count"], 2);
        // nobody has no pointer
        assert!(guarded.found(As::Nobody, "").await.is_empty());
        let owned = format!("/{owned}");
        for (who, status) in [(token(&ann), 200), (token(&bob), 404), (As::Nobody, 404)] {
            let read = guarded.ask(who, "GET", &owned, Value::Null).await;
            assert_eq!(read.status, status, "{who:?} {read:?}");
            let written = guarded.ask(who, "PUT", &owned, json!({"text": "owned"})).await;
            assert_eq!(written.status, status, "{who:?} {written:?}");
        }
        let changed = guarded
            .ask(
                token(&ann),
                "PUT",
                &format!("/{edited}"),
                json!({"text": "edited"}),
            )
            .await;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
    let edited = by_operation.row(json!({"editors": [pointer(&ann)]})).await;
    let edited = format!("/{edited}");
    assert_eq!(
        by_operation
            .ask(token(&ann), "DELETE", &edited, Value::Null)
            .await
            .code(),
        Some(101)
    );
    Ok(())
}

#[tokio::test]
async fn row_42_protected_fields() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let role = role_of(&backend, &bob).await?;
    let open = json!({"*": true});
    let permissions = json!({
        "find": open, "get": open, "count": open,
        "protectedFields": {
            "*": ["hidden", "text"],
            "authenticated": ["hidden"],
            format!("role:{role}"): [],
            "userField:owner": [],
        },
    });
    let guarded = Guarded::new(&backend, permissions).await;
    let row = guarded.row(json!({"text": "t", "hidden": "h"})).await;
    let own = guarded
        .row(json!({"text": "t", "hidden": "h", "owner": pointer(&ann)}))
        .await;
    let seen = async |who, row: &str| {
        let row = guarded
            .ask(who, "GET", &format!("/{row}"), Value::Null)
            .await
            .body;
        (row["text"].is_string(), row["hidden"].is_string())
    };
    assert_eq!(seen(As::Nobody, &row).await, (false, false));
    assert_eq!(seen(token(&ann), &row).await, (true, false));
    assert_eq!(seen(token(&ann), &own).await, (true, true));
    assert_eq!(seen(token(&bob), &row).await, (true, true));
    assert_eq!(seen(As::Master, &row).await, (true, true));
    // what is not shown is not told by a condition or an order either
    for asked in [
        r#"?where={"hidden":"h"}"#,
        "?order=hidden",
        r#"?where={"$or":[{"hidden":"h"}]}"#,
    ] {
        assert_eq!(
            guarded.ask(token(&ann), "GET", asked, Value::Null).await.code(),
            Some(119),
            "{asked}"
        );
        assert_eq!(
            guarded.ask(token(&bob), "GET", asked, Value::Null).await.status,
            200,
            "{asked}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn row_42_a_class_can_have_a_default_acl() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let rights = json!({"read": true, "write": true});
    let open = json!({"*": true});
    let permissions = json!({"ACL": {"currentUser": rights}, "create": open, "get": open});
    let guarded = Guarded::new(&backend, permissions).await;
    let made = guarded.ask(token(&ann), "POST", "", json!({"text": "x"})).await;
    let own = json!({ann.user().id().as_str(): rights});
    assert_eq!(made.body["ACL"], own);
    let row = format!("/{}", made.id());
    assert_eq!(
        guarded.ask(token(&ann), "GET", &row, Value::Null).await.body["ACL"],
        own
    );
    assert_eq!(
        guarded.ask(As::Nobody, "GET", &row, Value::Null).await.code(),
        Some(101)
    );
    // an ACL that is brought along stays
    let made = guarded
        .ask(
            token(&ann),
            "POST",
            "",
            json!({"text": "x", "ACL": {"*": {"read": true}}}),
        )
        .await;
    let row = format!("/{}", made.id());
    assert_eq!(
        guarded.ask(As::Nobody, "GET", &row, Value::Null).await.status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn row_42_an_acl_holds_wherever_rows_are_read() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let mine = json!({ann.user().id().as_str(): {"read": true, "write": true}});
    let guarded = Guarded::new(
        &backend,
        json!({
            "find": {"*": true}, "get": {"*": true}, "count": {"*": true}, "create": {"*": true},
            "update": {"*": true}, "delete": {"*": true}, "addField": {"*": true},
        }),
    )
    .await;
    let secret = guarded.row(json!({"text": "secret", "ACL": mine})).await;
    let target = json!({"__type": "Pointer", "className": guarded.class, "objectId": secret});
    let add = json!({"__op": "AddRelation", "objects": [target]});
    let outer = guarded
        .row(json!({"text": "outer", "to": target, "list": [target], "many": add}))
        .await;
    let owner = guarded
        .row(json!({"text": "owner", "ACL": mine, "many": add}))
        .await;
    let _ = guarded
        .row(json!({"text": "open", "ACL": {"*": {"read": true}}}))
        .await;

    assert_eq!(
        guarded.found(token(&ann), "").await,
        ["open", "outer", "owner", "secret"]
    );
    assert_eq!(guarded.found(token(&bob), "").await, ["open", "outer"]);
    assert_eq!(guarded.found(As::Nobody, "").await, ["open", "outer"]);
    let counted = guarded
        .ask(token(&bob), "GET", "?count=1&limit=0", Value::Null)
        .await;
    assert_eq!(counted.body["count"], 2);
    // included
    let outer_row = format!("/{outer}?include=to,list");
    let seen = guarded
        .ask(token(&ann), "GET", &outer_row, Value::Null)
        .await
        .body;
    assert_eq!(
        (&seen["to"]["text"], &seen["list"][0]["text"]),
        (&json!("secret"), &json!("secret"))
    );
    let seen = guarded
        .ask(token(&bob), "GET", &outer_row, Value::Null)
        .await
        .body;
    assert_eq!((seen.get("to"), &seen["list"]), (None, &json!([])));
    // asked about in another query
    let inner = format!(
        r#"?where={{"to":{{"$inQuery":{{"className":"{}","where":{{"text":"secret"}}}}}}}}"#,
        guarded.class
    );
    assert_eq!(guarded.found(token(&ann), &inner).await, ["outer"]);
    // PostgreSQL takes an empty list for "the field is missing"
    assert!(
        !guarded
            .found(token(&bob), &inner)
            .await
            .contains(&"outer".to_owned())
    );
    // the members of a relation, and those of an object that one may not read
    for (owner, ann_sees) in [(&outer, ["secret"]), (&owner, ["secret"])] {
        let object = json!({"__type": "Pointer", "className": guarded.class, "objectId": owner});
        let members = format!(
            "?where={}",
            json!({"$relatedTo": {"object": object, "key": "many"}})
        );
        assert_eq!(guarded.found(token(&ann), &members).await, ann_sees);
        assert!(guarded.found(token(&bob), &members).await.is_empty());
    }
    // written
    for (method, body) in [("PUT", json!({"text": "changed"})), ("DELETE", Value::Null)] {
        let row = format!("/{secret}");
        assert_eq!(
            guarded.ask(token(&bob), method, &row, body.clone()).await.code(),
            Some(101),
            "{method}"
        );
        assert_eq!(
            guarded.ask(As::Nobody, method, &row, body.clone()).await.code(),
            Some(101),
            "{method}"
        );
        assert_eq!(
            guarded.ask(token(&ann), method, &row, body).await.status,
            200,
            "{method}"
        );
    }
    Ok(())
}

/// Users are private, and nobody learns the address of another by asking for it.
#[tokio::test]
async fn row_42_users_are_private() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let path = format!("/users/{}", ann.user().id());
    assert_eq!(
        send(&backend, token(&bob), "GET", &path, Value::Null)
            .await
            .code(),
        Some(101)
    );
    assert_eq!(
        send(&backend, token(&bob), "PUT", &path, json!({"nickname": "x"}))
            .await
            .code(),
        Some(206)
    );
    assert_eq!(
        send(&backend, As::Nobody, "DELETE", &path, Value::Null)
            .await
            .code(),
        Some(206)
    );
    let by_email = r#"/users?where={"email":"a@example.com"}"#;
    assert_eq!(
        send(&backend, token(&bob), "GET", by_email, Value::Null)
            .await
            .code(),
        Some(119)
    );

    // a user who opens the row to everybody keeps the address to itself, and cannot lock itself out
    let open = json!({"email": format!("{}@example.com", unique("a")), "ACL": {"*": {"read": true}}});
    assert_eq!(send(&backend, token(&ann), "PUT", &path, open).await.status, 200);
    let seen = send(&backend, token(&bob), "GET", &path, Value::Null).await.body;
    assert_eq!(seen["username"], json!(ann.user().username));
    for hidden in [
        "email",
        "password",
        "authData",
        "sessionToken",
        "_hashed_password",
    ] {
        assert!(seen.get(hidden).is_none(), "{hidden}");
    }
    let own = send(&backend, token(&ann), "GET", &path, Value::Null).await.body;
    assert!(own["email"].is_string() && own["ACL"][ann.user().id().as_str()]["write"] == true);
    let verified = send(
        &backend,
        token(&ann),
        "PUT",
        &path,
        json!({"emailVerified": true}),
    )
    .await;
    assert_eq!(verified.code(), Some(119));
    Ok(())
}

/// Sessions are shown to their own user only, and the rooms of the master key to nobody else.
#[tokio::test]
async fn row_42_what_is_the_servers_own() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let own = send(&backend, token(&ann), "GET", "/sessions", Value::Null)
        .await
        .body;
    assert_eq!(own["results"].as_array().map(Vec::len), Some(1));
    let session = format!(
        "/sessions/{}",
        own["results"][0]["objectId"].as_str().unwrap_or_default()
    );
    assert_eq!(
        send(&backend, token(&bob), "GET", &session, Value::Null)
            .await
            .code(),
        Some(101)
    );
    assert_eq!(
        send(&backend, token(&bob), "DELETE", &session, Value::Null)
            .await
            .code(),
        Some(101)
    );
    assert_eq!(
        send(&backend, token(&bob), "PUT", &session, json!({"x": 1}))
            .await
            .code(),
        Some(101)
    );
    assert_eq!(
        send(&backend, As::Nobody, "GET", &session, Value::Null)
            .await
            .code(),
        Some(209)
    );
    for class in [
        "_PushStatus",
        "_Hooks",
        "_GlobalConfig",
        "_Join:users:_Role",
        "_Installation",
    ] {
        let path = format!("/classes/{class}");
        assert_eq!(
            send(&backend, token(&ann), "GET", &path, Value::Null)
                .await
                .code(),
            Some(119),
            "{class}"
        );
    }
    for path in ["/schemas", "/aggregate/Thing"] {
        let refused = send(&backend, token(&ann), "GET", path, Value::Null).await;
        assert_eq!((refused.status, refused.code()), (403, None), "{path}");
    }
    let refused = send(
        &backend,
        As::Session("r:nobody"),
        "GET",
        "/classes/Thing",
        Value::Null,
    )
    .await;
    assert_eq!((refused.status, refused.code()), (400, Some(209)));
    Ok(())
}
