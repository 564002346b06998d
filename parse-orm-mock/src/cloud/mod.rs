//! Cloud Code: what an application runs within its server, here as asynchronous closures, and webhooks.

mod call;
mod caught;
mod error;
mod home;
mod job;
mod trigger;
mod validator;
mod webhook;

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::refusal::code;

pub(crate) use call::Info;
pub use call::{Caller, FunctionCall};
pub use error::CloudError;
pub(crate) use home::Home;
pub use job::JobCall;
pub(crate) use job::start;
pub use trigger::TriggerCall;
pub(crate) use trigger::{Subject, Trigger, after_find, before_find, run};
pub use validator::Validator;
pub(crate) use webhook::{Asked, Hook, Place, function, place};

type Work<R> = Pin<Box<dyn Future<Output = Result<R, CloudError>> + Send>>;
type Handler<C, R> = Arc<dyn Fn(C) -> Work<R> + Send + Sync>;

/// The application's code, which may panic wherever it likes.
fn handler<C, R, F, W>(what: &'static str, code: F) -> Handler<C, R>
where
    C: Send + 'static,
    R: 'static,
    F: Fn(C) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, CloudError>> + Send + 'static,
{
    let code = Arc::new(code);
    Arc::new(move |call| {
        let code = Arc::clone(&code);
        Box::pin(caught::caught(what, async move { code(call).await }))
    })
}

/// Functions, jobs and triggers, as they would be in the server's `cloud/main.js`: for
/// [`MockServerBuilder::cloud_code`](crate::MockServerBuilder::cloud_code).
///
/// Each is an asynchronous closure that is given what there is to know about the request, and returns a `Result`; `?`
/// works on the errors of a `parse_orm::Client`, and `Err("a text".into())` is what JavaScript's `throw 'a text'` is.
/// Rows are JSON as it travels: this crate has no types of its own for them.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// use parse_orm_mock::{CloudCode, CloudError, MockServer, Validator};
///
/// let code = CloudCode::new()
///     .function("hello", |_| async { Ok("Hello world!") })
///     .function("double", |call| async move {
///         let n = call.params["n"].as_f64().ok_or("n is missing")?;
///         Ok(2.0 * n)
///     })
///     .validate("double", Validator::new().field("n"))
///     .before_save("GameScore", |save| async move {
///         if save.get("score").as_i64() < Some(0) {
///             return Err(CloudError::new(4242, "a score is not negative"));
///         }
///         save.set("checked", true);
///         Ok(())
///     })
///     .job("cleanUp", |job| async move {
///         job.message("at it");
///         Ok("done")
///     });
/// let server = MockServer::builder().cloud_code(code).start().await?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Default)]
#[must_use = "it does nothing until a server has it"]
pub struct CloudCode {
    functions: HashMap<String, Handler<FunctionCall, Value>>,
    jobs: IndexMap<String, Handler<JobCall, Value>>,
    triggers: HashMap<(Trigger, String), Handler<TriggerCall, ()>>,
    validators: HashMap<String, Validator>,
    hooks: Vec<Hook>,
}

impl fmt::Debug for CloudCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudCode")
            .field("functions", &self.functions.keys())
            .field("jobs", &self.jobs.keys())
            .field("triggers", &self.triggers.keys())
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}

/// A function: of the application, or behind a webhook.
pub(crate) enum Function {
    Own(Handler<FunctionCall, Value>, Option<Validator>),
    Hooked(Hook),
}

/// A trigger, likewise.
pub(crate) enum Triggered {
    Own(Handler<TriggerCall, ()>, Option<Validator>),
    Hooked(Hook),
}

impl CloudCode {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// A function, as `Parse.Cloud.define`. What it returns becomes `result`: a text, a number, `()`, or any JSON.
    pub fn function<F, W, R>(mut self, name: impl Into<String>, function: F) -> Self
    where
        F: Fn(FunctionCall) -> W + Send + Sync + 'static,
        W: Future<Output = Result<R, CloudError>> + Send + 'static,
        R: Into<Value>,
    {
        let handler = handler("function", move |call| {
            let work = function(call);
            async { work.await.map(Into::into) }
        });
        self.functions.insert(name.into(), handler);
        self
    }

    /// What is checked before a function of this name runs; refused with code 142.
    pub fn validate(mut self, function: impl Into<String>, validator: Validator) -> Self {
        self.validators.insert(function.into(), validator);
        self
    }

