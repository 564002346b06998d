//! The parameters of a find and of a get, with JavaScript's leniency in reading them.

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use super::preference::Preferences;
use crate::number::{to_number, to_text, truthy};
use crate::refusal::Refusal;
use crate::store::permissions::Operation;

const FIND: [&str; 16] = [
    "skip",
    "limit",
    "order",
    "count",
    "keys",
    "excludeKeys",
    "include",
    "includeAll",
    "redirectClassNameForKey",
    "where",
    "readPreference",
    "includeReadPreference",
    "subqueryReadPreference",
    "hint",
    "explain",
    "comment",
];
const GET: [&str; 6] = [
    "keys",
    "include",
    "excludeKeys",
    "readPreference",
    "includeReadPreference",
    "subqueryReadPreference",
];

/// The fields that a selection always contains.
pub(crate) const ALWAYS: [&str; 4] = ["objectId", "createdAt", "updatedAt", "ACL"];

/// How far includes go: no pointers are laid behind each other so far.
const DEEPEST: usize = 200;

/// The limit of a find that names none.
const DEFAULT_LIMIT: f64 = 100.0;

/// How a find is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Find {
    pub(crate) filter: Value,
    pub(crate) skip: f64,
    /// `None`: all rows, as in subqueries.
    pub(crate) limit: Option<f64>,
    /// Field and whether descending.
    pub(crate) order: Vec<(String, bool)>,
    pub(crate) count: bool,
    pub(crate) explain: Option<Value>,
    pub(crate) hint: Option<Value>,
    pub(crate) redirect: Option<String>,
    /// What the rows are asked for, where that is not to find them: an include gets them.
    pub(crate) operation: Option<Operation>,
    pub(crate) shape: Shape,
}

/// What of each row is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// The `keys` parameter, without the fields that always come.
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) exclude: Option<Vec<String>>,
    /// Paths to include, shorter ones first.
    pub(crate) include: Vec<Vec<String>>,
    pub(crate) include_all: bool,
    pub(crate) preferences: Preferences,
}

/// Query parameters as the router sees them: the JSON body, overridden by the query string, whose values are
/// JSON where they can be read as JSON.
pub(crate) fn parameters(body: Option<&Value>, query: &[(String, String)]) -> Map<String, Value> {
    let mut all = body.and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, text) in query {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        all.insert(key.clone(), value);
    }
    all
}

impl Find {
    /// Reads the parameters of `GET /classes/:name`.
    pub(crate) fn read(all: &Map<String, Value>, max_limit: Option<u64>) -> Result<Self, Refusal> {
        if let Some(unknown) = all.keys().find(|key| !FIND.contains(&key.as_str())) {
            return Err(Refusal::query(format!("Invalid parameter for query: {unknown}")));
        }
        let number = |key: &str, default: f64| match all.get(key) {
            Some(value) if truthy(value) || (key == "limit" && value.is_number()) => {
                to_number(value).ok_or_else(Refusal::database)
            }
            _ => Ok(default),
        };
        let (skip, mut limit) = (number("skip", 0.0)?, number("limit", DEFAULT_LIMIT)?);
        // The limit that is not named stays 100 even above the maximum: so the real server compares.
        #[expect(clippy::cast_precision_loss, reason = "a limit is far below 2^53")]
        let max = max_limit.map(|max| max as f64);
        if let Some(max) = max.filter(|max| all.contains_key("limit") && limit > *max) {
            limit = max;
        }
        let set = |key: &str| all.get(key).is_some_and(truthy);
        let filter = match all.get("where") {
            Some(Value::String(text)) => {
                serde_json::from_str(text).map_err(|_| Refusal::json("where parameter is not valid JSON"))?
            }
            Some(other) => other.clone(),
            None => json!({}),
        };
        Ok(Self {
            filter,
            skip,
            limit: Some(limit),
            order: all
                .get("order")
                .filter(|order| truthy(order))
                .map(|order| read_order(&to_text(order)))
                .unwrap_or_default(),
            count: set("count"),
            explain: all.get("explain").filter(|explain| truthy(explain)).cloned(),
            hint: all
                .get("hint")
                .filter(|hint| truthy(hint) && (hint.is_string() || hint.is_object()))
                .cloned(),
            redirect: all
                .get("redirectClassNameForKey")
                .filter(|key| truthy(key))
                .map(to_text),
            operation: None,
            shape: Shape::read(all, set("includeAll")),
        })
    }
}

