//! Which functions and triggers go to webhooks.

use super::TriggerName;
use crate::client::{Call, Method, NoParams, Path, unexpected};
use crate::{Error, MasterClient, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A function that a webhook answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionHook {
    /// The function.
    pub function_name: String,
    /// Where the server posts to.
    pub url: String,
}

/// A trigger of a class that a webhook answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TriggerHook {
    /// The class, or `@File`, `@Config`, `@Connect`.
    pub class_name: String,
    /// The moment.
    pub trigger_name: TriggerName,
    /// Where the server posts to.
    pub url: String,
}

impl MasterClient {
    /// The webhooks of the server.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// use parse_orm::hook::TriggerName;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let master = server.master_client();
    /// let hooks = master.hooks();
    /// hooks.create_function("invoice", "https://hooks.example.com/invoice").await?;
    /// hooks.create_trigger(GameScore::CLASS_NAME, TriggerName::AfterSave, "https://hooks.example.com/score").await?;
    /// assert_eq!(hooks.functions().await?[0].function_name, "invoice");
    /// hooks.update_function("invoice", "https://hooks.example.com/v2/invoice").await?;
    /// hooks.delete_trigger(GameScore::CLASS_NAME, TriggerName::AfterSave).await?;
    /// assert!(hooks.triggers().await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn hooks(&self) -> Hooks<'_> {
        Hooks(self)
    }
}

/// The webhooks of a server: see [`MasterClient::hooks`]. Every method is one request.
///
/// Each refuses an address that is not `http` or `https` before anything is sent, and a trigger that the class does
/// not have. The server answers code 143 ([`WebhookError`](crate::ErrorCode::WebhookError)) where a webhook that is to
/// be made is there, and where one that is asked for or to be updated is not.
#[derive(Debug, Clone, Copy)]
#[must_use = "it only asks when a method is called"]
pub struct Hooks<'a>(&'a MasterClient);

const FUNCTIONS: &str = "/hooks/functions";
const TRIGGERS: &str = "/hooks/triggers";

