//! What a request tells the server's own code besides its data.

use crate::{Client, Error, FunctionParams, MasterClient, Result};
use reqwest::header::HeaderValue;
use std::fmt::Write;

/// Longest context: Node.js refuses requests whose headers are 16 KB together.
const LONGEST: usize = 8192;

impl Client {
    /// The same client, with a context: an object that the server's functions and triggers find in
    /// `request.context`, in every request of this client; what a trigger adds to it, the triggers that follow see.
    ///
    /// Wire form: the header `X-Parse-Cloud-Context` with the object's JSON, letters beyond ASCII escaped
    /// (`{"from":"caf\u00e9"}`). The requests of a batch share it. The context holds what [`FunctionParams`] are.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let quiet = client.with_context(serde_json::json!({"notify": false}))?;
    /// GameScore { score: 1 }.create(&quiet).await?;
    /// # assert_eq!(server.requests()[0].header("X-Parse-Cloud-Context"), Some(r#"{"notify":false}"#));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when the context is no JSON object, or longer than 8 KB.
    pub fn with_context(&self, context: impl FunctionParams) -> Result<Self> {
        Ok(self.in_context(header(context.json())?))
    }
}

impl MasterClient {
    /// The same client, with a context: see [`Client::with_context`].
    ///
    /// # Errors
    /// [`Error::Invalid`] when the context is no JSON object, or longer than 8 KB.
    pub fn with_context(&self, context: impl FunctionParams) -> Result<Self> {
        Ok(self.in_context(header(context.json())?))
    }
}

fn header(json: Result<Vec<u8>, String>) -> Result<HeaderValue> {
    let invalid = |message| Error::invalid("the context", None, message);
    let json = String::from_utf8(json.map_err(invalid)?).map_err(|error| invalid(error.to_string()))?;
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // writing to a String cannot fail
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    if ascii.len() > LONGEST {
        let length = ascii.len();
        return Err(invalid(format!(
            "it takes {length} bytes, and a header should not be longer than {LONGEST}: store it as an object, and send its id"
        )));
    }
    HeaderValue::try_from(ascii).map_err(|error| invalid(error.to_string()))
}
