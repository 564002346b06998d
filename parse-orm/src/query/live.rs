//! What LiveQuery is asked: the conditions in the spelling that its own matcher understands.
//!
//! The LiveQuery server does not ask the database. It compares each written object in memory, by fewer operators
//! and other rules than those of a find: what it does not know matches nothing, a missing field is less and greater
//! than anything, and a pointer is never equal by `$eq`. Each condition is written here so that it means there what
//! it means in a find; what cannot be is refused.

use super::check::check;
use super::condition::{Holds, Node, Test};
use super::list::FieldList;
use super::merge::RELATED_TO;
use super::operand::Operand;
use super::set::{Core, QuerySet};
use super::view::{Request, ViewSeed};
use crate::object::{Object, ParseObject, one};
use crate::{Client, DecodeError, Error, ParseView, Result, Rows};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt;
use std::future::{Ready, ready};

/// What a subscription asks for: the `query` of its message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveQuery {
    pub(crate) class_name: &'static str,
    r#where: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<String>>,
    /// The fields of which one has to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    watch: Vec<&'static str>,
}

impl<T: ParseObject> QuerySet<T> {
    /// The rows as objects.
    pub(crate) fn live(&self) -> Result<LiveQuery> {
        let mut query = LiveQuery::new(&self.core, T::CLASS_NAME)?;
        let excluded = &self.core.options.exclude;
        if !excluded.is_empty() {
            let fields = T::SCHEMA.fields.iter().map(|field| field.name);
            let kept = fields.filter(|name| !excluded.iter().any(|path| path == name));
            query.keys = Some(kept.map(Into::into).collect());
        }
        Ok(query)
    }

    /// The rows as views.
    pub(crate) fn live_values<W: ParseView<Model = T>>(&self) -> Result<LiveQuery> {
        let mut request = Request::default();
        W::__request(&mut request);
        if let Some(path) = request.include.first() {
            let reason = "the events of a subscription hold pointers, and nothing that is behind them: subscribe to a \
                          view with the `Pointer` itself, and fetch what it points to";
            return Err(Error::invalid(T::CLASS_NAME, Some(path), reason));
        }
        let mut query = LiveQuery::new(&self.core, T::CLASS_NAME)?;
        request.keys.sort();
        request.keys.dedup();
        query.keys = Some(request.keys).filter(|keys| !keys.is_empty());
        Ok(query)
    }
}

/// The rows of a query set, as far as some of their fields change: what [`QuerySet::watch`] returns. It can be
/// subscribed to, and nothing else.
#[must_use = "it tells nothing until it is subscribed to: `.subscribe(&client).await?`"]
pub struct Watched<T> {
    set: QuerySet<T>,
    fields: Vec<&'static str>,
}

impl<T: ParseObject> QuerySet<T> {
    /// For a subscription: of the rows that stay, only those whose value in one of these fields changes. In `query!`
    /// `watch(score, level)`, otherwise a field or a tuple of up to eight. Wire form `watch`.
    ///
    /// A new row is told of if it has one of these fields. Rows that enter, leave or are deleted are told of in any
    /// case.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, level: Option<i64> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let mut row = GameScore { score: 7, level: None }.create(&client).await?;
    /// let mut risers = query!(GameScore.filter(score__gt = 5).watch(level)).subscribe(&client).await?;
    /// row.score = 8;
    /// row.save(&client).await?; // nothing
    /// row.level = Some(2);
    /// row.save(&client).await?;
    /// let Some(LiveEvent::Update { object, .. }) = risers.try_next().await? else { panic!() };
    /// assert_eq!(object.level, Some(2));
    /// // the same without macros
    /// let watched = GameScore::objects().watch((GameScore::F.score, GameScore::F.level));
    /// # Ok(()) }
    /// ```
    pub fn watch<F: FieldList<T>>(&self, fields: F) -> Watched<T> {
        let mut fields = fields.names();
        fields.sort_unstable();
        fields.dedup();
        Watched {
            set: self.clone(),
            fields,
        }
    }
}

impl<T: ParseObject> Watched<T> {
    fn watched(&self, query: LiveQuery) -> LiveQuery {
        let watch = self.fields.clone();
        LiveQuery { watch, ..query }
    }

    pub(crate) fn live(&self) -> Result<LiveQuery> {
        Ok(self.watched(self.set.live()?))
    }

