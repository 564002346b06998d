//! The different values of a field.

use super::aggregate::{Collected, ask, check};
use super::field::Field;
use super::set::{Core, QuerySet, conditions};
use crate::client::MasterKey;
use crate::object::{ParseObject, Schema};
use crate::value::{Decode, ParseValue};
use crate::{Client, DecodeError, Error, Result};
use futures::future::BoxFuture;
use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::value::to_raw_value;

impl<T: ParseObject> QuerySet<T> {
    /// The different values of a field, in any order. One GET, with the master key; all of them come in one
    /// answer. Wire form `GET /aggregate/GameScore?distinct=playerName&where=..`.
    ///
    /// Of an array field, the elements; rows without a value add nothing.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player_name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
    /// # for (name, score) in [("Ann", 5), ("Bob", 20), ("Ann", 30)] {
    /// #     GameScore { score, player_name: name.into() }.create(&client).await?;
    /// # }
    /// let high = query!(GameScore.filter(score__gte = 10));
    /// let mut names: Vec<String> = query!(high.distinct(&master, player_name)).await?;
    /// names.sort();
    /// assert_eq!(names, ["Ann", "Bob"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] after `order_by`, `limit`, `skip` or `select_related`; nothing is sent then.
    /// [`Error::Decode`] when a value is not of the field's type.
    pub fn distinct<'a, V: Collected<Element = E>, E: ParseValue>(
        &'a self,
        master: &'a impl MasterKey,
        field: Field<T, V>,
    ) -> BoxFuture<'a, Result<Vec<E>>> {
        let client = master.client();
        Box::pin(async move {
            let values = values(client, T::SCHEMA, &self.core, field.name()).await?;
            let read = |value: Value| {
                let element = Decode::<E>::new().deserialize(value);
                element.map_err(|error| {
                    Error::from(DecodeError {
                        class_name: T::CLASS_NAME,
                        id: None,
                        field: Some(field.name().into()),
                        expected: E::TYPE.to_string(),
                        found: error.to_string(),
                    })
                })
            };
            values.into_iter().map(read).collect()
        })
    }
}

async fn values(client: &Client, schema: &Schema, core: &Core, field: &str) -> Result<Vec<Value>> {
    check(schema, core, "the values come in any order, all of them")?;
    let invalid = |error: serde_json::Error| Error::invalid(schema.class_name, None, error.to_string());
    let field = to_raw_value(field).map_err(invalid)?;
    let filter = to_raw_value(&conditions(core)).map_err(invalid)?;
    let mut parameters = vec![("distinct", &*field)];
    if !core.filter.is_empty() {
        parameters.push(("where", &*filter));
    }
    ask(client, schema.class_name, &parameters, &core.options).await
}