impl Shape {
    /// Reads the parameters of `GET /classes/:name/:id`.
    pub(crate) fn read_get(all: &Map<String, Value>) -> Result<Self, Refusal> {
        if all.keys().any(|key| !GET.contains(&key.as_str())) {
            return Err(Refusal::query("Improper encode of parameter"));
        }
        Ok(Self::read(all, false))
    }

    fn read(all: &Map<String, Value>, include_all: bool) -> Self {
        let list = |key: &str| {
            let value = all.get(key).filter(|value| !value.is_null())?;
            Some(
                to_text(value)
                    .split(',')
                    .map(str::to_owned)
                    .collect::<Vec<String>>(),
            )
        };
        let keys =
            list("keys").map(|keys| keys.into_iter().filter(|key| !key.is_empty()).collect::<Vec<_>>());
        let exclude = list("excludeKeys");
        let mut wanted = list("include").unwrap_or_default();
        // A selection inside a pointer includes the pointer: `keys=a.b` asks for `a`.
        for key in keys.iter().chain(&exclude).flatten() {
            if let Some((parent, _)) = key.rsplit_once('.') {
                wanted.push(parent.to_owned());
            }
        }
        let star = wanted.iter().any(|path| path == "*");
        let mut include: IndexSet<Vec<String>> = IndexSet::new();
        for path in wanted.iter().filter(|path| !star && !path.is_empty()) {
            let parts: Vec<String> = path.split('.').take(DEEPEST).map(str::to_owned).collect();
            include.extend((1..=parts.len()).map(|length| parts[..length].to_vec()));
        }
        include.sort_by_key(Vec::len);
        Self {
            keys,
            exclude,
            include: include.into_iter().collect(),
            include_all: include_all || star,
            preferences: Preferences::read(all),
        }
    }
}

fn read_order(text: &str) -> Vec<(String, bool)> {
    let mut order: IndexMap<String, bool> = IndexMap::new();
    for field in text.split(',').map(str::trim) {
        let (name, descending) = match field.strip_prefix('-') {
            _ if field == "$score" || field == "-$score" => ("$score", true),
            Some(name) => (name, true),
            None => (field, false),
        };
        // A key named twice keeps its first place and takes the last direction.
        order.insert(name.to_owned(), descending);
    }
    order.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: Value) -> Result<Find, Refusal> {
        let Value::Object(map) = parameters else {
            panic!("parameters")
        };
        Find::read(&map, Some(1000))
    }

    #[test]
    fn limits() {
        let limit = |value: Value| read(json!({"limit": value})).map(|find| find.limit);
        assert_eq!(limit(json!(0)).unwrap(), Some(0.0));
        assert_eq!(limit(json!(null)).unwrap(), Some(100.0));
        assert_eq!(limit(json!("7")).unwrap(), Some(7.0));
        assert_eq!(limit(json!(5000)).unwrap(), Some(1000.0));
        assert_eq!(limit(json!("abc")).unwrap_err(), Refusal::database());
    }

    #[test]
    fn includes_contain_their_parents() {
        let find = read(json!({"include": "a.b.c,x", "keys": "q.r,n"})).unwrap();
        let paths: Vec<String> = find.shape.include.iter().map(|path| path.join(".")).collect();
        assert_eq!(paths, ["a", "x", "q", "a.b", "a.b.c"]);
        assert_eq!(find.shape.keys, Some(vec!["q.r".to_owned(), "n".to_owned()]));
    }
}
