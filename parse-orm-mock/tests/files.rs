//! Files over HTTP: who may upload, which names, and what a row says of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use parse_orm_mock::MockServer;
use serde_json::json;
use wire::{KEYS, Reply, call, send};

const MASTER: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-Master-Key", "master"),
];

fn upload(server: &MockServer, keys: &[(&str, &str)], name: &str, kind: Option<&str>, body: &str) -> Reply {
    let mut headers = keys.to_vec();
    headers.extend(kind.map(|kind| ("Content-Type", kind)));
    send(
        server.url(),
        "POST",
        &format!("/files/{name}"),
        &headers,
        body.as_bytes(),
    )
}

/// The path below the mount of a file's address.
fn path(server: &MockServer, url: &str) -> String {
    url.strip_prefix(server.url())
        .expect("an address here")
        .to_owned()
}

#[tokio::test]
async fn up_and_down_and_gone() {
    let server = MockServer::start().await;
    // not JSON, though it says so
    let stored = upload(&server, &MASTER, "a%20b.txt", Some("application/json"), "{hello");
    assert_eq!(stored.status, 201, "{}", stored.body);
    let answer = stored.json();
    let (name, url) = (answer["name"].as_str().unwrap(), answer["url"].as_str().unwrap());
    let (random, rest) = name.split_once('_').unwrap();
    assert_eq!((random.len(), rest), (32, "a b.txt"));
    assert!(url.ends_with("_a%20b.txt"), "{url}");
    assert_eq!(stored.header("location"), Some(url));

    let file = path(&server, url);
    let got = send(server.url(), "GET", &file, &[], b"");
    assert_eq!(
        (got.status, got.body.as_str(), got.header("content-type")),
        (200, "{hello", Some("text/plain; charset=utf-8"))
    );
    let other_app = file.replace("/files/app/", "/files/other/");
    assert_eq!(send(server.url(), "GET", &other_app, &[], b"").status, 403);
    let metadata = file.replace("/files/app/", "/files/app/metadata/");
    assert_eq!(send(server.url(), "GET", &metadata, &[], b"").json(), json!({}));

    let target = file.replace("/files/app/", "/files/");
    let denied = send(server.url(), "DELETE", &target, &KEYS, b"");
    assert_eq!(
        (denied.status, denied.json()),
        (403, json!({"error": "Permission denied"}))
    );
    let gone = send(server.url(), "DELETE", &target, &MASTER, b"");
    assert_eq!((gone.status, gone.body.as_str()), (200, ""));
    let again = send(server.url(), "DELETE", &target, &MASTER, b"");
    assert_eq!((again.status, &again.json()["code"]), (400, &json!(153)));
    let missing = send(server.url(), "GET", &file, &[], b"");
    assert_eq!((missing.status, missing.body.as_str()), (404, "File not found."));
}

#[tokio::test]
async fn who_may_upload() {
    let server = MockServer::start().await;
    let public = upload(&server, &KEYS, "a.txt", None, "x");
    assert_eq!(public.status, 400);
    assert_eq!(
        public.json(),
        json!({"code": 130, "error": "File upload by public is disabled."})
    );
    let nobody = upload(&server, &KEYS[..1], "a.txt", None, "x");
    assert_eq!(
        (nobody.status, nobody.json()),
        (403, json!({"error": "unauthorized"}))
    );

    let open = MockServer::builder()
        .public_file_upload(true)
        .start()
        .await
        .unwrap();
    assert_eq!(upload(&open, &KEYS, "a.txt", None, "x").status, 201);
    for (name, kind) in [("a.html", None), ("a.SVG", None), ("a", Some("text/html"))] {
        let page = upload(&open, &KEYS, name, kind, "<b>");
        assert_eq!(page.json()["code"], json!(130), "{name}");
        assert_eq!(upload(&open, &MASTER, name, kind, "<b>").status, 201, "{name}");
    }
    // keys and contents in JSON, as the JavaScript SDK sends them
    let body = json!({"_ApplicationId": "app", "_JavaScriptKey": "js", "_ContentType": "text/plain", "base64": "SGVsbG8="});
    let sdk = upload(&open, &[], "b", None, &body.to_string()).json();
    let file = path(&open, sdk["url"].as_str().unwrap());
    assert!(file.ends_with("_b.txt"), "{file}");
    assert_eq!(send(open.url(), "GET", &file, &[], b"").body, "Hello");
}

#[tokio::test]
async fn names_and_contents() {
    let server = MockServer::start().await;
    for name in ["bad%20na%3Fme.txt", "%2Ehidden", "-a", "a%2Fb"] {
        let refused = upload(&server, &MASTER, name, None, "x");
        let expected = json!({"code": 122, "error": "Filename contains invalid characters."});
        assert_eq!((refused.status, refused.json()), (400, expected), "{name}");
    }
    let long = upload(&server, &MASTER, &"x".repeat(129), None, "x");
    assert_eq!(long.json(), json!({"code": 122, "error": "Filename too long."}));
    let empty = upload(&server, &MASTER, "e.txt", None, "");
    assert_eq!(
        (empty.status, empty.json()),
        (400, json!({"code": 130, "error": "Invalid file upload."}))
    );
    let unnamed = send(server.url(), "POST", "/files", &MASTER, b"x");
    assert_eq!(unnamed.json()["code"], json!(122));
}

/// A row keeps the name; the address is made for every answer, also of an included object.
#[tokio::test]
async fn files_in_rows() {
    let server = MockServer::start().await;
    let given = json!({"__type": "File", "name": "my file.txt", "url": "http://elsewhere/x"});
    let row = call(
        server.url(),
        "POST",
        "/classes/Row",
        &json!({"f": given, "list": [given]}),
    )
    .json();
    let id = row["objectId"].as_str().unwrap();
    let pointer = json!({"__type": "Pointer", "className": "Row", "objectId": id});
    call(server.url(), "POST", "/classes/Owner", &json!({"row": pointer}));
    let url = format!("{}/files/app/my%20file.txt", server.url());
    let expected = json!({"__type": "File", "name": "my file.txt", "url": url});
    let got = call(server.url(), "GET", &format!("/classes/Row/{id}"), &json!(null)).json();
    assert_eq!(got["f"], expected);
    // inside of an array it is a value like others
    assert_eq!(got["list"], json!([given]));
    let owner = call(server.url(), "GET", "/classes/Owner?include=row", &json!(null)).json();
    assert_eq!(owner["results"][0]["row"]["f"], expected);
    server.reset();
    assert_eq!(server.count("Row"), 0);
}
