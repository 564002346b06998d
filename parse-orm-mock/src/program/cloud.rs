//! The Cloud Code that the program can be told to have: small things that the guides of Parse clients call.

use std::fmt::Write;
use std::time::Duration;

use chrono::SecondsFormat;
use parse_orm::prelude::*;
use parse_orm_mock::{CloudCode, CloudError, Validator};
use serde_json::{Value, json};

/// A function or a job: its name, what `--help` says of it, and how it is added.
struct BuiltIn {
    name: &'static str,
    about: &'static str,
    add: fn(CloudCode, &'static str) -> CloudCode,
}

/// A review of a film, as in the guide to Cloud Code.
#[derive(ParseObject, Debug, Clone)]
struct Review {
    movie: String,
    stars: f64,
}

/// What a function makes.
#[derive(ParseObject, Debug, Clone)]
struct CloudMade {
    x: i64,
}

const FUNCTIONS: [BuiltIn; 10] = [
    BuiltIn {
        name: "hello",
        about: "answers \"Hello world!\"",
        add: |code, name| code.function(name, |_| async { Ok("Hello world!") }),
    },
    BuiltIn {
        name: "echo",
        about: "answers {\"params\", \"user\", \"master\", \"installationId\"} of the call",
        add: |code, name| {
            code.function(name, |call| async move {
                Ok(json!({
                    "params": call.params,
                    "user": call.caller.user_id(),
                    "master": call.caller.master,
                    "installationId": call.caller.installation_id,
                }))
            })
        },
    },
    BuiltIn {
        name: "averageStars",
        about: "the mean of `stars` in the rows of Review with the parameter `movie`",
        add: |code, name| {
            code.function(name, |call| async move {
                let movie = call.params["movie"].as_str().unwrap_or_default();
                let reviews = query!(Review.filter(movie = movie)).all(&call.client()).await?;
                let count = u32::try_from(reviews.len()).unwrap_or(u32::MAX);
                let sum = reviews.iter().fold(0.0, |sum, review| sum + review.stars);
                Ok(sum / f64::from(count.max(1)))
            })
        },
    },
    BuiltIn {
        name: "returnsTypes",
        about: "answers a date, a null, an array and a GeoPoint: {\"d\", \"n\", \"a\", \"g\"}",
        add: |code, name| {
            code.function(name, |_| async {
                Ok(json!({
                    "d": {"__type": "Date", "iso": "1970-01-01T00:00:00.000Z"},
                    "n": null,
                    "a": [1, "x", {"y": 2}],
                    "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
                }))
            })
        },
    },
    BuiltIn {
        name: "returnsObject",
        about: "stores a row of CloudMade, {\"x\": 1}, and answers it",
        add: |code, name| {
            code.function(name, |call| async move {
                let made = CloudMade { x: 1 }.create(&call.client()).await?;
                let date = |date: DateTime<Utc>| date.to_rfc3339_opts(SecondsFormat::Millis, true);
                Ok(json!({
                    "x": made.x,
                    "createdAt": date(made.created_at()),
                    "updatedAt": date(made.updated_at()),
                    "objectId": made.id().as_str(),
                    "__type": "Object",
                    "className": "CloudMade",
                }))
            })
        },
    },
    BuiltIn {
        name: "sleep",
        about: "answers \"slept\" after `ms` milliseconds",
        add: |code, name| {
            code.function(name, |call| async move {
                let ms = call.params["ms"].as_u64().unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(Value::from("slept"))
            })
        },
    },
    BuiltIn {
        name: "failString",
        about: "fails with code 141 and \"string failure\"",
        add: |code, name| code.function(name, |_| async { Err::<(), _>("string failure".into()) }),
    },
    BuiltIn {
        name: "failCode",
        about: "fails with code 4242 and \"custom failure\"",
        add: |code, name| {
            code.function(name, |_| async {
                Err::<(), _>(CloudError::new(4242, "custom failure"))
            })
        },
    },
    BuiltIn {
        name: "needsUser",
        about: "the user's id; fails with code 142 where nobody is logged in",
        add: |code, name| {
            code.function(name, |call| async move {
                Ok(call.caller.user_id().map(str::to_owned))
            })
            .validate(name, Validator::new().require_user())
        },
    },
    BuiltIn {
        name: "needsParam",
        about: "the parameter `n`; fails with code 142 unless it is a number",
        add: |code, name| {
            code.function(name, |call| async move { Ok(call.params["n"].clone()) })
                .validate(name, Validator::new().field_of("n", "number"))
        },
    },
];

const JOBS: [BuiltIn; 2] = [
    BuiltIn {
        name: "goodJob",
        about: "says \"working\", and succeeds after 100 ms with \"done\"",
        add: |code, name| {
            code.job(name, |job| async move {
                job.message("working");
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok("done")
            })
        },
    },
    BuiltIn {
        name: "badJob",
        about: "fails with \"job failed\"",
        add: |code, name| code.job(name, |_| async { Err::<(), _>("job failed".into()) }),
    },
];

/// The chapter of `--help` about them.
pub(crate) fn chapter() -> String {
    let mut text = String::new();
    for (title, known) in [
        ("Functions for --functions", &FUNCTIONS[..]),
        ("Jobs for --jobs", &JOBS[..]),
    ] {
        let _ = writeln!(text, "{title}, or `all` of them:");
        for one in known {
            let _ = writeln!(text, "  {:13} {}", one.name, one.about);
        }
        text.push('\n');
    }
    text
}

/// The functions and jobs of these names.
pub(crate) fn code(functions: &[String], jobs: &[String]) -> Result<CloudCode, String> {
    let code = add(CloudCode::new(), "function", &FUNCTIONS, functions)?;
    add(code, "job", &JOBS, jobs)
}

fn add(mut code: CloudCode, what: &str, known: &[BuiltIn], wanted: &[String]) -> Result<CloudCode, String> {
    let names = || known.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
    for name in wanted {
        let mut chosen = known
            .iter()
            .filter(|one| name == "all" || name == one.name)
            .peekable();
        if chosen.peek().is_none() {
            return Err(format!(
                "there is no built-in {what} `{name}`; there are {}, and `all`",
                names()
            ));
        }
        code = chosen.fold(code, |code, one| (one.add)(code, one.name));
    }
    Ok(code)
}