    /// What is checked before a `beforeSave` of this class runs; refused with code 142.
    pub fn validate_save(mut self, class: impl Into<String>, validator: Validator) -> Self {
        self.validators
            .insert(Trigger::BeforeSave.key(&class.into()), validator);
        self
    }

    /// A job, as `Parse.Cloud.job`. A text that it returns becomes the message of its status, as does an error.
    pub fn job<F, W, R>(mut self, name: impl Into<String>, job: F) -> Self
    where
        F: Fn(JobCall) -> W + Send + Sync + 'static,
        W: Future<Output = Result<R, CloudError>> + Send + 'static,
        R: Into<Value>,
    {
        let handler = handler("job", move |call| {
            let work = job(call);
            async { work.await.map(Into::into) }
        });
        self.jobs.insert(name.into(), handler);
        self
    }

    /// A function that another program answers, as `POST /hooks/functions` makes it: the program is sent
    /// `{"functionName","params","user",..}` and answers `{"success": result}` or `{"error": ..}`. The URL is plain HTTP.
    ///
    /// ```
    /// use parse_orm_mock::CloudCode;
    ///
    /// let code = CloudCode::new()
    ///     .function_webhook("hello", "http://127.0.0.1:3000/hello")
    ///     .trigger_webhook("beforeSave", "GameScore", "http://127.0.0.1:3000/check")?;
    /// assert_eq!(
    ///     code.trigger_webhook("beforeSafe", "GameScore", "http://127.0.0.1:3000").unwrap_err().to_string(),
    ///     "no trigger is named `beforeSafe`; there are beforeLogin, afterLogin, afterLogout, \
    ///      beforePasswordResetRequest, beforeSave, afterSave, beforeDelete, afterDelete, beforeFind, afterFind, \
    ///      beforeConnect, beforeSubscribe, afterEvent"
    /// );
    /// # Ok::<(), parse_orm_mock::CloudError>(())
    /// ```
    pub fn function_webhook(mut self, name: impl Into<String>, url: impl Into<String>) -> Self {
        self.put_hook(Hook {
            asked: Asked::Function(name.into()),
            url: url.into(),
        });
        self
    }

    /// A trigger that another program answers, as `POST /hooks/triggers` makes it: by its name, such as `beforeSave`,
    /// and the class.
    ///
    /// # Errors
    ///
    /// When no trigger has this name, or the class cannot have it.
    pub fn trigger_webhook(
        mut self,
        trigger: impl Into<String>,
        class: impl Into<String>,
        url: impl Into<String>,
    ) -> Result<Self, CloudError> {
        let (trigger, class) = (trigger.into(), class.into());
        let error = match place(&trigger, &class) {
            Place::Good => {
                self.put_hook(Hook {
                    asked: Asked::Trigger { class, trigger },
                    url: url.into(),
                });
                return Ok(self);
            }
            Place::Unknown => format!(
                "no trigger is named `{trigger}`; there are {}",
                webhook::TRIGGERS.join(", ")
            ),
            Place::Misplaced => format!("the class `{class}` cannot have the trigger `{trigger}`"),
        };
        Err(CloudError::new(code::WEBHOOK_ERROR, error))
    }

