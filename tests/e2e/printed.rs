//! Everything public that carries a secret is printed here, and no secret is in what comes out.
//!
//! The libraries' own lists of what they export are read, so that a new type is either printed or said to carry none.

use crate::backend::Outcome;
use crate::live_server::Scripted;
use crate::models::Team;
use crate::users::{Account, account};
use parse_orm::hook::{FunctionRequest, Key, TriggerRequest};
use parse_orm::prelude::*;
use parse_orm::{Installation, ParseInstallation, RetryPolicy, Secret};
use parse_orm_mock::{CloudCode, MockServer};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// In every key, token and password here, and nowhere else.
const WORD: &str = "S3CR3T";

/// What was printed, by the name of the type.
type Printed = BTreeMap<&'static str, String>;

/// Keeps what is printed of a type from within the server's own code.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Printed>>);

impl Notes {
    fn add(&self, name: &'static str, what: &impl Debug) {
        let mut notes = self.0.lock().unwrap();
        *notes.entry(name).or_default() += &format!("{what:?} {what:#?}\n");
    }

    fn error(&self, name: &'static str, error: &impl std::error::Error) {
        self.add(name, error);
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            self.0
                .lock()
                .unwrap()
                .entry(name)
                .or_default()
                .push_str(&error.to_string());
            cause = error.source();
        }
    }
}

fn assert_silent(notes: &Notes, tokens: &[String], names: &[&str]) {
    let notes = notes.0.lock().unwrap();
    for (name, text) in &*notes {
        assert!(!text.is_empty() && !text.contains(WORD), "{name}: {text}");
        for token in tokens {
            assert!(!text.contains(token.as_str()), "{name}: {text}");
        }
    }
    let printed: BTreeSet<&str> = notes.keys().copied().collect();
    assert_eq!(printed, names.iter().copied().collect());
}

/// Of `parse_orm` and of `parse_orm::hook`, what is printed below.
const CARRY: [&str; 17] = [
    "Answer",
    "Caller",
    "Client",
    "ClientBuilder",
    "Error",
    "FunctionRequest",
    "Hooks",
    "Installation",
    "Key",
    "LiveError",
    "MasterClient",
    "Posted",
    "Secret",
    "Session",
    "Subscribe",
    "Subscription",
    "TriggerRequest",
];

#[tokio::test]
async fn what_the_library_prints() -> Outcome {
    let notes = Notes::default();
    let server = MockServer::builder()
        .rest_key("rest-S3CR3T")
        .master_key("master-S3CR3T")
        .auth_provider("fakeauth", |_| true)
        .start()
        .await?;
    let builder = || {
        Client::builder(server.url())
            .app_id("app")
            .rest_key("rest-S3CR3T")
            .javascript_key("js-S3CR3T")
            .client_key("client-S3CR3T")
            .master_key("master-S3CR3T")
            .retries(RetryPolicy::never())
    };
    let client = builder().build()?;
    let master = builder().build_master()?;
    notes.add("ClientBuilder", &builder());
    notes.add("MasterClient", &master);
    notes.add("Hooks", &master.hooks());
    notes.add("Secret", &Secret::from("S3CR3T"));
    notes.add("Key", &Key::new("webhook-S3CR3T"));

    let mut ann = account("ann").sign_up(&client, "S3CR3T-password").await?;
    ann.link("fakeauth", &json!({"id": "S3CR3T-id", "token": "S3CR3T"}))
        .await?;
    let tokens = [ann.token().expose().to_owned()];
    notes.add("Session", &ann);
    for client in [&client, ann.client(), &client.with_session("r:S3CR3T")] {
        notes.add("Client", client);
    }

    let mut device = Installation::new("ios");
    device.device_token = Some("S3CR3T-device".into());
    notes.add("Installation", &device);
    notes.add("Installation", &device.register(&client).await?);

    let wrong = client.master("S3CR3T-wrong");
    // nobody listens there
    let lost = Client::builder("http://127.0.0.1:1")
        .app_id("app")
        .rest_key("S3CR3T");
    let lost = lost.retries(RetryPolicy::never()).build()?.master("S3CR3T");
    for error in [
        Account::log_in(&client, "ann", "S3CR3T").await.unwrap_err(),
        account("ann").sign_up(&client, "S3CR3T").await.unwrap_err(),
        Account::me(&client.with_session("r:S3CR3T")).await.unwrap_err(),
        Team::objects()
            .all(&client.with_session("S3CR3T\n"))
            .await
            .unwrap_err(),
        builder().rest_key("S3CR3T\n").build().unwrap_err(),
        builder().master_key("S3CR3T\n").build_master().unwrap_err(),
        Client::builder("http://example.com")
            .app_id("app")
            .master_key("S3CR3T")
            .build_master()
            .unwrap_err(),
        Client::builder("http://me:S3CR3T@localhost")
            .app_id("app")
            .build()
            .unwrap_err(),
        wrong.hooks().functions().await.unwrap_err(),
        Team::objects().all(&lost).await.unwrap_err(),
        client
            .call::<i64>("nosuch", json!({"password": "S3CR3T"}))
            .await
            .unwrap_err(),
    ] {
        notes.error("Error", &error);
    }

    let live = Scripted::start().await;
    let asker = live
        .builder()
        .rest_key("S3CR3T")
        .build()?
        .with_session("r:S3CR3T");
    let subscribe = Team::objects().subscribe(&asker);
    notes.add("Subscribe", &subscribe);
    let asking = tokio::spawn(subscribe.into_future());
    let mut connection = live.welcome().await;
    connection.subscribe().await;
    notes.add("Subscription", &asking.await??);
    let error = Team::objects().subscribe(&lost).await.unwrap_err();
    notes.error("LiveError", &error);

    let posted = json!({
        "functionName": "f", "triggerName": "beforeSave", "master": false, "params": {"name": "Ann"},
        "user": {"objectId": "u", "sessionToken": "r:S3CR3T", "username": "ann"},
        "headers": {"x-parse-master-key": "S3CR3T", "x-parse-session-token": "r:S3CR3T"},
        "object": {"className": "_User", "username": "ann", "password": "S3CR3T"},
        "original": {"className": "_User", "username": "ann", "password": "S3CR3T"},
    });
    let function: FunctionRequest<BTreeMap<String, String>> = serde_json::from_value(posted.clone())?;
    let trigger: TriggerRequest<Account> = serde_json::from_value(posted)?;
    notes.add("FunctionRequest", &function);
    notes.add("Caller", &function.caller);
    notes.add("TriggerRequest", &trigger);
    notes.add("Posted", &trigger.object);
    notes.add("Answer", &trigger.save(&trigger.value()?)?);

    assert_silent(&notes, &tokens, &CARRY);
    Ok(())
}

