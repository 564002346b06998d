//! The program: what it is told, what it says, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use wire::{Reply, call, listen, send};

const PROGRAM: &str = env!("CARGO_BIN_EXE_parse-orm-mock");

/// A program that runs; it is killed when this is dropped.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut url)
            .unwrap();
        Self {
            child,
            url: url.trim_end().to_owned(),
        }
    }

    fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        call(&self.url, method, path, &body)
    }

    /// A request outside the mount path, without a key.
    fn control(&self, method: &str) -> Reply {
        let root = self.url.strip_suffix("/parse").unwrap();
        send(root, method, "/__reset", &[], b"")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, where it does not run for long.
fn said(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = said(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn says_its_url_and_answers_there() {
    let program = Running::start(&[]);
    assert!(program.url.starts_with("http://127.0.0.1:"), "{}", program.url);
    assert!(program.url.ends_with("/parse"));
    assert_eq!(program.call("POST", "/classes/A", json!({"x": 1})).status, 201);
    assert_eq!(
        program.call("GET", "/classes/A", Value::Null).json()["results"][0]["x"],
        1
    );
}

#[test]
fn keys_and_the_mount_path_are_as_told() {
    let keys = [
        "--app-id",
        "id",
        "--rest-key",
        "r",
        "--javascript-key",
        "j",
        "--client-key",
        "c",
        "--dot-net-key",
        "d",
        "--master-key",
        "m",
        "--read-only-master-key",
        "ro",
        "--maintenance-key",
        "mt",
        "--mount",
        "/1",
    ];
    let program = Running::start(&keys);
    assert!(program.url.ends_with("/1"));
    let status = |method: &str, path: &str, key: (&str, &str)| {
        let headers = [("X-Parse-Application-Id", "id"), key];
        send(&program.url, method, path, &headers, b"{}").status
    };
    for key in [
        ("X-Parse-REST-API-Key", "r"),
        ("X-Parse-Javascript-Key", "j"),
        ("X-Parse-Client-Key", "c"),
        ("X-Parse-Windows-Key", "d"),
    ] {
        assert_eq!(status("POST", "/classes/A", key), 201, "{key:?}");
        assert_eq!(status("GET", "/schemas", key), 403, "{key:?}");
        assert_eq!(status("GET", "/classes/A", (key.0, "")), 403, "{key:?}");
    }
    assert_eq!(status("GET", "/schemas", ("X-Parse-Master-Key", "m")), 200);
    assert_eq!(status("GET", "/schemas", ("X-Parse-Master-Key", "ro")), 200);
    assert_eq!(status("POST", "/classes/A", ("X-Parse-Master-Key", "ro")), 400);
    assert_eq!(
        status("GET", "/classes/A", ("X-Parse-Maintenance-Key", "mt")),
        200
    );
}

#[test]
fn without_keys_the_application_id_is_enough() {
    let program = Running::start(&["--rest-key", "", "--javascript-key", ""]);
    let id = [("X-Parse-Application-Id", "app")];
    assert_eq!(send(&program.url, "GET", "/classes/A", &id, b"").status, 200);
    assert_eq!(send(&program.url, "GET", "/schemas", &id, b"").status, 403);
    assert_eq!(send(&program.url, "GET", "/classes/A", &[], b"").status, 403);
}

#[test]
fn built_in_functions_and_jobs_are_there_when_asked_for() {
    let program = Running::start(&["--functions", "hello,averageStars", "--jobs", "all"]);
    let run = |name: &str, params: Value| program.call("POST", &format!("/functions/{name}"), params).json();
    assert_eq!(run("hello", json!({})), json!({"result": "Hello world!"}));
    for stars in [3, 5] {
        program.call(
            "POST",
            "/classes/Review",
            json!({"movie": "The Matrix", "stars": stars}),
        );
    }
    assert_eq!(
        run("averageStars", json!({"movie": "The Matrix"})),
        json!({"result": 4.0})
    );
    let none = run("averageStars", json!({"movie": "none"}))["result"].as_f64();
    assert_eq!(none.map(f64::to_bits), Some(0), "zero, and not a negative one");
    assert_eq!(run("echo", json!({}))["code"], 141);
    let master = [
        ("X-Parse-Application-Id", "app"),
        ("X-Parse-Master-Key", "master"),
    ];
    assert_eq!(
        send(&program.url, "POST", "/jobs/goodJob", &master, b"{}").status,
        200
    );

    let program = Running::start(&["--functions", "all"]);
    let run = |name: &str, params: Value| program.call("POST", &format!("/functions/{name}"), params).json();
    assert_eq!(run("echo", json!({"n": 1}))["result"]["params"], json!({"n": 1}));
    assert_eq!(
        run("failCode", json!({})),
        json!({"code": 4242, "error": "custom failure"})
    );
    assert_eq!(
        run("failString", json!({})),
        json!({"code": 141, "error": "string failure"})
    );
    assert_eq!(run("needsUser", json!({}))["code"], 142);
    assert_eq!(run("needsParam", json!({"n": "x"}))["code"], 142);
    assert_eq!(run("needsParam", json!({"n": 5})), json!({"result": 5}));
    assert_eq!(run("sleep", json!({"ms": 1})), json!({"result": "slept"}));
    assert_eq!(run("returnsTypes", json!({}))["result"]["n"], Value::Null);
    let made = run("returnsObject", json!({}))["result"].clone();
    let path = format!("/classes/CloudMade/{}", made["objectId"].as_str().unwrap());
    let stored = program.call("GET", &path, Value::Null).json();
    assert_eq!(
        (&stored["x"], &stored["createdAt"]),
        (&made["x"], &made["createdAt"])
    );
}

#[test]
fn webhooks_are_asked() {
    let (url, asked) = listen(|asked| match &*asked.path {
        "/fn" => json!({"success": "from afar"}),
        _ => json!({"error": "not today"}),
    });
    let (function, trigger) = (
        format!("function:afar={url}/fn"),
        format!("beforeSave:Guarded={url}/save"),
    );
    let program = Running::start(&[
        "--webhook",
        &function,
        "--webhook",
        &trigger,
        "--webhook-key",
        "wh",
    ]);
    let answer = program.call("POST", "/functions/afar", json!({"n": 1}));
    assert_eq!(answer.json(), json!({"result": "from afar"}));
    let answer = program.call("POST", "/classes/Guarded", json!({"x": 1}));
    assert_eq!(answer.json(), json!({"code": 141, "error": "not today"}));
    let (called, saved) = (asked.recv().unwrap(), asked.recv().unwrap());
    assert!(
        called.head.contains("x-parse-webhook-key: wh\r\n"),
        "{}",
        called.head
    );
    assert_eq!(
        (&called.body["functionName"], &called.body["params"]),
        (&json!("afar"), &json!({"n": 1}))
    );
    assert_eq!(
        (&saved.body["triggerName"], &saved.body["object"]["x"]),
        (&json!("beforeSave"), &json!(1))
    );
}

#[test]
fn fixtures_are_there_from_the_start_and_after_each_reset() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("all.json");
    let rows = json!({"City": {"results": [{"objectId": "bern000001", "name": "Bern"}]}});
    std::fs::write(&file, rows.to_string()).unwrap();
    let program = Running::start(&["--fixtures", file.to_str().unwrap(), "--allow-reset"]);
    let cities = || {
        let found = program
            .call("GET", "/classes/City?order=createdAt", Value::Null)
            .json();
        let names = found["results"].as_array().unwrap().iter();
        names
            .map(|city| city["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(cities(), ["Bern"]);
    program.call("POST", "/classes/City", json!({"name": "Rome"}));
    program.call("POST", "/classes/Other", json!({"x": 1}));
    program.call("PUT", "/classes/City/bern000001", json!({"name": "Berne"}));
    assert_eq!(cities().len(), 2);
    assert_eq!(program.control("GET").status, 404);
    let reply = program.control("POST");
    assert_eq!((reply.status, &*reply.body), (200, "{}"));
    assert_eq!(cities(), ["Bern"]);
    assert_eq!(
        program
            .call("POST", "/classes/Other", json!({"x": "now a text"}))
            .status,
        201
    );
}

#[test]
fn nobody_resets_what_was_not_told_to_allow_it() {
    let program = Running::start(&[]);
    program.call("POST", "/classes/A", json!({"x": 1}));
    assert_eq!(program.control("POST").status, 404);
    assert_eq!(program.call("POST", "/__reset", json!({})).status, 404);
    assert_eq!(
        program.call("GET", "/classes/A", Value::Null).json()["results"][0]["x"],
        1
    );
}

#[test]
fn switches_reach_the_server() {
    let program = Running::start(&[
        "--forbid-class-creation",
        "--allow-custom-object-id",
        "--detailed-errors",
        "--max-limit",
        "1",
        "--unique",
        "_User:phone",
        "--auth",
        "one,two",
        "--idempotency",
        ".*",
        "--account-lockout",
        "1:5",
    ]);
    assert_eq!(
        program.call("POST", "/classes/A", json!({"x": 1})).json()["code"],
        119
    );
    let user = |body: Value| program.call("POST", "/users", body).json();
    assert_eq!(
        user(json!({"username": "a", "password": "p", "objectId": "own0000001", "phone": 1}))["objectId"],
        "own0000001"
    );
    assert_eq!(
        user(json!({"username": "b", "password": "p", "phone": 1}))["code"],
        137
    );
    assert!(user(json!({"authData": {"two": {"id": "1", "token": "good"}}}))["objectId"].is_string());
    assert_eq!(
        user(json!({"authData": {"one": {"id": "1", "token": "bad"}}}))["code"],
        101
    );
    let wrong = || {
        program
            .call("GET", "/login?username=a&password=wrong", Value::Null)
            .json()
    };
    assert_eq!(wrong()["error"], "Invalid username/password.");
    assert_ne!(wrong()["error"], "Invalid username/password.");
    let denied = program.call("GET", "/schemas", Value::Null).json();
    assert_eq!(denied["error"], "unauthorized: master key is required");
    let headers = [wire::KEYS[0], wire::KEYS[1], ("X-Parse-Request-Id", "once")];
    let twice = || {
        send(
            &program.url,
            "POST",
            "/users",
            &headers,
            br#"{"username":"c","password":"p"}"#,
        )
    };
    assert_eq!(twice().status, 201);
    assert_eq!(twice().json()["code"], 159);
}

#[test]
fn a_port_in_use_is_said() {
    let program = Running::start(&[]);
    let port = program.url.strip_prefix("http://127.0.0.1:").unwrap();
    let port = port.strip_suffix("/parse").unwrap();
    assert_eq!(
        refused(&["--port", port]),
        format!("error: port {port} is in use; `--port 0` takes a free one, and says which\n")
    );
}

#[test]
fn mistakes_are_said() {
    for (arguments, expected) in [
        (
            ["--functions", "helo"],
            "there is no built-in function `helo`; there are hello, echo,",
        ),
        (
            ["--jobs", "hello"],
            "there is no built-in job `hello`; there are goodJob, badJob, and `all`",
        ),
        (
            ["--webhook", "hello=http://127.0.0.1:1"],
            "a hook and its URL are expected: function:hello=http://",
        ),
        (
            ["--webhook", "function:hello=ftp://x"],
            "`ftp://x` is no plain HTTP URL",
        ),
        (
            ["--webhook", "beforeSafe:A=http://127.0.0.1:1"],
            "no trigger is named `beforeSafe`; there are beforeLogin,",
        ),
        (
            ["--webhook", "beforeLogin:A=http://127.0.0.1:1"],
            "the class `A` cannot have the trigger `beforeLogin`",
        ),
        (["--idempotency", "("], "a regular expression is expected"),
        (
            ["--account-lockout", "3"],
            "two numbers are expected, so many times and so many minutes: 3:5",
        ),
        (
            ["--unique", "Article"],
            "a class and its fields are expected: Article:slug",
        ),
        (["--fixtures", "/nowhere/at/all"], "--fixtures: /nowhere/at/all: "),
        (["--port", "many"], "invalid value 'many' for '--port <N>'"),
        (["--prot", "1"], "unexpected argument '--prot' found"),
    ] {
        let said = refused(&arguments);
        assert!(
            said.starts_with("error: ") && said.contains(expected),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn fixtures_that_cannot_be_stored_are_said() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("City.json"), r#"[{"n": 1}, {"n": "many"}]"#).unwrap();
    assert_eq!(
        refused(&["--port", "0", "--fixtures", directory.path().to_str().unwrap()]),
        "error: City, row 2, field `n`: schema mismatch for City.n; expected Number but got String\n"
    );
    let file = directory.path().join("City.json");
    let said = refused(&["--port", "0", "--fixtures", file.to_str().unwrap()]);
    assert!(said.contains("City.json: a JSON object is expected: "), "{said}");
}

#[test]
fn help_names_what_there_is() {
    let output = said(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "\nKeys (",
        "\nCloud Code:\n",
        "[restAPIKey]",
        "  averageStars ",
        "  goodJob ",
        "\nExamples:\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(said(&["-h"]).stdout, text.into_bytes());
    let version = said(&["--version"]).stdout;
    assert_eq!(
        version,
        format!("parse-orm-mock {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
    );
}

#[cfg(unix)]
#[test]
fn it_ends_well_when_it_is_asked_to() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Running::start(&[]);
        program.call("POST", "/classes/A", json!({"x": 1}));
        let id = program.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(program.child.wait().unwrap().code(), Some(0), "{signal}");
        let mut rest = String::new();
        program
            .child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        assert_eq!(rest, "");
    }
}
