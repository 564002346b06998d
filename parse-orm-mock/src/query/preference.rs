//! Read preferences: of the find itself, of its includes and of its subqueries. There is one database here, so
//! they are checked and have no effect.

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// The preferences of a request; what is no text counts for nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preferences {
    own: Option<String>,
    include: Option<String>,
    subquery: Option<String>,
}

impl Preferences {
    pub(crate) fn read(all: &Map<String, Value>) -> Self {
        let text = |key: &str| all.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            own: text("readPreference"),
            include: text("includeReadPreference"),
            subquery: text("subqueryReadPreference"),
        }
    }

    /// What an include reads with.
    pub(crate) fn of_include(&self) -> Self {
        Self {
            own: self.include.clone().or_else(|| self.own.clone()),
            include: self.include.clone(),
            subquery: None,
        }
    }

    /// What a subquery reads with.
    pub(crate) fn of_subquery(&self) -> Self {
        Self {
            own: self.subquery.clone().or_else(|| self.own.clone()),
            include: None,
            subquery: self.subquery.clone(),
        }
    }

    /// Only a preference that is used is looked at.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        check(self.own.as_deref())
    }
}

/// Any of MongoDB's modes, in any case.
pub(crate) fn check(preference: Option<&str>) -> Result<(), Refusal> {
    const MODES: [&str; 5] = [
        "PRIMARY",
        "PRIMARY_PREFERRED",
        "SECONDARY",
        "SECONDARY_PREFERRED",
        "NEAREST",
    ];
    let preference = preference.unwrap_or_default().to_uppercase();
    if preference.is_empty() || MODES.contains(&preference.as_str()) {
        Ok(())
    } else {
        Err(Refusal::query("Not supported read preference."))
    }
}
