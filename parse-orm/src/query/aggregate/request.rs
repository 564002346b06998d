//! The request of an aggregation.

use crate::client::{Pairs, Params, Path, unexpected};
use crate::query::options::{Hint, Options};
use crate::{Client, Error, Result};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// The parameters, each in its form in a body.
#[derive(Default)]
struct Parameters(Vec<(&'static str, Box<RawValue>)>);

impl Parameters {
    fn add(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result<()> {
        let value = to_raw_value(value).map_err(|error| Error::invalid("query", None, error.to_string()))?;
        self.0.push((name, value));
        Ok(())
    }
}

impl Params for Parameters {
    fn pairs(&self, to: &mut Pairs) -> Result<()> {
        for (name, value) in &self.0 {
            match serde_json::from_str::<String>(value.get()) {
                // the server reads as JSON whatever can be read so
                Ok(text) if serde_json::from_str::<IgnoredAny>(&text).is_err() => to.text(name, &text),
                _ => to.text(name, value.get()),
            }
        }
        Ok(())
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Sends these parameters and the options of the query set, and returns the results.
pub(in crate::query) async fn ask<V: DeserializeOwned>(
    client: &Client,
    class_name: &str,
    parameters: &[(&'static str, &RawValue)],
    options: &Options,
) -> Result<Vec<V>> {
    #[derive(Deserialize)]
    struct Answer<V> {
        results: Vec<V>,
    }
    let mut all = Parameters::default();
    for (name, value) in parameters {
        all.add(name, value)?;
    }
    if let Some(preference) = options.read {
        all.add("readPreference", preference.name())?;
    }
    if let Some(Hint(hint)) = &options.hint {
        all.add("hint", hint)?;
    }
    if let Some(comment) = &options.comment {
        all.add("comment", comment)?;
    }
    let body = client.read(Path::Aggregate(class_name), &all).await?;
    let Answer { results } = serde_json::from_slice(&body).map_err(|_| unexpected(200, &body))?;
    Ok(results)
}