    pub(crate) fn live_values<W: ParseView<Model = T>>(&self) -> Result<LiveQuery> {
        Ok(self.watched(self.set.live_values::<W>()?))
    }
}

/// Never implemented: it gives what else a query set can do its own error message.
#[diagnostic::on_unimplemented(
    message = "a query set that watches fields can be subscribed to, and nothing else",
    label = "`watch` was called before",
    note = "to read the rows, ask the query set without `watch`, which says only of which changes a subscription is told"
)]
pub trait Unwatched {}

/// What is not offered any more; the editor, which would complete it, does not see it.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
impl<T: ParseObject> Watched<T> {
    pub fn all(&self, _: &Client) -> Ready<Result<Vec<Object<T>>>>
    where
        Self: Unwatched,
    {
        ready(Ok(Vec::new()))
    }
    pub fn first(&self, _: &Client) -> Ready<Result<Option<Object<T>>>>
    where
        Self: Unwatched,
    {
        ready(Ok(None))
    }
    pub fn stream(&self, client: &Client) -> Rows<T>
    where
        Self: Unwatched,
    {
        self.set.stream(client)
    }
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self {
            set: self.set.clone(),
            fields: self.fields.clone(),
        }
    }
}

impl<T: ParseObject> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.watch({})", self.set, self.fields.join(", "))
    }
}

/// Reads a row that is by itself as a view.
pub(crate) fn view<W: ParseView>(row: &str) -> Result<W, DecodeError> {
    one(ViewSeed(std::marker::PhantomData), row, W::Model::CLASS_NAME)
}

/// The field concerned, and what is wrong.
type Refusal = (String, String);

impl LiveQuery {
    fn new(core: &Core, class_name: &'static str) -> Result<Self> {
        if let Some(option) = core.window() {
            let reason = format!(
                "a subscription is told of every row that meets the conditions, and has no `{option}`: leave it away \
                 there, and give it to the query that reads the rows"
            );
            return Err(Error::invalid(class_name, None, reason));
        }
        check(core, class_name)?;
        let mut conditions = Conditions::default();
        core.nodes()
            .into_iter()
            .try_for_each(|node| conditions.add(node))
            .map_err(|(field, reason)| Error::invalid(class_name, Some(&field), reason))?;
        Ok(Self {
            class_name,
            r#where: conditions.top(),
            keys: None,
            watch: Vec::new(),
        })
    }
}

/// Conditions that all hold.
#[derive(Default)]
struct Conditions {
    keys: Map<String, Value>,
    and: Vec<Value>,
}

impl Conditions {
    fn of(node: &Node) -> Result<Value, Refusal> {
        let mut conditions = Self::default();
        conditions.add(node)?;
        Ok(conditions.whole())
    }

    fn add(&mut self, node: &Node) -> Result<(), Refusal> {
        let all = |list: &[Node]| list.iter().map(Self::of).collect::<Result<Vec<_>, _>>();
        match node {
            Node::And(list) => return list.iter().try_for_each(|node| self.add(node)),
            Node::Or(list) => self.put("$or", all(list)?.into()),
            Node::Nor(list) => self.put("$nor", all(list)?.into()),
            Node::Test { key, holds, test } => self.test(key, *holds, test)?,
        }
        Ok(())
    }

    /// A second condition on a key has an object of its own.
    fn put(&mut self, key: &str, condition: Value) {
        if self.keys.contains_key(key) {
            self.and.push(json!({ key: condition }));
        } else {
            self.keys.insert(key.into(), condition);
        }
    }

    fn whole(mut self) -> Value {
        if !self.and.is_empty() {
            self.keys.insert("$and".into(), self.and.into());
        }
        self.keys.into()
    }

    /// The server knows two queries apart by the branches of their `$or`, whatever stands beside it: there
    /// nothing may.
    fn top(mut self) -> Value {
        if (self.keys.len() > 1 || !self.and.is_empty())
            && let Some(or) = self.keys.remove("$or")
        {
            self.and.push(json!({ "$or": or }));
        }
        self.whole()
    }

