//! The requests that a session comes of, and what is a secret in their answers.

use super::auth_data::{self, filled, providers};
use crate::client::{Answer, Call, Method, Path, unexpected};
use crate::{Client, Error, ObjectId, Result, Secret};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// An answer about a user, its secrets apart: neither a row nor an error is made of them.
pub(super) struct Entry {
    /// The token of the session, where there is one.
    pub(super) token: Option<Secret>,
    /// Who the user is known by, besides the password.
    pub(super) providers: BTreeSet<String>,
    /// What the providers' adapters on the server answered.
    pub(super) response: Option<Value>,
    /// Whether the user is new.
    pub(super) created: bool,
    /// All else.
    pub(super) row: Map<String, Value>,
}

/// Sends a request, and reads the answer as one about a user.
pub(super) async fn ask(
    client: &Client,
    method: Method,
    path: Path<'_>,
    body: Option<&Map<String, Value>>,
) -> Result<Entry> {
    let body = body
        .map(serde_json::to_vec)
        .transpose()
        .map_err(|error| Error::invalid(super::CLASS, None, error.to_string()))?;
    let answer = client.exchange(Call { method, path, body }).await?;
    Entry::read(&answer)
}

/// The same with what only matters as it succeeds.
pub(super) async fn tell(client: &Client, path: &'static str, body: &Map<String, Value>) -> Result<()> {
    let body = Value::from(body.clone()).to_string().into_bytes();
    let call = Call {
        method: Method::Post,
        path: Path::Plain(path),
        body: Some(body),
    };
    client.request(call).await.map(drop)
}

impl Entry {
    fn read(answer: &Answer) -> Result<Self> {
        let Ok(mut row) = serde_json::from_slice::<Map<String, Value>>(&answer.body) else {
            return Err(unexpected(answer.status, &answer.body));
        };
        let token = match row.remove("sessionToken") {
            Some(Value::String(token)) if !token.is_empty() => Some(token.into()),
            _ => None,
        };
        let auth_data = row.remove("authData");
        let response = row.remove("authDataResponse");
        Ok(Self {
            token,
            providers: providers(auth_data.as_ref()).collect(),
            response: response.filter(|response| *response != Value::Object(Map::new())),
            created: answer.status == 201,
            row,
        })
    }

    /// The row's bytes, for a typed object.
    pub(super) fn row(&self) -> Vec<u8> {
        Value::from(self.row.clone()).to_string().into_bytes()
    }

    /// The token, which every answer has but that to the sign-up of one whose address is to be verified first.
    pub(super) fn token(&self) -> Result<Secret> {
        self.token.clone().ok_or_else(|| match self.row.get("objectId") {
            Some(Value::String(id)) if self.created => Error::Unverified {
                id: ObjectId::from(id.as_str()),
            },
            _ => Error::UnexpectedAnswer {
                status: 200,
                excerpt: "the answer to a log-in has no sessionToken".into(),
            },
        })
    }
}

/// How somebody who logs in is named.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Username(&'a str),
    Email(&'a str),
}

/// The name and the password, as the server reads them.
pub(super) fn credentials(name: Name<'_>, password: &Secret) -> Result<Map<String, Value>> {
    let (field, what, text) = match name {
        Name::Username(text) => ("username", "the user name", text),
        Name::Email(text) => ("email", "the email address", text),
    };
    filled(field, what, text)?;
    let password = auth_data::password(password)?;
    Ok(auth_data::body([(field, text.into()), ("password", password)]))
}