    fn trigger<F, W>(mut self, trigger: Trigger, class: impl Into<String>, code: F) -> Self
    where
        F: Fn(TriggerCall) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), CloudError>> + Send + 'static,
    {
        let handler = handler("trigger", code);
        self.triggers.insert((trigger, class.into()), handler);
        self
    }

    /// Adds another set; of the same name or trigger the other's is used.
    pub(crate) fn extend(&mut self, other: Self) {
        self.functions.extend(other.functions);
        self.jobs.extend(other.jobs);
        self.triggers.extend(other.triggers);
        self.validators.extend(other.validators);
        self.hooks.extend(other.hooks);
    }

    pub(crate) fn find_function(&self, name: &str) -> Option<Function> {
        let hook = self.hooks.iter().find(|hook| hook.function() == Some(name));
        hook.map(|hook| Function::Hooked(hook.clone())).or_else(|| {
            let handler = self.functions.get(name)?.clone();
            Some(Function::Own(handler, self.validators.get(name).cloned()))
        })
    }

    pub(crate) fn find_trigger(&self, trigger: Trigger, class: &str) -> Option<Triggered> {
        let hook = self.hooks.iter().find(|hook| hook.is_of(class, trigger.name()));
        hook.map(|hook| Triggered::Hooked(hook.clone())).or_else(|| {
            let handler = self.triggers.get(&(trigger, class.to_owned()))?.clone();
            let validator = self.validators.get(&trigger.key(class)).cloned();
            Some(Triggered::Own(handler, validator))
        })
    }

    /// The names of the jobs.
    pub(crate) fn jobs(&self) -> Vec<&str> {
        self.jobs.keys().map(String::as_str).collect()
    }

    pub(crate) fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// Makes a webhook, in the place of the one that there was.
    pub(crate) fn put_hook(&mut self, hook: Hook) {
        match self.hooks.iter_mut().find(|known| known.same(&hook)) {
            Some(known) => *known = hook,
            None => self.hooks.push(hook),
        }
    }

    /// Ends a webhook, and the function that it stood for.
    pub(crate) fn remove_function(&mut self, name: &str) {
        self.hooks.retain(|hook| hook.function() != Some(name));
        self.functions.remove(name);
    }

    /// Likewise of a trigger.
    pub(crate) fn remove_trigger(&mut self, class: &str, trigger: &str) {
        self.hooks.retain(|hook| !hook.is_of(class, trigger));
        self.triggers
            .retain(|(known, of), _| known.name() != trigger || of != class);
    }
}

macro_rules! triggers {
    ($($(#[$doc:meta])* $name:ident($trigger:ident $(, $class:literal)?);)*) => {
        impl CloudCode {
            $(triggers! { @one $(#[$doc])* $name $trigger $($class)? })*
        }
    };
    (@one $(#[$doc:meta])* $name:ident $trigger:ident) => {
        $(#[$doc])*
        pub fn $name<F, W>(self, class: impl Into<String>, code: F) -> Self
        where
            F: Fn(TriggerCall) -> W + Send + Sync + 'static,
            W: Future<Output = Result<(), CloudError>> + Send + 'static,
        {
            self.trigger(Trigger::$trigger, class, code)
        }
    };
    (@one $(#[$doc:meta])* $name:ident $trigger:ident $class:literal) => {
        $(#[$doc])*
        pub fn $name<F, W>(self, code: F) -> Self
        where
            F: Fn(TriggerCall) -> W + Send + Sync + 'static,
            W: Future<Output = Result<(), CloudError>> + Send + 'static,
        {
            self.trigger(Trigger::$trigger, $class, code)
        }
    };
}

triggers! {
    /// Before an object of the class is created or updated: may change it, or refuse.
    before_save(BeforeSave);
    /// When an object of the class is created or updated. An error changes nothing.
    after_save(AfterSave);
    /// Before an object of the class is deleted: may refuse.
    before_delete(BeforeDelete);
    /// When an object of the class is deleted.
    after_delete(AfterDelete);
    /// Before a query or a get of the class: may change the query, or refuse.
    before_find(BeforeFind);
    /// When rows of the class were found: may change what is answered, or refuse.
    after_find(AfterFind);
    /// Before a user logs in: may refuse.
    before_login(BeforeLogin, "_User");
    /// When a user has logged in.
    after_login(AfterLogin, "_User");
    /// When a session has ended.
    after_logout(AfterLogout, "_Session");
    /// Before a mail for a new password goes out: may refuse.
    before_password_reset_request(BeforePasswordResetRequest, "_User");
    /// Before a file is stored: may refuse.
    before_save_file(BeforeSave, "@File");
    /// When a file is stored.
    after_save_file(AfterSave, "@File");
    /// Before a file is deleted: may refuse.
    before_delete_file(BeforeDelete, "@File");
    /// When a file is deleted.
    after_delete_file(AfterDelete, "@File");
    /// Before a LiveQuery client is connected: may refuse.
    before_connect(BeforeConnect, "@Connect");
    /// Before a LiveQuery client subscribes to the class: may change the query, or refuse. With one, the real server
    /// refuses every subscription with keys or fields to watch, with code 141, and so does this.
    before_subscribe(BeforeSubscribe);
    /// Before a LiveQuery event of the class is sent: may change its object, keep it back, or send an error.
    after_live_query_event(AfterEvent);
}