    fn test(&mut self, key: &str, holds: Holds, test: &Test) -> Result<(), Refusal> {
        let refuse = |reason: &str| Err((key.to_owned(), reason.to_owned()));
        if key == RELATED_TO || holds == Holds::Relation {
            return refuse(
                "LiveQuery knows nothing of relations: subscribe to all rows, or keep what is asked for in a pointer \
                 or an array",
            );
        }
        let (operator, value) = match test {
            Test::SubQuery { query, .. } if query.key.is_some() => {
                return refuse(
                    "LiveQuery looks at one object at a time, and knows no sub-queries: read the values first, and \
                     compare with a list",
                );
            }
            Test::SubQuery { .. } => {
                return refuse(
                    "LiveQuery looks at one object at a time, and not at what it points to: read those rows first, \
                     and compare the pointer with them, `player__in = &players`",
                );
            }
            Test::Regex { pattern, options } => {
                let mut regex = json!({"$exists": true, "$ne": null, "$regex": javascript(pattern)});
                if !options.is_empty() {
                    regex["$options"] = (*options).into();
                }
                self.put(key, regex);
                return Ok(());
            }
            Test::Near(point, limit) => {
                let mut near = json!({"$nearSphere": known(key, point)?});
                if let Some(radians) = limit {
                    near["$maxDistance"] = (*radians).into();
                }
                self.put(key, near);
                return Ok(());
            }
            Test::Compare(operator, operand) => (*operator, known(key, operand)?),
        };
        if value.get("$relativeTime").is_some() {
            return refuse(
                "LiveQuery has no relative times, `ago(..)` and `from_now(..)`: compare with a date, such as \
                 `Utc::now() - TimeDelta::days(14)`",
            );
        }
        let value = bare_date(key, value);
        let single = |value: &Value| match value {
            Value::Null => Ok::<_, Refusal>(json!({ "$nor": something(key) })),
            value => Ok(json!({ key: equal(key, holds, value)? })),
        };
        match (operator, &value) {
            ("$eq", Value::Null) => self.and.push(json!({ "$nor": something(key) })),
            ("$ne", Value::Null) => self.and.push(json!({ "$or": something(key) })),
            ("$eq", value) => self.put(key, equal(key, holds, value)?),
            ("$ne", value) => self.and.push(json!({"$nor": [single(value)?]})),
            ("$all", Value::Array(list)) if list.iter().all(is_bare) => {
                self.put(key, json!({ "$all": value }));
            }
            ("$in" | "$nin", Value::Array(list)) if list.iter().all(is_listed) => {
                self.put(key, json!({ operator: value }));
            }
            ("$in" | "$nin" | "$all", Value::Array(list)) => {
                let each = list.iter().map(single).collect::<Result<Vec<_>, _>>()?;
                match operator {
                    "$in" => self.and.push(json!({ "$or": each })),
                    "$nin" => self.and.push(json!({ "$nor": each })),
                    _ => self.and.extend(each),
                }
            }
            ("$containedBy", Value::Array(list)) if list.iter().all(is_listed) => {
                self.put(key, of_something(operator, &value));
            }
            ("$gt" | "$gte" | "$lt" | "$lte", value) => {
                self.put(key, json!({"$exists": true, "$ne": null, operator: value}));
            }
            ("$exists" | "$within", value) => self.put(key, json!({ operator: value })),
            ("$geoIntersects", value) => self.put(key, of_something(operator, value)),
            ("$geoWithin", value) => self.put(key, of_something(operator, &circle(value))),
            ("$text", _) => {
                return refuse("LiveQuery knows no full-text search; `contains` and `regex` are known to it");
            }
            _ => return refuse(OF_ELEMENTS),
        }
        Ok(())
    }
}

/// The conditions of which a value meets one, and neither null nor a missing field any: that it is true for
/// JavaScript, or one of those that are not. To compare an object with null makes the server give up.
fn something(key: &str) -> Value {
    json!([{key: {"$all": []}}, {key: 0}, {key: false}, {key: ""}])
}

/// What can be asked of an object or an array only, and makes the server give up where there is none: the first
/// condition is met by any, and the second not looked at otherwise.
fn of_something(operator: &str, value: &Value) -> Value {
    json!({"$all": [], operator: value})
}

const OF_ELEMENTS: &str = "LiveQuery finds texts, numbers, truth values and pointers in an array, and nothing else: \
                           subscribe without this condition, and look at the objects that come";

/// The operand, or why it has none.
fn known(key: &str, operand: &Operand) -> Result<Value, Refusal> {
    let value = operand
        .0
        .as_ref()
        .map_err(|reason| (key.into(), reason.clone()))?;
    Ok(value.to_json().into_owned())
}

