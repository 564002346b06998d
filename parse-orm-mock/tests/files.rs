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
    assert_eq!(
        send(server.url(), "GET", &metadata, &[], b"").json(),
        json!({"metadata": {}})
    );

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

fn streamed(server: &MockServer, keys: &[(&str, &str)], more: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut headers = keys.to_vec();
    headers.push(("X-Parse-Upload-Mode", "stream"));
    headers.extend(more);
    send(server.url(), "POST", "/files/data.txt", &headers, body)
}

#[tokio::test]
async fn streamed_with_what_belongs_to_it() {
    let server = MockServer::builder()
        .public_file_upload(true)
        .start()
        .await
        .unwrap();
    let about = [
        ("X-Parse-File-Directory", "a/b"),
        ("X-Parse-File-Metadata", r#"{"by":"Ann"}"#),
        ("X-Parse-File-Tags", r#"{"year":"2026"}"#),
    ];
    let stored = streamed(&server, &MASTER, &about, b"abc").json();
    let name = stored["name"].as_str().unwrap();
    assert!(name.starts_with("a/b/") && name.ends_with("_data.txt"), "{name}");
    let file = path(&server, stored["url"].as_str().unwrap());
    assert_eq!(send(server.url(), "GET", &file, &[], b"").body, "abc");
    let metadata = file.replace("/files/app/", "/files/app/metadata/");
    assert_eq!(
        send(server.url(), "GET", &metadata, &[], b"").json(),
        json!({"metadata": {"by": "Ann"}})
    );
    assert_eq!(
        send(server.url(), "DELETE", &format!("/files/{name}"), &MASTER, b"").status,
        200
    );

    let by_public = streamed(&server, &KEYS, &about[..1], b"abc").json();
    let refused = json!({"code": 119, "error": "Directory can only be set using the Master Key."});
    assert_eq!(by_public, refused);
    let array = streamed(&server, &KEYS, &[("X-Parse-File-Tags", "[1]")], b"abc").json();
    assert_eq!(
        array,
        json!({"code": 107, "error": "Invalid JSON in X-Parse-File-Tags header."})
    );
    let reserved = streamed(
        &server,
        &MASTER,
        &[("X-Parse-File-Directory", "metadata/b")],
        b"abc",
    )
    .json();
    let refused =
        json!({"code": 122, "error": "Directory must not start with reserved segment \"metadata\"."});
    assert_eq!(reserved, refused);
    let keyword = streamed(
        &server,
        &KEYS,
        &[("X-Parse-File-Metadata", r#"{"constructor":1}"#)],
        b"abc",
    );
    assert_eq!(keyword.json()["code"], json!(105));
    assert_eq!(server.file_names().len(), 0);
}

#[tokio::test]
async fn sizes() {
    let server = MockServer::start().await;
    let most = |size| [("X-Parse-File-Max-Upload-Size", size)];
    let buffered = |keys: &[(&str, &str)], size| {
        let headers = [keys, &most(size)].concat();
        send(server.url(), "POST", "/files/data.txt", &headers, b"abcdefgh")
    };
    let large = buffered(&MASTER, "5");
    assert_eq!(
        (large.status, large.json()),
        (413, json!({"error": "request entity too large"}))
    );
    let public = buffered(&KEYS, "5");
    assert_eq!(
        (public.status, public.json()),
        (403, json!({"error": "Permission denied"}))
    );
    let unknown = json!({"code": 130, "error": "Invalid maxUploadSize override value: 5x"});
    assert_eq!(buffered(&MASTER, "5x").json(), unknown);
    assert_eq!(buffered(&MASTER, "0.5 kb").status, 201);
    let refused = json!({"code": 130, "error": "File size exceeds maximum allowed: 5 bytes."});
    assert_eq!(
        streamed(&server, &MASTER, &most("5"), b"abcdefgh").json(),
        refused
    );

    // more than what is kept in memory, and parts of it
    let body: Vec<u8> = (b'a'..=b'z').cycle().take(5 << 20).collect();
    let stored = streamed(&server, &MASTER, &[], &body).json();
    let file = path(&server, stored["url"].as_str().unwrap());
    assert!(send(server.url(), "GET", &file, &[], b"").body.as_bytes() == body);
    let part = |range| {
        let reply = send(server.url(), "GET", &file, &[("Range", range)], b"");
        let said = reply.header("content-range").map(str::to_owned);
        (reply.status, reply.body, said)
    };
    assert_eq!(
        part("bytes=26-29"),
        (206, "abcd".to_owned(), Some("bytes 26-30/5242880".to_owned()))
    );
    assert_eq!(
        part("bytes=5242878-").1,
        String::from_utf8_lossy(&body[5_242_878..])
    );
    // what is no range is none
    assert_eq!(part("lines").0, 200);
}
