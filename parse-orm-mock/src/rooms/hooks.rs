//! `/hooks`: which functions and triggers other programs answer. For the master key.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::cloud::{Asked, Hook, Place, place};
use crate::refusal::{Refusal, code};

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let body = call.take_object();
    let answer = match (call.method, segments.as_slice()) {
        ("GET", ["hooks", kind @ ("functions" | "triggers")]) => {
            master(call).map(|()| list(call, *kind == "functions"))
        }
        ("POST", ["hooks", "functions" | "triggers"]) => master(call).and_then(|()| create(call, &body)),
        ("GET", ["hooks", ..]) => {
            let asked = asked(&segments)?;
            master(call).and_then(|()| known(call, &asked).ok_or_else(|| missing(&asked)))
        }
        ("PUT", ["hooks", ..]) => {
            let asked = asked(&segments)?;
            master(call).and_then(|()| update(call, asked, &body))
        }
        _ => return None,
    };
    Some(answer.map(|answer| Reply::Done(Answer::ok(answer))))
}

fn master(call: &Call<'_>) -> Result<(), Refusal> {
    call.auth.require_master(&call.state.options)
}

/// What the path names.
fn asked(segments: &[&str]) -> Option<Asked> {
    match *segments {
        [_, "functions", name] => Some(Asked::Function(name.to_owned())),
        [_, "triggers", class, trigger] => Some(Asked::Trigger {
            class: class.to_owned(),
            trigger: trigger.to_owned(),
        }),
        _ => None,
    }
}

fn list(call: &Call<'_>, functions: bool) -> Value {
    let cloud = call.state.cloud();
    let hooks = cloud.hooks().iter();
    let kept = hooks.filter(|hook| hook.function().is_some() == functions);
    kept.map(Hook::json).collect()
}

fn create(call: &Call<'_>, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let text = |key: &str| {
        let text = body.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let asked = match (text("functionName"), text("className"), text("triggerName")) {
        (Some(name), _, _) => Asked::Function(name),
        (None, Some(class), Some(trigger)) => Asked::Trigger { class, trigger },
        _ => return Err(invalid()),
    };
    if known(call, &asked).is_some() {
        let message = match &asked {
            Asked::Function(name) => format!("function name: {name} already exists"),
            Asked::Trigger { class, trigger } => format!("class {class} already has trigger {trigger}"),
        };
        return Err(Refusal::new(code::WEBHOOK_ERROR, message));
    }
    put(call, asked, text("url"))
}

fn update(call: &Call<'_>, asked: Asked, body: &Map<String, Value>) -> Result<Value, Refusal> {
    if body.get("__op").and_then(Value::as_str) == Some("Delete") {
        let was = known(call, &asked).is_some();
        let mut cloud = call.state.cloud();
        match &asked {
            Asked::Function(name) => cloud.remove_function(name),
            Asked::Trigger { class, trigger } => cloud.remove_trigger(class, trigger),
        }
        return if was {
            Ok(json!({}))
        } else {
            Err(Refusal::not_found())
        };
    }
    let url = body.get("url").and_then(Value::as_str);
    let url = url.filter(|url| !url.is_empty()).ok_or_else(invalid)?.to_owned();
    if known(call, &asked).is_none() {
        return Err(missing(&asked));
    }
    put(call, asked, Some(url))
}

fn known(call: &Call<'_>, asked: &Asked) -> Option<Value> {
    let cloud = call.state.cloud();
    let hook = cloud.hooks().iter().find(|hook| hook.asked == *asked);
    hook.map(Hook::json)
}

fn put(call: &Call<'_>, asked: Asked, url: Option<String>) -> Result<Value, Refusal> {
    if let Asked::Trigger { class, trigger } = &asked {
        match place(trigger, class) {
            Place::Good => {}
            Place::Unknown => return Err(invalid()),
            // the real server throws a text here, which nobody catches
            Place::Misplaced => return Err(Refusal::crash()),
        }
    }
    let hook = Hook {
        asked,
        url: url.ok_or_else(invalid)?,
    };
    let answer = hook.json();
    call.state.cloud().put_hook(hook);
    Ok(answer)
}

fn invalid() -> Refusal {
    Refusal::new(code::WEBHOOK_ERROR, "invalid hook declaration")
}

fn missing(asked: &Asked) -> Refusal {
    Refusal::new(
        code::WEBHOOK_ERROR,
        match asked {
            Asked::Function(name) => format!("no function named: {name} is defined"),
            Asked::Trigger { class, .. } => format!("class {class} does not exist"),
        },
    )
}