const MOCK_CARRIES: [&str; 9] = [
    "Caller",
    "CloudCode",
    "FunctionCall",
    "JobCall",
    "Mail",
    "MockServer",
    "MockServerBuilder",
    "RecordedRequest",
    "TriggerCall",
];

#[tokio::test]
async fn what_the_mock_prints() -> Outcome {
    let notes = Notes::default();
    let (saves, functions, jobs) = (notes.clone(), notes.clone(), notes.clone());
    let code = CloudCode::new()
        .before_save("_User", move |call| {
            saves.add("TriggerCall", &call);
            async { Ok(()) }
        })
        .function("hello", move |call| {
            functions.add("Caller", &call.caller);
            functions.add("FunctionCall", &call);
            async { Ok(1) }
        })
        .job("work", move |call| {
            jobs.add("JobCall", &call);
            async { Ok(()) }
        });
    notes.add("CloudCode", &code);
    let builder = || {
        MockServer::builder()
            .rest_key("rest-S3CR3T")
            .javascript_key("js-S3CR3T")
            .client_key("client-S3CR3T")
            .dot_net_key("net-S3CR3T")
            .master_key("master-S3CR3T")
            .read_only_master_key("read-S3CR3T")
            .maintenance_key("maintenance-S3CR3T")
            .webhook_key("webhook-S3CR3T")
            .auth_provider("fakeauth", |_| true)
            .cloud_code(code.clone())
    };
    notes.add("MockServerBuilder", &builder());
    let server = builder().start().await?;
    let (client, master) = (server.client(), server.master_client());

    let user = Account {
        email: Some("ann@example.com".into()),
        ..account("ann")
    };
    let mut ann = user.sign_up(&client, "S3CR3T-password").await?;
    let mut tokens = vec![ann.token().expose().to_owned()];
    ann.link("fakeauth", &json!({"id": "S3CR3T-id", "token": "S3CR3T"}))
        .await?;
    let _ = Account::become_user(&client, ann.token()).await?;
    ann.client().call::<i64>("hello", ()).await?;
    master.start_job("work", json!({})).await?.finished().await?;
    let mut device = Installation::new("ios");
    device.device_token = Some("S3CR3T-device".into());
    device.register(&client).await?;
    let known = query!(Installation.filter(device_token = "S3CR3T-device"));
    assert_eq!(known.count(&master).await?, 1);
    Account::request_password_reset(&client, "ann@example.com").await?;

    let [mail] = &server.mails()[..] else {
        return Err("one mail".into());
    };
    tokens.push(mail.link.split("token=").last().unwrap_or_default().to_owned());
    notes.add("Mail", mail);
    // the requests are there, but for what is secret
    let requests = server.requests();
    assert!(format!("{requests:?}").contains("\"username\": String(\"ann\")"));
    assert_eq!(
        requests[0].body.as_ref().map(|body| &body["password"]),
        Some(&Value::from("S3CR3T-password"))
    );
    notes.add("RecordedRequest", &requests);
    notes.add("MockServer", &server);

    assert_silent(&notes, &tokens, &MOCK_CARRIES);
    Ok(())
}

