//! Webhooks: functions and triggers that the server hands to another program over HTTP.
//!
//! [`MasterClient::hooks`](crate::MasterClient::hooks) says which, with the master key. The program behind the address
//! is told by a POST what is asked: read its body as a [`FunctionRequest`] or a [`TriggerRequest`], answer with an
//! [`Answer`] as JSON, and let a [`Key`] check that it is the server who asks. Any HTTP server will do.
//!
//! ```
//! use parse_orm::hook::{Answer, FunctionRequest, Key, TriggerName, TriggerRequest};
//! use parse_orm::prelude::*;
//!
//! #[derive(ParseObject, Clone, Debug)]
//! struct GameScore { score: i64, player_name: String }
//!
//! #[derive(ParseValue, Clone, Debug)]
//! struct Movie { title: String }
//!
//! /// A program's answer to a POST: the path, the header `X-Parse-Webhook-Key`, and the body.
//! fn answer(path: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Box<dyn std::error::Error>> {
//!     if !Key::new("the webhook key").accepts(key) {
//!         return Ok(Answer::refuse("who are you?"));
//!     }
//!     Ok(match path {
//!         "/length" => {
//!             let asked: FunctionRequest<Movie> = serde_json::from_slice(body)?;
//!             Answer::result(&(asked.params.title.len() as i64))?
//!         }
//!         _ => {
//!             let asked: TriggerRequest<GameScore> = serde_json::from_slice(body)?;
//!             assert_eq!(asked.trigger, TriggerName::BeforeSave);
//!             let mut score = asked.value()?;
//!             if score.score < 0 {
//!                 return Ok(Answer::refuse("a score is not negative"));
//!             }
//!             score.player_name = score.player_name.trim().into();
//!             asked.save(&score)?
//!         }
//!     })
//! }
//!
//! let body = br#"{"triggerName": "beforeSave", "master": false, "object": {"className": "GameScore", "score": 5, "playerName": " Ann "}}"#;
//! let json = serde_json::to_value(answer("/score", Some("the webhook key"), body)?)?;
//! assert_eq!(json, serde_json::json!({"success": {"score": 5, "playerName": "Ann"}}));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod key;
mod manage;
mod posted;
mod request;
mod trigger;

pub use answer::Answer;
pub use key::Key;
pub use manage::{FunctionHook, Hooks, TriggerHook};
pub use posted::Posted;
pub use request::{Caller, FunctionRequest, TriggerRequest};
pub use trigger::TriggerName;
