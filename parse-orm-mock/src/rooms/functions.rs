//! `/functions`, `/jobs` and `/cloud_code`.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::cloud::{self, Caller, Function, FunctionCall};
use crate::query::options::parameters;
use crate::refusal::{Refusal, code};
use crate::store::Class;
use crate::write::{Change, Write};

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match (call.method, segments.as_slice()) {
        ("POST", ["functions", name]) => run(call, name).await,
        ("POST", ["jobs", name]) => start(call, Some(name)),
        ("POST", ["jobs"]) => start(call, None),
        ("GET", ["cloud_code", "jobs"]) => master(call).map(|()| Answer::ok(json!(schedules(call)))),
        ("GET", ["cloud_code", "jobs", "data"]) => master(call).map(|()| Answer::ok(data(call))),
        ("POST", ["cloud_code", "jobs"]) => return Some(schedule(call, None).await),
        ("PUT", ["cloud_code", "jobs", id]) => return Some(schedule(call, Some(id)).await),
        ("DELETE", ["cloud_code", "jobs", id]) => {
            if let Err(refusal) = master(call) {
                return Some(Err(refusal));
            }
            let change = Change::Delete((*id).to_owned());
            return Some(Write::prepare(call, SCHEDULES, change).await);
        }
        _ => return None,
    };
    Some(answer.map(Reply::Done))
}

async fn run(call: &Call<'_>, name: &str) -> Result<Answer, Refusal> {
    let Some(function) = call.state.cloud().find_function(name) else {
        let message = format!("Invalid function: \"{name}\"");
        return Err(Refusal::new(code::SCRIPT_FAILED, message));
    };
    let params = parameters(call.body.as_ref(), call.query);
    let caller = Caller::new(call.state, call.auth, call.info);
    let result = match function {
        Function::Own(function, validator) => {
            if let Some(validator) = validator {
                validator.check(&caller, &params)?;
            }
            let call = FunctionCall::new(name, Value::Object(params), caller);
            Some(function(call).await?)
        }
        Function::Hooked(hook) => {
            let asked = FunctionCall::new(name, Value::Object(params), caller);
            cloud::function(call.state, &hook, asked).await?
        }
    };
    Ok(Answer::ok(match result {
        Some(result) => json!({"result": result}),
        None => json!({}),
    }))
}

fn master(call: &Call<'_>) -> Result<(), Refusal> {
    call.auth.require_master(&call.state.options)
}

fn start(call: &Call<'_>, name: Option<&str>) -> Result<Answer, Refusal> {
    master(call)?;
    let params = parameters(call.body.as_ref(), call.query);
    let name = name.map(str::to_owned);
    let name = name.or_else(|| params.get("jobName")?.as_str().map(str::to_owned));
    let id = cloud::start(call.state, &name.unwrap_or_default(), Value::Object(params))?;
    let mut answer = Answer::ok(json!({}));
    answer.status_id = Some(("x-parse-job-status-id", id));
    Ok(answer)
}

/// The class of what is planned. Nothing is ever started by it: that is another program's work.
const SCHEDULES: &str = "_JobSchedule";

fn schedules(call: &Call<'_>) -> Vec<Map<String, Value>> {
    let store = call.state.store();
    let rows = store.class(SCHEDULES).into_iter().flat_map(Class::rows);
    rows.map(|row| Map::clone(row)).collect()
}

fn data(call: &Call<'_>) -> Value {
    let planned: Vec<Value> = schedules(call)
        .into_iter()
        .map(|mut row| row.remove("jobName").unwrap_or_default())
        .collect();
    json!({"in_use": planned, "jobs": call.state.cloud().jobs()})
}

async fn schedule<'a>(call: &mut Call<'a>, id: Option<&str>) -> Result<Reply<'a>, Refusal> {
    master(call)?;
    let Some(Value::Object(mut row)) = call.take_object().remove("job_schedule") else {
        return Err(Refusal::crash());
    };
    let unknown = row
        .get("jobName")
        .and_then(Value::as_str)
        .is_some_and(|name| !call.state.cloud().jobs().contains(&name));
    if unknown {
        let message = "Cannot Schedule a job that is not deployed";
        return Err(Refusal::new(code::INTERNAL, message));
    }
    row.entry("startAfter")
        .or_insert_with(|| json!(crate::clock::now()));
    let change = match id {
        Some(id) => Change::Update(id.to_owned(), row),
        None => Change::Create(row),
    };
    Write::prepare(call, SCHEDULES, change).await
}