/// What carries no secret, or only within a `Client` or a `Secret`, or is a trait or a number of names.
const CARRY_NONE: &str = "
Acl Aggregate Aggregates Amount AnyValue Area AsPoint AsText Asker Assign Atomic Audience AudienceAccessors
AudienceFields Batch BatchError BatchFailure BatchOutcome BatchResults BoundOf Bytes Change ChangedInside
ClassField ClassFieldType ClassIndex ClassOperation ClassPermissions ClassSchema Collected Comparable Config
ConfigChange CreateAll CreatedWith CreatedWithFields Cursor DateTime DeadlineError DecodeError DefaultAcl Delete DeleteAll
Deleted DependencyError Download Downloading Draft Elements Embedded ErrorCode Event Excludable Exclude Field
FieldList FieldSchema FieldSet FieldType File FileBuilder FileError FileProblem Finished Form FunctionParams
FunctionResult Gap GapReason GeoError GeoPoint GroupKeys GroupOrder Groups Hint Includable Include Included
IndexKind InstallationAccessors InstallationFields Interrupted IntoBound IntoBox IntoChoices IntoCircle
IntoCorners IntoExclude IntoInclude IntoNear IntoOperand IntoOperandList IntoOrder IntoRange IntoRole
IntoSearch IntoSort IntoTexts IntoUser IntoValue InvalidError Job JobError JobState JobStatus Json Leads
Listed ListedTexts LiveEvent LiveProblem Located LogEntry LogLevel Logs MasterKey Named Near NotIncluded
Nullable Numeric Object ObjectId Objects Operand OperandOf Optional Order Ordered Outcome Page
ParseInstallation ParseObject ParseUser ParseValue ParseView Permission Pipeline Pointer Polygon Prefetch
Progress Push PushStatus PushStatusAccessors PushStatusFields Q QuerySet ReadPreference Registered Related
Relation Relative Result Results RetryPolicy ReturnedError Role RoleAccessors RoleFields RowFailure Rows
SaveAll Schema SchemaChange SchemaDiff Search SecurityCheck SecurityGroup SecurityReport Selected ServerError
ServerInfo SessionRecord SessionRecordAccessors SessionRecordFields Slice Sortable StreamExt SubQuery Textual
Ticket ToCreate ToDelete ToSave Transferred Traversable TryStreamExt Unsaved Update Updated User UserAccessors
UserFields Utc ViewField ViewRows Watched Who
";

const HOOKS_CARRY_NONE: &str = "FunctionHook TriggerHook TriggerName";

const MOCK_CARRIES_NONE: &str =
    "CloudError DeliveredPush Fault FixtureError LiveSubscription MailKind TrackedEvent Validator";

/// The names that a file exports, but for functions and modules.
fn exported(source: &str) -> BTreeSet<&str> {
    let lines = source.lines().map(str::trim);
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in lines.filter(|line| !line.starts_with("//")) {
        inside |= line.starts_with("pub use ");
        if inside {
            let words = line.split(|letter: char| !letter.is_alphanumeric());
            names.extend(words.filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase())));
        }
        inside &= !line.ends_with(';');
    }
    names
}

#[test]
fn nothing_public_is_forgotten() {
    let library = [
        include_str!("../../parse-orm/src/lib.rs"),
        include_str!("../../parse-orm/src/hook/mod.rs"),
    ];
    let mock = [include_str!("../../parse-orm-mock/src/lib.rs")];
    let check = |sources: &[&'static str], printed: &[&'static str], none: &[&'static str]| {
        let exported: BTreeSet<&str> = sources.iter().flat_map(|source| exported(source)).collect();
        let listed = printed.iter().copied();
        let listed: BTreeSet<&str> = listed
            .chain(none.iter().flat_map(|names| names.split_whitespace()))
            .collect();
        let unlisted: Vec<_> = exported.difference(&listed).collect();
        assert!(
            unlisted.is_empty(),
            "does it carry a secret? print it here, or list it: {unlisted:?}"
        );
        let gone: Vec<_> = listed.difference(&exported).collect();
        assert!(gone.is_empty(), "no longer exported: {gone:?}");
    };
    check(&library, &CARRY, &[CARRY_NONE, HOOKS_CARRY_NONE]);
    check(&mock, &MOCK_CARRIES, &[MOCK_CARRIES_NONE]);
}
