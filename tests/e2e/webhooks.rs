//! Webhooks: who is told what, and what becomes of the answers. The program behind the address is a small server of
//! the test's own.

use crate::backend::{Backend, Outcome, backend, unique};
use parse_orm::hook::{Answer, FunctionRequest, Key, TriggerName, TriggerRequest};
use parse_orm::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer as Listener, Request, ResponseTemplate};

/// A program behind an address, and the bodies that it was sent.
struct Program {
    listener: Listener,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Program {
    async fn new(answer: impl Fn(&[u8]) -> Answer + Send + Sync + 'static) -> Self {
        let listener = Listener::start().await;
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = bodies.clone();
        let key = Key::new("webhook");
        Mock::given(any())
            .respond_with(move |request: &Request| {
                let shown = request.headers.get("x-parse-webhook-key");
                if !key.accepts(shown.and_then(|key| key.to_str().ok())) {
                    return ResponseTemplate::new(200).set_body_json(Answer::refuse("who are you?"));
                }
                let body = serde_json::from_slice(&request.body).expect("JSON");
                seen.lock().expect("bodies").push(body);
                ResponseTemplate::new(200).set_body_json(answer(&request.body))
            })
            .mount(&listener)
            .await;
        Self { listener, bodies }
    }

    fn url(&self) -> String {
        format!("{}/hook", self.listener.uri())
    }

    /// The bodies since the last call.
    fn bodies(&self) -> Vec<Value> {
        std::mem::take(&mut *self.bodies.lock().expect("bodies"))
    }

    /// The contexts since the last call.
    fn contexts(&self) -> Vec<Value> {
        self.bodies()
            .into_iter()
            .map(|body| body["context"].clone())
            .collect()
    }
}

/// Hands triggers to the program; what an earlier run left is ended first.
async fn hand(
    backend: &Backend,
    class: &str,
    triggers: &[TriggerName],
    program: &Program,
) -> parse_orm::Result<()> {
    let hooks = backend.master().hooks();
    for trigger in triggers {
        let left = hooks.delete_trigger(class, *trigger).await;
        assert!(left.is_ok() || left.is_err_and(|error| error.is_not_found()));
        hooks.create_trigger(class, *trigger, &program.url()).await?;
    }
    Ok(())
}

async fn end(backend: &Backend, class: &str, triggers: &[TriggerName]) -> parse_orm::Result<()> {
    for trigger in triggers {
        backend.master().hooks().delete_trigger(class, *trigger).await?;
    }
    Ok(())
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eHooked")]
struct Hooked {
    name: String,
    #[parse(default)]
    score: i64,
    #[parse(default)]
    skills: Vec<String>,
    at: Option<DateTime<Utc>>,
    note: Option<String>,
}

fn hooked(name: &str) -> Hooked {
    Hooked {
        name: name.into(),
        score: 1,
        skills: Vec::new(),
        at: None,
        note: None,
    }
}

#[tokio::test]
async fn row_64_a_function_is_told_who_asks_for_what() -> Outcome {
    #[derive(ParseValue, Debug, Clone, PartialEq)]
    struct Order {
        item: String,
        at: DateTime<Utc>,
        place: GeoPoint,
        best: Pointer<Hooked>,
        data: Bytes,
        note: Option<String>,
    }
    let order = Order {
        item: "tea".into(),
        at: "2026-03-01T10:00:00Z".parse()?,
        place: GeoPoint::new(1.5, 2.5)?,
        best: Pointer::to("abcdefghij"),
        data: Bytes::from(b"hi".to_vec()),
        note: None,
    };
    let expected = order.clone();
    let program = Program::new(move |body| {
        let asked: FunctionRequest<Order> = serde_json::from_slice(body).expect("a call");
        assert_eq!(asked.params, expected);
        let told = json!({
            "function": asked.function_name,
            "user": asked.caller.user_id.as_ref().map(ToString::to_string),
            "token": asked.caller.session_token.as_ref().map(|token| token.expose().to_owned()),
            "master": asked.caller.master,
            "context": asked.caller.context,
            "app": asked.caller.header("X-Parse-Application-Id"),
            "name": asked.caller.user::<parse_orm::User>().expect("a user").map(|user| user.username.clone()),
        });
        let printed = format!("{asked:?}");
        let token = asked.caller.session_token.as_ref();
        assert!(
            token.is_none_or(|token| !printed.contains(token.expose())),
            "{printed}"
        );
        Answer::result(&told).expect("JSON")
    })
    .await;
    let backend = backend().await;
    let name = unique("hooked").replace('-', "_");
    let hooks = backend.master().hooks();
    hooks.create_function(&name, &program.url()).await?;

    let told: Value = backend.master().call(&name, &order).await?;
    assert_eq!((&told["function"], &told["master"]), (&json!(name), &json!(true)));
    assert_eq!((&told["user"], &told["context"]), (&Value::Null, &json!({})));
    assert_eq!(told["app"], json!(backend.app_id()));
    let user = unique("hooked");
    let account = parse_orm::User::new(&user);
    let session = account.sign_up(backend.client(), "a secret").await?;
    let client = session.client().with_context(json!({"from": "café 😀"}))?;
    let told: Value = client.call(&name, &order).await?;
    assert_eq!(told["user"], json!(session.user().id().as_str()));
    assert_eq!(told["token"], json!(session.token().expose()));
    assert_eq!((&told["name"], &told["master"]), (&json!(user), &json!(false)));
    assert_eq!(told["context"], json!({"from": "café 😀"}));
    hooks.delete_function(&name).await?;
    Ok(())
}

#[tokio::test]
async fn row_64_the_answers_of_a_function_arrive() -> Outcome {
    let program = Program::new(|body| {
        let asked: FunctionRequest<Value> = serde_json::from_slice(body).expect("a call");
        match asked.params["want"].as_str() {
            Some("nothing") => Answer::done(),
            Some("text") => Answer::refuse("not today"),
            Some("object") => {
                Answer::refuse_with(json!({"code": 777, "error": "sold out", "left": 0})).expect("an object")
            }
            _ => Answer::result(&2.5).expect("a number"),
        }
    })
    .await;
    let backend = backend().await;
    let client = backend.client();
    let name = unique("hooked").replace('-', "_");
    let hooks = backend.master().hooks();
    hooks.create_function(&name, &program.url()).await?;
    assert!((client.call::<f64>(&name, &()).await? - 2.5).abs() < 1e-9);
    assert_eq!(
        client
            .call::<Option<f64>>(&name, &json!({"want": "nothing"}))
            .await?,
        None
    );
    let nothing = client
        .call::<f64>(&name, &json!({"want": "nothing"}))
        .await
        .unwrap_err();
    assert!(
        nothing.to_string().contains("returned null or nothing"),
        "{nothing}"
    );
    let refused = client
        .call::<f64>(&name, &json!({"want": "text"}))
        .await
        .unwrap_err();
    assert!(refused.code() == Some(ErrorCode::ScriptFailed) && refused.to_string().contains("not today"));
    let Error::Server(refused) = client
        .call::<f64>(&name, &json!({"want": "object"}))
        .await
        .unwrap_err()
    else {
        return Err("a refusal".into());
    };
    assert_eq!(refused.code, Some(ErrorCode::ScriptFailed));
    assert_eq!(
        refused.details,
        Some(json!({"code": 777, "error": "sold out", "left": 0}))
    );
    assert_eq!(refused.message, "sold out");

    // another address, and none
    hooks.update_function(&name, "http://127.0.0.1:9/nobody").await?;
    let failed = client.call::<f64>(&name, &()).await.unwrap_err();
    assert_eq!(failed.code(), Some(ErrorCode::ScriptFailed), "{failed}");
    hooks.delete_function(&name).await?;
    let gone = client.call::<f64>(&name, &()).await.unwrap_err();
    assert!(gone.to_string().contains("Invalid function"), "{gone}");
    Ok(())
}

#[tokio::test]
async fn row_64_every_trigger_of_an_object_has_its_payload() -> Outcome {
    use TriggerName::{AfterDelete, AfterFind, AfterSave, BeforeDelete, BeforeFind, BeforeSave};
    const ALL: [TriggerName; 6] = [
        BeforeSave,
        AfterSave,
        BeforeDelete,
        AfterDelete,
        BeforeFind,
        AfterFind,
    ];
    let program = Program::new(|body| {
        let asked: TriggerRequest<Hooked> = serde_json::from_slice(body).expect("a trigger");
        if asked.trigger != BeforeSave {
            return Answer::done();
        }
        let mut value = asked.value().expect("a row");
        if value.name == "bad" {
            return Answer::refuse("a bad name");
        }
        value.name = value.name.trim().into();
        value.note = Some(format!("changed {}", asked.changed().len()));
        asked.save(&value).expect("an answer")
    })
    .await;
    let backend = backend().await;
    let client = backend.client();
    hand(&backend, Hooked::CLASS_NAME, &ALL, &program).await?;
    let read = |body: &Value| serde_json::from_value::<TriggerRequest<Hooked>>(body.clone());

    let refused = hooked("bad").create(client).await.unwrap_err();
    assert!(refused.to_string().contains("a bad name"), "{refused}");
    program.bodies();

    // a create
    let at = "2026-03-01T10:00:00Z".parse()?;
    let new = Hooked {
        at: Some(at),
        ..hooked(" Ann ")
    };
    let mut ann = new.create(client).await?;
    assert_eq!((&*ann.name, ann.note.as_deref()), ("Ann", Some("changed 4")));
    let bodies = program.bodies();
    let [before, after] = &bodies[..] else {
        return Err(format!("{bodies:?}").into());
    };
    let before = read(before)?;
    let object = before.object.as_ref().ok_or("an object")?;
    assert!(object.id().is_none() && before.original.is_none() && object.object().is_err());
    assert_eq!((object.class_name(), before.value()?), (Some("E2eHooked"), new));
    let after = read(after)?;
    assert_eq!(after.trigger, AfterSave);
    let stored = after.object.as_ref().ok_or("an object")?.object()?;
    assert_eq!(
        (stored.id(), &*stored.name, stored.at),
        (ann.id(), "Ann", Some(at))
    );
    assert!(after.save(&stored).is_err());

    // an update: operations stay operations, and show what they come to
    ann.increment_score(5);
    ann.add_unique_skills(["flying"]);
    ann.save(client).await?;
    assert_eq!((ann.score, ann.note.as_deref()), (6, Some("changed 2")));
    let bodies = program.bodies();
    let before = read(&bodies[0])?;
    assert_eq!(
        bodies[0]["object"]["score"],
        json!({"__op": "Increment", "amount": 5})
    );
    let value = before.value()?;
    assert_eq!((value.score, &*value.skills), (6, &["flying".to_owned()][..]));
    let mut changed = before.changed();
    changed.sort_unstable();
    assert_eq!(changed, ["score", "skills"]);
    let original = before.original.as_ref().ok_or("the original")?;
    assert_eq!(
        (original.value()?.score, original.id().as_ref()),
        (1, Some(ann.id()))
    );
    ann.refresh(client, Unsaved::Discard).await?;
    assert_eq!((ann.score, &*ann.skills), (6, &["flying".to_owned()][..]));

    // a get and a find
    let bodies = program.bodies();
    let after = read(bodies.last().ok_or("a find")?)?;
    assert_eq!(
        (after.trigger, after.is_get, after.objects.len()),
        (AfterFind, true, 1)
    );
    assert_eq!(after.objects[0].value()?.name, "Ann");
    let found = query!(Hooked.filter(object_id = ann.id(), score = 6).order_by(-score)[..3]);
    assert_eq!(found.all(client).await?.len(), 1);
    let bodies = program.bodies();
    let before = read(&bodies[0])?;
    assert_eq!(
        (before.trigger, before.is_get, before.object.is_none()),
        (BeforeFind, false, true)
    );
    let asked = before.query.ok_or("a query")?;
    assert_eq!(
        (&asked["where"]["score"], &asked["limit"]),
        (&json!(6), &json!(3))
    );

    // a delete
    let id = ann.id().clone();
    ann.delete(client).await?;
    let bodies = program.bodies();
    let deletes: Vec<_> = bodies.iter().map(read).collect::<Result<_, _>>()?;
    let deletes: Vec<_> = deletes
        .iter()
        .filter(|asked| matches!(asked.trigger, BeforeDelete | AfterDelete))
        .collect();
    assert_eq!(deletes.len(), 2);
    for asked in deletes {
        assert_eq!(
            asked.object.as_ref().and_then(parse_orm::hook::Posted::id),
            Some(id.clone())
        );
    }
    end(&backend, Hooked::CLASS_NAME, &ALL).await?;
    Ok(())
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eInContext")]
struct InContext {
    n: i64,
}

#[tokio::test]
async fn row_29_every_write_has_the_context() -> Outcome {
    const ALL: [TriggerName; 2] = [TriggerName::BeforeSave, TriggerName::BeforeDelete];
    let backend = backend().await;
    let program = Program::new(|_| Answer::done()).await;
    hand(&backend, InContext::CLASS_NAME, &ALL, &program).await?;
    let context = json!({"from": "Zürich", "emoji": "😀", "deep": {"list": [1, null]}});
    let client = backend.client().with_context(&context)?;

    let mut made = InContext { n: 1 }.create(&client).await?;
    made.n = 2;
    made.save(&client).await?;
    made.delete(&client).await?;
    assert_eq!(
        program.contexts(),
        [context.clone(), context.clone(), context.clone()]
    );
    // many at once, each of them
    let made = client
        .create_all(&[InContext { n: 3 }, InContext { n: 4 }])
        .await
        .into_result()?;
    assert_eq!(program.contexts(), [context.clone(), context.clone()]);
    client.delete_all(made).await.into_result()?;
    assert_eq!(program.contexts(), [context.clone(), context.clone()]);
    // whoever asks
    let session = parse_orm::User::new(unique("context"))
        .sign_up(&client, "a secret")
        .await?;
    InContext { n: 5 }.create(session.client()).await?;
    let master = backend.master().with_context(&context)?;
    InContext { n: 6 }.create(&master).await?;
    assert_eq!(program.contexts(), [context.clone(), context]);
    // and only where it was asked for
    InContext { n: 7 }.create(backend.client()).await?;
    assert_eq!(program.contexts(), [json!({})]);
    end(&backend, InContext::CLASS_NAME, &ALL).await?;
    Ok(())
}

#[tokio::test]
async fn a_context_that_cannot_be_sent_is_refused() {
    let backend = backend().await;
    let text = |context: Value| backend.client().with_context(&context).unwrap_err().to_string();
    let list = text(json!([1]));
    assert!(
        list.starts_with("the context: the parameters are one JSON object"),
        "{list}"
    );
    let long = text(json!({"long": "é".repeat(2000)}));
    assert!(
        long.contains("it takes 12011 bytes") && long.contains("store it as an object"),
        "{long}"
    );
}

#[tokio::test]
async fn hooks_are_listed_changed_and_ended() -> Outcome {
    let backend = backend().await;
    let hooks = backend.master().hooks();
    let name = unique("listed").replace('-', "_");
    let class = format!("E2e{name}");
    let before_save = TriggerName::BeforeSave;
    let made = hooks.create_function(&name, "http://127.0.0.1:9/a").await?;
    assert_eq!(
        (&*made.function_name, &*made.url),
        (&*name, "http://127.0.0.1:9/a")
    );
    assert_eq!(hooks.function(&name).await?, made);
    assert!(hooks.functions().await?.contains(&made));
    let changed = hooks.update_function(&name, "https://127.0.0.1:9/b").await?;
    // not `function`: on PostgreSQL the server keeps the old address beside the new one
    assert!(hooks.functions().await?.contains(&changed));
    let again = hooks
        .create_function(&name, "http://127.0.0.1:9/a")
        .await
        .unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::WebhookError), "{again}");
    hooks.delete_function(&name).await?;
    assert!(hooks.delete_function(&name).await.unwrap_err().is_not_found());
    for missing in [
        hooks.function(&name).await.unwrap_err(),
        hooks
            .update_function(&name, "http://127.0.0.1:9/a")
            .await
            .unwrap_err(),
        hooks.trigger(&class, before_save).await.unwrap_err(),
        hooks
            .update_trigger(&class, before_save, "http://127.0.0.1:9/a")
            .await
            .unwrap_err(),
    ] {
        assert_eq!(missing.code(), Some(ErrorCode::WebhookError), "{missing}");
    }

    let made = hooks
        .create_trigger(&class, before_save, "http://127.0.0.1:9/a")
        .await?;
    assert_eq!((&*made.class_name, made.trigger_name), (&*class, before_save));
    assert_eq!(hooks.trigger(&class, before_save).await?, made);
    assert!(hooks.triggers().await?.contains(&made));
    let again = hooks
        .create_trigger(&class, before_save, "http://127.0.0.1:9/a")
        .await
        .unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::WebhookError), "{again}");
    let changed = hooks
        .update_trigger(&class, before_save, "http://127.0.0.1:9/b")
        .await?;
    assert!(hooks.triggers().await?.contains(&changed));
    hooks.delete_trigger(&class, before_save).await?;
    assert!(
        hooks
            .delete_trigger(&class, before_save)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(!hooks.triggers().await?.contains(&changed));
    Ok(())
}