/// In the objects that are compared, these two are texts. Those of dates in one form are in the order of the dates.
fn bare_date(key: &str, value: Value) -> Value {
    if !matches!(key, "createdAt" | "updatedAt") {
        return value;
    }
    match value {
        Value::Array(list) => list.into_iter().map(|value| bare_date(key, value)).collect(),
        mut value => match value.get_mut("iso").map(Value::take) {
            Some(iso) => iso,
            None => value,
        },
    }
}

/// A circle around `[longitude, latitude]`, which is the only form that is read there.
fn circle(area: &Value) -> Value {
    let Some([center, radius]) = area
        .get("$centerSphere")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    else {
        return area.clone();
    };
    json!({"$centerSphere": [[center["longitude"], center["latitude"]], radius]})
}

/// True for what is found in a list as it is.
fn is_bare(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

/// True for what is found in a list.
fn is_listed(value: &Value) -> bool {
    is_bare(value) || is(value, "Pointer")
}

fn is(value: &Value, kind: &str) -> bool {
    value.get("__type").is_some_and(|known| known == kind)
}

/// The condition that the key is the value, or holds it.
fn equal(key: &str, holds: Holds, value: &Value) -> Result<Value, Refusal> {
    let refuse = |reason: &str| Err((key.to_owned(), reason.to_owned()));
    match value {
        value if is_bare(value) => Ok(value.clone()),
        // by itself it is not compared with null
        value if is(value, "Pointer") => Ok(json!({ "$in": [value] })),
        _ if holds == Holds::Many => refuse(OF_ELEMENTS),
        value if is(value, "GeoPoint") => {
            refuse("LiveQuery does not know whether two points are equal: write `within_km = (point, 0.001)`")
        }
        value if is(value, "Polygon") => refuse("LiveQuery does not know whether two areas are equal"),
        value => Ok(of_something("$eq", value)),
    }
}

/// The same regular expression without `\Q..\E`, which JavaScript does not have. The server would read the quotes,
/// but first refuses a pattern whose quoted text is no regular expression by itself, such as `(`.
fn javascript(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        written.push_str(before);
        let mut escaped = after.chars();
        escaped.next();
        match escaped.next() {
            Some('Q') => {
                let quoted = &after[2..];
                let (text, behind) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                for letter in text.chars() {
                    match letter {
                        '\\' => written.push_str(BACKSLASH),
                        letter if ".*+?^${}()|[]".contains(letter) => {
                            written.push('\\');
                            written.push(letter);
                        }
                        letter => written.push(letter),
                    }
                }
                rest = behind;
                continue;
            }
            Some('\\') => written.push_str(BACKSLASH),
            Some(letter) => {
                written.push('\\');
                written.push(letter);
            }
            None => written.push('\\'),
        }
        rest = escaped.as_str();
    }
    written.push_str(rest);
    written
}

/// Not as `\\`: before a Q the server would take its second half for the beginning of a quote.
const BACKSLASH: &str = "\\x5c";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::text::{Anchor, pattern};

    #[test]
    fn quoted_text_stands_for_itself_in_javascript() {
        for (text, written) in [
            ("Ann", "Ann"),
            ("a_b c-d", "a_b c-d"),
            ("(", r"\("),
            (r"C:\Q", r"C:\x5cQ"),
            (r"a\Eb", r"a\x5cEb"),
            (r"a\\E", r"a\x5c\x5cE"),
            (r"end\", r"end\x5c"),
            ("é😀\n", "é😀\n"),
            ("", ""),
        ] {
            assert_eq!(javascript(&pattern(Anchor::None, text)), written, "{text}");
        }
        assert_eq!(javascript(&pattern(Anchor::Start, "J.")), r"^J\.");
        assert_eq!(javascript(&pattern(Anchor::End, "J.")), r"J\.$");
    }

    #[test]
    fn a_pattern_of_the_programs_own_stays() {
        for (pattern, written) in [
            (r"^J.*n$", r"^J.*n$"),
            (r"\d+\.\d", r"\d+\.\d"),
            (r"[\\]Q", r"[\x5c]Q"),
            (r"\\Qa", r"\x5cQa"),
            (r"a\Q.\Eb\Q*", r"a\.b\*"),
            (r"broken\", r"broken\"),
        ] {
            assert_eq!(javascript(pattern), written, "{pattern}");
        }
    }
}
