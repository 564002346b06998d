//! What travels when somebody signs up, logs in, or changes how to: paths, bodies, and whose token.

use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode, Role, Session, Unsaved, User};
use serde_json::{Value, json};
use wiremock::matchers::{any, method};
use wiremock::{Mock, ResponseTemplate};

#[derive(ParseObject, Debug, Clone, Default)]
#[parse(class_name = "_User")]
struct Account {
    username: Option<String>,
    email: Option<String>,
    nickname: Option<String>,
}

/// A server that answers every request with this.
async fn answering(status: u16, body: Value) -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn row() -> Value {
    json!({
        "objectId": "u1", "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        "username": "ann", "sessionToken": "r:first",
        "authData": {"anonymous": {"id": "1"}, "gone": null},
    })
}

fn client_of(server: &wiremock::MockServer) -> Client {
    Client::builder(server.uri()).app_id("app").build().unwrap()
}

/// Method and path, the body, and the session's token, of every request so far.
async fn sent(server: &wiremock::MockServer) -> Vec<(String, Value, Option<String>)> {
    let requests = server.received_requests().await.unwrap();
    let read = |request: &wiremock::Request| {
        let token = request.headers.get("x-parse-session-token");
        assert!(request.url.query().is_none(), "a password belongs into a body");
        (
            format!("{} {}", request.method, request.url.path()),
            serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            token.map(|token| token.to_str().unwrap().to_owned()),
        )
    };
    requests.iter().map(read).collect()
}

fn plain(call: &str, body: Value) -> (String, Value, Option<String>) {
    (call.into(), body, None)
}

fn by(token: &str, call: &str, body: Value) -> (String, Value, Option<String>) {
    (call.into(), body, Some(token.into()))
}

