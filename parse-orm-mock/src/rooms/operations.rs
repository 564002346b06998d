//! `/events`, `/scriptlog`, `/serverInfo`, `/security` and `/validate_purchase`: what those who run a server ask and count.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::clock;
use crate::number::truthy;
use crate::options::Options;
use crate::refusal::Refusal;
use crate::{MockServer, MockServerBuilder};

/// The release that this server answers like.
const VERSION: &str = "9.10.0";

/// An event that a client reported.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedEvent {
    /// Its name; `AppOpened` for the opening of an app.
    pub name: String,
    /// What was sent with it: `{"dimensions": {..}, "at": {..}}`.
    pub parameters: Value,
}

/// What happened: the newest entries.
#[derive(Debug, Default)]
pub(crate) struct Log(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    timestamp: String,
    code: Option<i64>,
    message: String,
}

impl Log {
    /// Keeps the reason of a refusal, which the answer may not tell.
    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        const REMEMBERED: usize = 1000;
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            timestamp: clock::now(),
            code: refusal.code,
            message: refusal.message.clone().into_owned(),
        });
    }

    /// The newest entries of a time, newest first unless asked otherwise. All of them are errors, which the level
    /// `info` shows as well.
    fn query(&self, query: &[(String, String)]) -> Value {
        let get = |name: &str| {
            let pair = query.iter().find(|(known, _)| known == name);
            pair.map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let date = |name| get(name).and_then(clock::respell);
        let (from, until) = (date("from"), date("until"));
        let size = get("n").or(get("size")).and_then(|size| size.parse().ok());
        let entries = self.0.iter().filter(|entry| {
            from.as_ref().is_none_or(|from| entry.timestamp >= *from)
                && until.as_ref().is_none_or(|until| entry.timestamp <= *until)
        });
        let show = |entry: &Entry| {
            let mut shown = json!({
                "level": "error", "message": entry.message, "timestamp": entry.timestamp,
            });
            if let Some(code) = entry.code {
                shown["code"] = json!(code);
            }
            shown
        };
        let size = size.filter(|size| *size > 0).unwrap_or(10);
        if get("order") == Some("asc") {
            entries.take(size).map(show).collect()
        } else {
            entries.rev().take(size).map(show).collect()
        }
    }
}

impl MockServerBuilder {
    /// `security.enableCheck`: whether `GET /security` reports, with the master key, which of the options are unsafe.
    /// False unless set, then it is refused with status 409.
    pub fn security_check(mut self, enable: bool) -> Self {
        self.options.security_check = enable;
        self
    }
}

impl MockServer {
    /// The events that clients reported, oldest first.
    pub fn events(&self) -> Vec<TrackedEvent> {
        self.state.events().clone()
    }
}

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let body = match (call.method, segments.as_slice()) {
        ("POST", ["events", name]) => {
            let event = TrackedEvent {
                name: (*name).to_owned(),
                parameters: call.body.take().unwrap_or_else(|| json!({})),
            };
            call.state.events().push(event);
            Ok(json!({}))
        }
        ("GET", ["scriptlog"]) => call
            .auth
            .require_master(&call.state.options)
            .map(|()| call.state.errors().query(call.query)),
        ("GET", ["serverInfo"]) => call
            .auth
            .require_master(&call.state.options)
            .map(|()| info(&call.state.options)),
        ("GET", ["security"]) => call
            .auth
            .require_master(&call.state.options)
            .and_then(|()| report(&call.state.options)),
        ("POST", ["validate_purchase"]) => purchase(&call.take_object()),
        _ => return None,
    };
    Some(body.map(|body| Reply::Done(Answer::ok(body))))
}

/// A receipt of Apple's store, as where Apple cannot be reached: nothing leaves the machine.
fn purchase(body: &Map<String, Value>) -> Result<Value, Refusal> {
    let is_there = |key: &str| body.get(key).is_some_and(truthy);
    if is_there("receipt") && is_there("productIdentifier") {
        Ok(json!({"status": null, "error": "unknown error."}))
    } else {
        Err(Refusal::json("missing receipt or productIdentifier"))
    }
}

