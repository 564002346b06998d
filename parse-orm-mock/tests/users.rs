//! The options about users, keys and denials, and the mails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    reason = "a test"
)]

mod wire;

use std::net::IpAddr;

use parse_orm_mock::{MailKind, MockServer, MockServerBuilder};
use serde_json::{Value, json};
use wire::{KEYS, Reply};

struct Asker<'a> {
    server: &'a MockServer,
    more: Vec<(&'a str, &'a str)>,
}

impl Asker<'_> {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers: Vec<(&str, &str)> = KEYS.into_iter().chain(self.more.iter().copied()).collect();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        wire::send(
            self.server.url(),
            method,
            &wire::encode(path),
            &headers,
            body.as_bytes(),
        )
    }

    fn code(&self, method: &str, path: &str, body: &Value) -> i64 {
        self.ask(method, path, body).json()["code"].as_i64().unwrap_or(0)
    }
}

fn nobody(server: &MockServer) -> Asker<'_> {
    Asker { server, more: vec![] }
}

fn with<'a>(server: &'a MockServer, header: &'a str, value: &'a str) -> Asker<'a> {
    Asker {
        server,
        more: vec![(header, value)],
    }
}

const SESSION: &str = "X-Parse-Session-Token";
const MASTER: &str = "X-Parse-Master-Key";

async fn start(builder: MockServerBuilder) -> MockServer {
    builder.start().await.unwrap()
}