impl Hooks<'_> {
    /// All functions that have one. `GET /hooks/functions`.
    ///
    /// # Errors
    /// Whatever the server answers.
    pub async fn functions(&self) -> Result<Vec<FunctionHook>> {
        self.get(Path::Plain(FUNCTIONS)).await
    }

    /// That of one function. `GET /hooks/functions/invoice`.
    ///
    /// # Errors
    /// Code 143 where the function has none.
    pub async fn function(&self, name: &str) -> Result<FunctionHook> {
        self.get(Path::Named(FUNCTIONS, name)).await
    }

    /// Hands a function to this address. `POST /hooks/functions`.
    ///
    /// # Errors
    /// Code 143 where it has a webhook: [`update_function`](Self::update_function) changes its address.
    pub async fn create_function(&self, name: &str, url: &str) -> Result<FunctionHook> {
        Path::Named(FUNCTIONS, name).check()?;
        let hook = FunctionHook {
            function_name: name.into(),
            url: address(name, url)?.into(),
        };
        self.send(Method::Post, Path::Plain(FUNCTIONS), &hook).await
    }

    /// Changes the address. `PUT /hooks/functions/invoice`.
    ///
    /// # Errors
    /// Code 143 where the function has none.
    pub async fn update_function(&self, name: &str, url: &str) -> Result<FunctionHook> {
        let url = address(name, url)?;
        self.send(Method::Put, Path::Named(FUNCTIONS, name), &Address { url })
            .await
    }

    /// Ends it. `PUT /hooks/functions/invoice` with `{"__op": "Delete"}`. The function is gone then, even where Cloud
    /// Code defines one of the name.
    ///
    /// # Errors
    /// Code 101 where the function has none.
    pub async fn delete_function(&self, name: &str) -> Result<()> {
        self.delete(Path::Named(FUNCTIONS, name)).await
    }

    /// All triggers that have one. `GET /hooks/triggers`.
    ///
    /// # Errors
    /// Whatever the server answers.
    pub async fn triggers(&self) -> Result<Vec<TriggerHook>> {
        self.get(Path::Plain(TRIGGERS)).await
    }

    /// That of one trigger. `GET /hooks/triggers/GameScore/beforeSave`.
    ///
    /// # Errors
    /// Code 143 where the trigger has none.
    pub async fn trigger(&self, class: &str, trigger: TriggerName) -> Result<TriggerHook> {
        self.get(Path::Trigger(class, trigger.name())).await
    }

    /// Hands a trigger to this address. `POST /hooks/triggers`. The class is `GameScore::CLASS_NAME`, or `@File` for
    /// files (they are saved and deleted), `@Config`, `@Connect`.
    ///
    /// # Errors
    /// Code 143 where it has a webhook: [`update_trigger`](Self::update_trigger) changes its address.
    pub async fn create_trigger(&self, class: &str, trigger: TriggerName, url: &str) -> Result<TriggerHook> {
        fits(class, trigger)?;
        let hook = TriggerHook {
            class_name: class.into(),
            trigger_name: trigger,
            url: address(class, url)?.into(),
        };
        self.send(Method::Post, Path::Plain(TRIGGERS), &hook).await
    }

    /// Changes the address. `PUT /hooks/triggers/GameScore/beforeSave`.
    ///
    /// # Errors
    /// Code 143 where the trigger has none.
    pub async fn update_trigger(&self, class: &str, trigger: TriggerName, url: &str) -> Result<TriggerHook> {
        fits(class, trigger)?;
        let url = address(class, url)?;
        self.send(
            Method::Put,
            Path::Trigger(class, trigger.name()),
            &Address { url },
        )
        .await
    }

    /// Ends it. `PUT /hooks/triggers/GameScore/beforeSave` with `{"__op": "Delete"}`.
    ///
    /// # Errors
    /// Code 101 where the trigger has none.
    pub async fn delete_trigger(&self, class: &str, trigger: TriggerName) -> Result<()> {
        self.delete(Path::Trigger(class, trigger.name())).await
    }

    async fn get<R: DeserializeOwned>(&self, path: Path<'_>) -> Result<R> {
        let body = self.0.read(path, &NoParams {}).await?;
        serde_json::from_slice(&body).map_err(|_| unexpected(200, &body))
    }

    async fn send<R: DeserializeOwned>(
        &self,
        method: Method,
        path: Path<'_>,
        body: &impl Serialize,
    ) -> Result<R> {
        let body =
            serde_json::to_vec(body).map_err(|error| Error::invalid("hooks", None, error.to_string()))?;
        let body = self.put(method, path, body).await?;
        serde_json::from_slice(&body).map_err(|_| unexpected(200, &body))
    }

    async fn delete(&self, path: Path<'_>) -> Result<()> {
        let body = br#"{"__op":"Delete"}"#.to_vec();
        self.put(Method::Put, path, body).await.map(drop)
    }

    async fn put(&self, method: Method, path: Path<'_>, body: Vec<u8>) -> Result<bytes::Bytes> {
        let body = Some(body);
        self.0.request(Call { method, path, body }).await
    }
}

#[derive(Serialize)]
struct Address<'a> {
    url: &'a str,
}

/// The server takes any text, and fails when it is to be asked.
fn address<'a>(hook: &str, url: &'a str) -> Result<&'a str> {
    let known = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    known.then_some(url).ok_or_else(|| {
        let message = "the address of a webhook begins with http:// or https:// and names a host";
        Error::invalid(hook, Some("url"), message)
    })
}

fn fits(class: &str, trigger: TriggerName) -> Result<()> {
    Path::Trigger(class, trigger.name()).check()?;
    match trigger.misplaced(class) {
        Some(message) => Err(Error::invalid(class, None, message)),
        None => Ok(()),
    }
}