fn info(options: &Options) -> Value {
    json!({
        "features": {
            "globalConfig": {"create": true, "read": true, "update": true, "delete": true},
            "hooks": {"create": true, "read": true, "update": true, "delete": true},
            "cloudCode": {"jobs": true},
            "logs": {"level": true, "size": true, "order": true, "until": true, "from": true},
            "push": {
                "immediatePush": true, "scheduledPush": true, "storedPushData": true, "pushAudiences": true,
                "localization": true,
            },
            "schemas": {
                "addField": true, "removeField": true, "addClass": true, "removeClass": true,
                "clearAllDataFromClass": true, "exportClass": false, "editClassLevelPermissions": true,
                "editPointerPermissions": true,
            },
            "settings": {"securityCheck": options.security_check},
        },
        "parseServerVersion": VERSION,
    })
}

/// The options that this server has are looked at; what it has not is taken to be as it should.
fn report(options: &Options) -> Result<Value, Refusal> {
    if !options.security_check {
        let message = "Enable Parse Server option `security.enableCheck` to run security check.";
        return Err(Refusal::bare(409, message));
    }
    const LONGER: &str = "Choose a longer and/or more complex PASSWORD with a combination of upper- and lowercase \
                          characters, numbers and special characters.";
    let strong = |key: &str| {
        key.len() >= 14
            && key.contains(|c: char| c.is_ascii_uppercase())
            && key.contains(|c: char| c.is_ascii_lowercase())
            && key.contains(|c: char| c.is_ascii_digit())
    };
    let check = |title: &str, failed: Option<(&str, &str)>| match failed {
        None => json!({"title": title, "state": "success"}),
        Some((warning, solution)) => {
            json!({"title": title, "state": "fail", "warning": warning, "solution": solution})
        }
    };
    let group = |name: &str, checks: Vec<Value>| {
        let failed = checks.iter().any(|check| check["state"] == "fail");
        json!({"name": name, "state": if failed { "fail" } else { "success" }, "checks": checks})
    };
    let (password, key) = (
        LONGER.replace("PASSWORD", "password"),
        LONGER.replace("PASSWORD", "master key"),
    );
    let database = vec![check(
        "Secure database password",
        Some((
            "The database password is insecure and vulnerable to brute force attacks.",
            &password,
        )),
    )];
    let configuration = vec![
        check(
            "Secure master key",
            (!strong(&options.master_key)).then_some((
                "The Parse Server master key is insecure and vulnerable to brute force attacks.",
                &key,
            )),
        ),
        check("Security log disabled", None),
        check(
            "Client class creation disabled",
            options.allow_client_class_creation.then_some((
                "Attackers are allowed to create new classes without restriction and flood the database.",
                "Change Parse Server configuration to 'allowClientClassCreation: false'.",
            )),
        ),
        check(
            "Users are created without public access",
            (!options.users.enforce_private).then_some((
                "Users with public read access are exposed to anyone who knows their object IDs, or to anyone who \
                 can query the Parse.User class.",
                "Change Parse Server configuration to 'enforcePrivateUsers: true'.",
            )),
        ),
        check("Insecure auth adapters disabled", None),
        check("GraphQL public introspection disabled", None),
        check("GraphQL Playground disabled", None),
        check("Public database explain disabled", None),
        check("Read-only master key IP range restricted", None),
        check(
            "Request complexity limits enabled",
            Some((
                "One or more request complexity limits are disabled, which may allow denial-of-service attacks \
                 through deeply nested or excessively broad queries.",
                "Ensure all properties in 'requestComplexity' are set to positive integers. Set to '-1' only if you \
                 have other mitigations in place.",
            )),
        ),
        check("Password reset endpoint user enumeration mitigated", None),
        check("Email verification endpoint user enumeration mitigated", None),
        check("LiveQuery regex timeout enabled", None),
    ];
    let groups = [
        group("Database", database),
        group("Parse Server Configuration", configuration),
    ];
    Ok(json!({"report": {"version": "1.0.0", "state": "fail", "groups": groups}}))
}