/// Signs up and gives the id and the token.
fn sign_up(server: &MockServer, name: &str) -> (String, String) {
    let body = json!({"username": name, "password": "old", "email": format!("{name}@example.com")});
    let made = nobody(server).ask("POST", "/users", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
    (text("objectId"), text("sessionToken"))
}

#[tokio::test]
async fn users_can_be_public() {
    let server = start(MockServer::builder().enforce_private_users(false)).await;
    let (id, _) = sign_up(&server, "ann");
    let seen = nobody(&server)
        .ask("GET", &format!("/users/{id}"), &Value::Null)
        .json();
    assert_eq!(seen["username"], "ann");
    assert_eq!(
        seen["ACL"],
        json!({"*": {"read": true}, id.as_str(): {"read": true, "write": true}})
    );
    assert!(seen.get("email").is_none());
}

#[tokio::test]
async fn anonymous_users_can_be_refused() {
    let body = json!({"authData": {"anonymous": {"id": "1"}}});
    let server = start(MockServer::builder().enable_anonymous_users(false)).await;
    assert_eq!(nobody(&server).code("POST", "/users", &body), 252);
    assert_eq!(
        nobody(&MockServer::start().await).code("POST", "/users", &body),
        0
    );
}

#[tokio::test]
async fn a_new_password_ends_sessions_or_not() {
    for (revoke, code) in [(true, 209), (false, 0)] {
        let server = start(MockServer::builder().revoke_session_on_password_reset(revoke)).await;
        let (id, token) = sign_up(&server, "ann");
        let ann = with(&server, SESSION, &token);
        let changed = ann
            .ask("PUT", &format!("/users/{id}"), &json!({"password": "new"}))
            .json();
        let new = changed["sessionToken"].as_str().unwrap();
        assert_ne!(new, token);
        assert_eq!(ann.code("GET", "/users/me", &Value::Null), code);
        assert_eq!(
            with(&server, SESSION, new).code("GET", "/users/me", &Value::Null),
            0
        );
    }
}

/// A session whose time has come is refused with its own words.
#[tokio::test]
async fn sessions_expire() {
    let server = MockServer::start().await;
    let (_, token) = sign_up(&server, "ann");
    let ann = with(&server, SESSION, &token);
    let session = ann.ask("GET", "/sessions/me", &Value::Null).json();
    let path = format!("/sessions/{}", session["objectId"].as_str().unwrap());
    let past = json!({"expiresAt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}});
    assert_eq!(ann.code("PUT", &path, &past), 105);
    assert_eq!(with(&server, MASTER, "master").code("PUT", &path, &past), 0);
    let refused = ann.ask("GET", "/users/me", &Value::Null).json();
    assert_eq!(
        refused,
        json!({"code": 209, "error": "Session token is expired."})
    );
}

/// One session for each user and installation: the older one ends.
#[tokio::test]
async fn an_installation_has_one_session() {
    let server = MockServer::start().await;
    let (_, first) = sign_up(&server, "ann");
    let device = with(&server, "X-Parse-Installation-Id", "device");
    let credentials = json!({"username": "ann", "password": "old"});
    let log_in = || {
        device.ask("POST", "/login", &credentials).json()["sessionToken"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (second, third) = (log_in(), log_in());
    let code = |token: &str| with(&server, SESSION, token).code("GET", "/users/me", &Value::Null);
    assert_eq!([code(&first), code(&second), code(&third)], [0, 209, 0]);
    assert_eq!(server.count("_Session"), 2);
}

#[tokio::test]
async fn mail_addresses_are_verified() {
    let builder = MockServer::builder()
        .verify_user_emails(true)
        .prevent_login_with_unverified_email(true);
    let server = start(builder).await;
    let (id, token) = sign_up(&server, "ann");
    // no session before the address is verified
    assert_eq!(token, "");
    let [mail] = &server.mails()[..] else {
        panic!("a mail")
    };
    assert_eq!(
        (mail.kind, &*mail.to),
        (MailKind::Verification, "ann@example.com")
    );
    let link = format!("{}/apps/app/verify_email?token=", server.url());
    assert!(mail.link.starts_with(&link), "{}", mail.link);
    let log_in = json!({"username": "ann", "password": "old"});
    assert_eq!(nobody(&server).code("POST", "/login", &log_in), 205);
    let again = json!({"email": "ann@example.com"});
    assert_eq!(
        nobody(&server).code("POST", "/verificationEmailRequest", &again),
        0
    );
    assert_eq!(server.mails().len(), 2);
    // only the last link is good, and only once
    let follow = |link: &str| {
        let path = link.strip_prefix(server.url()).unwrap();
        let page = wire::send(server.url(), "GET", path, &[], b"");
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        page.body.contains("Email verified!")
    };
    let links: Vec<String> = server.mails().into_iter().map(|mail| mail.link).collect();
    assert_eq!(
        (follow(&links[0]), follow(&links[1]), follow(&links[1])),
        (false, true, false)
    );
    assert_eq!(nobody(&server).code("POST", "/login", &log_in), 0);
    let seen = with(&server, MASTER, "master")
        .ask("GET", &format!("/users/{id}"), &Value::Null)
        .json();
    assert_eq!(seen["emailVerified"], true);
    // a verified address needs no mail
    assert_eq!(
        nobody(&server).code("POST", "/verificationEmailRequest", &again),
        0
    );
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew() {
    let server = MockServer::start().await;
    let (_, token) = sign_up(&server, "ann");
    // whether there is such a user is not told
    for (email, mails) in [("nobody@example.com", 0), ("ann@example.com", 1)] {
        let asked = nobody(&server).ask("POST", "/requestPasswordReset", &json!({"email": email}));
        assert_eq!((asked.status, asked.body.as_str()), (200, "{}"));
        assert_eq!(server.mails().len(), mails);
    }
    assert_eq!(
        nobody(&server).code("POST", "/requestPasswordReset", &json!({"email": 5})),
        125
    );
    let mail = server.mails().remove(0);
    assert_eq!(mail.kind, MailKind::PasswordReset);
    let (path, secret) = mail
        .link
        .strip_prefix(server.url())
        .unwrap()
        .split_once("?token=")
        .unwrap();
    let form = |token: &str| format!("token={token}&new_password=new%2Bone");
    let page = wire::send(server.url(), "GET", &format!("{path}?token={secret}"), &[], b"");
    assert!(
        page.body.contains(&format!("value=\"{secret}\"")),
        "{}",
        page.body
    );
    let kind = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Requested-With", "XMLHttpRequest"),
    ];
    let post = |token: &str| wire::send(server.url(), "POST", path, &kind, form(token).as_bytes()).json();
    let invalid =
        json!({"code": -1, "error": "Failed to reset password: username / email / token is invalid"});
    let good = json!("Password successfully reset");
    assert_eq!(
        (post("wrong"), post(secret), post(secret)),
        (invalid.clone(), good, invalid)
    );
    let log_in = |password: &str| {
        nobody(&server).code(
            "POST",
            "/login",
            &json!({"username": "ann", "password": password}),
        )
    };
    assert_eq!((log_in("old"), log_in("new+one")), (101, 0));
    assert_eq!(
        with(&server, SESSION, &token).code("GET", "/users/me", &Value::Null),
        209
    );
}

#[tokio::test]
async fn too_many_wrong_passwords_close_an_account() {
    let server = start(MockServer::builder().account_lockout(2, 5)).await;
    sign_up(&server, "ann");
    let log_in = |password: &str| {
        let body = json!({"username": "ann", "password": password});
        nobody(&server).ask("POST", "/login", &body).json()["error"]
            .as_str()
            .map(str::to_owned)
    };
    let wrong = Some("Invalid username/password.".to_owned());
    assert_eq!(
        (log_in("x"), log_in("old"), log_in("x"), log_in("x")),
        (wrong.clone(), None, wrong.clone(), wrong)
    );
    assert!(log_in("old").unwrap().ends_with("try again after 5 minute(s)"));
}

#[tokio::test]
async fn a_second_factor_is_asked_for() {
    let builder = MockServer::builder().additional_auth_provider("mfa", |data| data["code"] == "123");
    let server = start(builder).await;
    let (id, token) = sign_up(&server, "ann");
    let ann = with(&server, SESSION, &token);
    let enrol = |code: &str| json!({"authData": {"mfa": {"code": code}}});
    // 101 of a user is 206 to a client
    assert_eq!(ann.code("PUT", &format!("/users/{id}"), &enrol("no")), 206);
    assert_eq!(ann.code("PUT", &format!("/users/{id}"), &enrol("123")), 0);
    let log_in = |more: Value| {
        let mut body = json!({"username": "ann", "password": "old"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        nobody(&server).ask("POST", "/login", &body).json()
    };
    let missing = log_in(json!({}));
    assert_eq!(
        missing,
        json!({"code": -1, "error": "Missing additional authData mfa"})
    );
    assert_eq!(log_in(enrol("no"))["code"], 101);
    assert_eq!(log_in(enrol("123"))["authDataResponse"], json!({}));
}

#[tokio::test]
async fn keys_of_other_kinds() {
    let builder = MockServer::builder()
        .read_only_master_key("reads")
        .maintenance_key("mends");
    let server = start(builder).await;
    let (reader, mender) = (
        with(&server, MASTER, "reads"),
        with(&server, "X-Parse-Maintenance-Key", "mends"),
    );
    let private =
        json!({"x": 1, "ACL": {}, "createdAt": {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"}});
    let made = mender.ask("POST", "/classes/Thing", &private).json();
    assert_eq!(made["createdAt"], "2001-01-01T00:00:00.000Z");
    let path = format!("/classes/Thing/{}", made["objectId"].as_str().unwrap());
    assert_eq!(nobody(&server).code("GET", &path, &Value::Null), 101);
    assert_eq!(reader.code("GET", &path, &Value::Null), 0);
    assert_eq!(mender.code("PUT", &path, &json!({"x": 2})), 0);
    assert_eq!(mender.ask("GET", "/schemas", &Value::Null).status, 403);
    assert_eq!(reader.ask("GET", "/schemas", &Value::Null).status, 200);
    for (method, path) in [
        ("PUT", path.as_str()),
        ("DELETE", &path),
        ("POST", "/classes/Thing"),
        ("POST", "/loginAs"),
        ("POST", "/schemas/New"),
        ("PUT", "/config"),
        ("DELETE", "/purge/Thing"),
    ] {
        assert_eq!(reader.code(method, path, &json!({})), 119, "{method} {path}");
    }
    let late = json!({
        "createdAt": {"__type": "Date", "iso": "2001-01-02T00:00:00.000Z"},
        "updatedAt": {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"},
    });
    assert_eq!(mender.code("POST", "/classes/Thing", &late), 142);
}

#[tokio::test]
async fn the_master_key_may_be_for_other_places() {
    let elsewhere: IpAddr = [10, 0, 0, 1].into();
    let server = start(MockServer::builder().master_key_ips([elsewhere])).await;
    let refused = with(&server, MASTER, "master").ask("GET", "/classes/Thing", &Value::Null);
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (403, r#"{"error":"unauthorized"}"#)
    );
    assert_eq!(
        nobody(&server).ask("GET", "/classes/Thing", &Value::Null).status,
        200
    );
}

#[tokio::test]
async fn denials_can_give_their_reason() {
    let server = start(MockServer::builder().enable_sanitized_error_response(false)).await;
    let (id, _) = sign_up(&server, "ann");
    for (method, path, reason) in [
        (
            "GET",
            "/classes/_PushStatus",
            "Clients aren't allowed to perform the find operation on the _PushStatus collection.",
        ),
        ("GET", "/schemas", "unauthorized: master key is required"),
        ("GET", "/sessions", "Invalid session token"),
        (
            "GET",
            r#"/users?where={"email":"a"}"#,
            "This user is not allowed to query email on class _User",
        ),
        (
            "GET",
            "/users?order=email",
            "This user is not allowed to sort by email on class _User",
        ),
        (
            "PUT",
            &*format!("/users/{id}"),
            &*format!("Cannot modify user {id}."),
        ),
        ("POST", "/loginAs", "master key is required"),
    ] {
        let body = if method == "GET" {
            Value::Null
        } else {
            json!({"x": 1})
        };
        assert_eq!(
            nobody(&server).ask(method, path, &body).json()["error"],
            reason,
            "{method} {path}"
        );
    }
}