#[tokio::test]
async fn log_ins() -> parse_orm::Result<()> {
    let server = answering(200, row()).await;
    // a token that has nothing to do with who logs in
    let client = client_of(&server).with_session("r:other");
    Account::log_in(&client, "ann", "p").await?;
    Account::log_in_with_email(&client, "a@b", "p").await?;
    Account::log_in_with_additional_auth(&client, "ann", "p", "mfa", json!({"token": "123456"})).await?;
    Account::verify_password(&client, "ann", "p").await?;
    Account::request_password_reset(&client, "a@b").await?;
    Account::request_verification_email(&client, "a@b").await?;
    Account::log_in_as(&client.master("key"), "u1").await?;
    let known = Account::default()
        .log_in_with(&client, "fakeauth", json!({"id": "1", "token": "good"}))
        .await?;
    assert!(!known.is_new());
    let taken_up = Account::become_user(&client, "r:kept").await?;
    assert_eq!(taken_up.token().expose(), "r:kept");
    assert!(taken_up.is_anonymous() && !taken_up.is_linked("gone"));
    Account::me(&client).await?;
    assert_eq!(
        sent(&server).await,
        [
            plain("POST /login", json!({"username": "ann", "password": "p"})),
            plain("POST /login", json!({"email": "a@b", "password": "p"})),
            plain(
                "POST /login",
                json!({"username": "ann", "password": "p", "authData": {"mfa": {"token": "123456"}}})
            ),
            plain(
                "POST /verifyPassword",
                json!({"username": "ann", "password": "p"})
            ),
            plain("POST /requestPasswordReset", json!({"email": "a@b"})),
            plain("POST /verificationEmailRequest", json!({"email": "a@b"})),
            plain("POST /loginAs", json!({"userId": "u1"})),
            plain(
                "POST /users",
                json!({"authData": {"fakeauth": {"id": "1", "token": "good"}}})
            ),
            by("r:kept", "GET /users/me", Value::Null),
            by("r:other", "GET /users/me", Value::Null),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn sign_ups() -> parse_orm::Result<()> {
    let made_up = json!({
        "objectId": "u1", "createdAt": "2026-01-01T00:00:00.000Z", "username": "made up", "sessionToken": "r:first",
        "authDataResponse": {},
    });
    let server = answering(201, made_up).await;
    let client = client_of(&server).with_session("r:other");
    let value = Account {
        username: Some("ann".into()),
        email: Some("a@b".into()),
        nickname: None,
    };
    let ann = value.sign_up(&client, "p").await?;
    assert!(ann.is_new() && ann.auth_data_response().is_none());
    Draft::new(value)
        .acl(Acl::public())
        .id("chosen")
        .sign_up(&client, "p")
        .await?;
    // a name that the model must have, and the user has not
    let visitor = User::default().log_in_anonymously(&client).await?;
    assert!(visitor.is_anonymous() && visitor.user().username == "made up");
    User::default().log_in_anonymously(&client).await?;

    let sent = sent(&server).await;
    assert!(
        sent.iter()
            .all(|(call, _, token)| call == "POST /users" && token.is_none())
    );
    assert_eq!(
        sent[0].1,
        json!({"username": "ann", "email": "a@b", "password": "p"})
    );
    assert_eq!(
        sent[1].1,
        json!({
            "objectId": "chosen", "username": "ann", "email": "a@b", "password": "p",
            "ACL": {"*": {"read": true, "write": true}},
        })
    );
    // who knows the id is the user: 128 bits that nobody can guess
    let id = |body: &Value| -> String {
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let id = body["authData"]["anonymous"]["id"].as_str().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        id.to_owned()
    };
    assert_ne!(id(&sent[2].1), id(&sent[3].1));
    Ok(())
}

/// Each change goes with the token of the session as it is then.
#[tokio::test]
async fn row_27_the_next_request_has_the_new_token() -> parse_orm::Result<()> {
    let server = wiremock::MockServer::start().await;
    let log_in = ResponseTemplate::new(200).set_body_json(row());
    Mock::given(method("POST"))
        .respond_with(log_in)
        .mount(&server)
        .await;
    for token in ["r:second", "r:third"] {
        let answer = json!({"updatedAt": "2026-01-02T00:00:00.000Z", "sessionToken": token});
        Mock::given(method("PUT"))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let rest =
        json!({"updatedAt": "2026-01-02T00:00:00.000Z", "authDataResponse": {"mfa": {"recovery": "a b"}}});
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(rest))
        .mount(&server)
        .await;

    let mut ann = Account::log_in(&client_of(&server), "ann", "p").await?;
    let before = ann.client().clone();
    // row 26: the anonymous auth data goes along with the new name
    ann.user_mut().nickname = Some("Annie".into());
    ann.upgrade("somebody", "q").await?;
    assert_eq!(ann.user().username.as_deref(), Some("somebody"));
    ann.set_password("s").await?;
    assert_eq!(ann.token().expose(), "r:third");
    ann.link("mfa", json!({"secret": "x", "token": "123456"})).await?;
    assert_eq!(
        ann.auth_data_response(),
        Some(&json!({"mfa": {"recovery": "a b"}}))
    );
    ann.unlink("mfa").await?;
    assert!(!ann.is_linked("mfa"));
    ann.user_mut().nickname = None;
    ann.save().await?;
    ann.save().await?; // nothing to send
    // a clone that was taken before is a value of its own
    let _ = Account::me(&before).await;
    ann.log_out().await?;
    assert_eq!(
        sent(&server).await[1..],
        [
            by(
                "r:first",
                "PUT /classes/_User/u1",
                json!({"nickname": "Annie", "username": "somebody", "password": "q", "authData": {"anonymous": null}})
            ),
            by("r:second", "PUT /classes/_User/u1", json!({"password": "s"})),
            by(
                "r:third",
                "PUT /classes/_User/u1",
                json!({"authData": {"mfa": {"secret": "x", "token": "123456"}}})
            ),
            by(
                "r:third",
                "PUT /classes/_User/u1",
                json!({"authData": {"mfa": null}})
            ),
            by(
                "r:third",
                "PUT /classes/_User/u1",
                json!({"nickname": {"__op": "Delete"}})
            ),
            by("r:first", "GET /users/me", Value::Null),
            by("r:third", "POST /logout", json!({})),
        ]
    );
    Ok(())
}

/// What a program tells the server's own code goes with a sign-up, a log-in, and whatever the session does.
#[tokio::test]
async fn row_29_the_context_goes_along() -> parse_orm::Result<()> {
    let server = answering(200, row()).await;
    let client = client_of(&server).with_context(json!({"campaign": "spring"}))?;
    User::new("ann").sign_up(&client, "p").await?;
    User::default().log_in_anonymously(&client).await?;
    User::log_in_as(&client.master("key"), "u1").await?;
    let mut ann = User::log_in(&client, "ann", "p").await?;
    ann.set_password("q").await?;
    ann.user_mut().email = Some("a@b".into());
    ann.save().await?;
    ann.log_out().await?;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 7);
    for request in requests {
        let context = request.headers.get("x-parse-cloud-context");
        let context = context.and_then(|context| context.to_str().ok());
        assert_eq!(context, Some(r#"{"campaign":"spring"}"#), "{}", request.url);
    }
    Ok(())
}

#[tokio::test]
async fn a_challenge_is_passed_through() -> parse_orm::Result<()> {
    let server = answering(200, json!({"challengeData": {"mfa": {"sent": true}}})).await;
    let answer = Account::challenge(
        &client_of(&server),
        "ann",
        "p",
        "mfa",
        json!({"token": "request"}),
    )
    .await?;
    assert_eq!(answer, json!({"mfa": {"sent": true}}));
    assert_eq!(
        sent(&server).await,
        [plain(
            "POST /challenge",
            json!({"username": "ann", "password": "p", "challengeData": {"mfa": {"token": "request"}}})
        )]
    );
    Ok(())
}

/// A server that wants the email address verified first stores the user, and gives no session.
#[tokio::test]
async fn a_user_who_has_to_verify_the_address() {
    let stored = json!({"objectId": "u1", "createdAt": "2026-01-01T00:00:00.000Z"});
    let server = answering(201, stored).await;
    let error = User::new("ann")
        .sign_up(&client_of(&server), "p")
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Unverified { id } if id.as_str() == "u1"),
        "{error:?}"
    );
    assert!(error.to_string().contains("log in after that"), "{error}");

    // from any other request it is no answer
    let mut tokenless = row();
    tokenless["sessionToken"] = Value::Null;
    let server = answering(200, tokenless).await;
    let error = User::log_in(&client_of(&server), "ann", "p").await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{error:?}");
}

/// The handle is gone after a log-out by its type; a session that is dead already is what was asked for, anything
/// else is told.
#[tokio::test]
async fn row_28_what_a_log_out_is_answered() -> parse_orm::Result<()> {
    async fn log_out(status: u16, body: &str) -> parse_orm::Result<()> {
        let server = answering(200, row()).await;
        let ann: Session<User> = User::log_in(&client_of(&server), "ann", "p").await?;
        server.reset().await;
        let answer = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        ann.log_out().await
    }
    log_out(200, "{}").await?;
    log_out(400, r#"{"code":209,"error":"Invalid session token"}"#).await?;
    let error = log_out(404, r#"{"code":101,"error":"Object not found."}"#).await;
    assert_eq!(error.unwrap_err().code(), Some(ErrorCode::ObjectNotFound));
    let error = log_out(502, "<html>Bad Gateway</html>").await;
    assert!(matches!(error, Err(Error::UnexpectedAnswer { status: 502, .. })));
    Ok(())
}

/// Tokens and passwords are in no error, whatever a server answers.
#[tokio::test]
async fn no_secret_is_in_an_error() {
    let row = |change: &dyn Fn(&mut Value)| {
        let mut row = row();
        row["sessionToken"] = "r:SECRET".into();
        row["authData"] = json!({"mfa": {"secret": "SECRET"}});
        change(&mut row);
        row.to_string()
    };
    let broken = [
        row(&|_| ()).replace('}', ""),
        row(&|row| row["username"] = 7.into()),
        row(&|row| row["objectId"] = Value::Null),
        row(&|row| row["createdAt"] = "never".into()),
        format!("[{}]", row(&|_| ())),
    ];
    for body in broken {
        for status in [200, 201] {
            let server = wiremock::MockServer::start().await;
            let answer = ResponseTemplate::new(status).set_body_string(&body);
            Mock::given(any()).respond_with(answer).mount(&server).await;
            let client = client_of(&server);
            let data = json!({"id": "SECRET"});
            let errors = [
                User::log_in(&client, "ann", "SECRET").await.unwrap_err(),
                User::new("ann").sign_up(&client, "SECRET").await.unwrap_err(),
                User::new("ann")
                    .log_in_with(&client, "x", &data)
                    .await
                    .unwrap_err(),
                User::become_user(&client, "r:SECRET").await.unwrap_err(),
            ];
            for error in errors {
                let text = format!("{error} {error:?}");
                assert!(!text.contains("SECRET"), "{body}\n{text}");
            }
        }
    }
}

/// A user is refreshed as a whole, and a row that does not fit leaves the handle as it is.
#[tokio::test]
async fn a_refresh_that_fails_changes_nothing() -> parse_orm::Result<()> {
    let server = answering(200, row()).await;
    let mut ann: Session<User> = User::log_in(&client_of(&server), "ann", "p").await?;
    server.reset().await;
    let misfit = json!({"objectId": "u1", "username": 7, "createdAt": "2026-01-01T00:00:00.000Z"});
    let answer = ResponseTemplate::new(200).set_body_json(misfit);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    ann.user_mut().email = Some("a@b".into());
    let error = ann.refresh(Unsaved::Keep).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert!(ann.is_anonymous() && ann.user().username == "ann");
    assert_eq!(ann.user().dirty_fields(), ["email"]);
    Ok(())
}

#[tokio::test]
async fn roles() -> parse_orm::Result<()> {
    let server = answering(
        201,
        json!({"objectId": "r1", "createdAt": "2026-01-01T00:00:00.000Z"}),
    )
    .await;
    let client = client_of(&server);
    let acl = Acl::new().allow_read(Who::Public);
    let mut role = Role::new("Admins", acl)?
        .users([Pointer::<Account>::to("u1")])
        .roles([Pointer::to("r2")])
        .create(&client)
        .await?;
    role.add_users([Pointer::<User>::to("u2")]);
    role.remove_users([Pointer::<Account>::to("u1")]);
    role.add_roles([Pointer::to("r3")]);
    role.remove_roles([Pointer::to("r2")]);
    role.save(&client).await?;
    let pointer = |class: &str, id: &str| json!({"__type": "Pointer", "className": class, "objectId": id});
    let relation = |op: &str, class: &str, id: &str| json!({"__op": op, "objects": [pointer(class, id)]});
    let both = |class: &str, add: &str, remove: &str| {
        let ops = [
            relation("AddRelation", class, add),
            relation("RemoveRelation", class, remove),
        ];
        json!({"__op": "Batch", "ops": ops})
    };
    assert_eq!(
        sent(&server).await,
        [
            plain(
                "POST /classes/_Role",
                json!({
                    "name": "Admins", "ACL": {"*": {"read": true}},
                    "users": relation("AddRelation", "_User", "u1"),
                    "roles": relation("AddRelation", "_Role", "r2"),
                })
            ),
            plain(
                "PUT /classes/_Role/r1",
                json!({"users": both("_User", "u2", "u1"), "roles": both("_Role", "r3", "r2")})
            ),
        ]
    );
    assert_eq!(
        serde_json::to_value(role.members::<Account>()).unwrap(),
        json!({"where": {"$relatedTo": {"object": pointer("_Role", "r1"), "key": "users"}}})
    );
    assert_eq!(
        serde_json::to_value(role.child_roles()).unwrap(),
        json!({"where": {"$relatedTo": {"object": pointer("_Role", "r1"), "key": "roles"}}})
    );
    Ok(())
}