#[tokio::test]
async fn hooks_that_cannot_work_are_refused_before_they_are_sent() -> Outcome {
    let backend = backend().await;
    let hooks = backend.master().hooks();
    let text = |error: parse_orm::Error| match error {
        Error::Invalid(refused) => refused.to_string(),
        other => format!("sent: {other}"),
    };
    for url in ["", "hooks.example.com", "ftp://hooks.example.com/"] {
        let refused = text(hooks.create_function("f", url).await.unwrap_err());
        assert!(
            refused.contains("begins with http:// or https://"),
            "{url}: {refused}"
        );
        let refused = text(
            hooks
                .update_trigger("A", TriggerName::AfterSave, url)
                .await
                .unwrap_err(),
        );
        assert!(
            refused.contains("begins with http:// or https://"),
            "{url}: {refused}"
        );
    }
    let url = "http://127.0.0.1:9/a";
    let refused = text(hooks.create_function("", url).await.unwrap_err());
    assert!(
        refused.contains("the name `` cannot be part of an address"),
        "{refused}"
    );
    for (class, trigger, expected) in [
        ("GameScore", TriggerName::BeforeLogin, "only of the class `_User`"),
        ("_User", TriggerName::AfterLogout, "only of the class `_Session`"),
        (
            "_Session",
            TriggerName::BeforeSave,
            "only `TriggerName::AfterLogout`",
        ),
        (
            "_PushStatus",
            TriggerName::BeforeSave,
            "use `TriggerName::AfterSave`",
        ),
        ("", TriggerName::AfterSave, "cannot be part of an address"),
    ] {
        let refused = text(hooks.create_trigger(class, trigger, url).await.unwrap_err());
        assert!(refused.contains(expected), "{class}: {refused}");
    }
    if let Some(server) = backend.server() {
        assert!(server.requests().is_empty());
    }
    Ok(())
}
