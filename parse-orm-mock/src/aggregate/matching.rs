//! `$match`: the query language of the database itself, on documents.
//!
//! The operators that Parse has too are matched by its matcher; here a whole object is a value to compare with,
//! and the messages are those of the database.

use serde_json::{Map, Value};

use super::document::Document;
use super::expression::{Expression, truth};
use super::operator::type_name;
use super::{mongo, not_imitated};
use crate::query::matcher::{Test, Than};
use crate::query::pattern;
use crate::refusal::Refusal;
use crate::store::path::Path;

/// A filter on documents.
#[derive(Debug)]
pub(crate) enum Matching {
    All(Vec<Matching>),
    Any(Vec<Matching>),
    None(Vec<Matching>),
    Field(Path, Vec<Condition>),
    Expression(Expression),
}

/// One condition on one field.
#[derive(Debug)]
pub(crate) enum Condition {
    Test(Test),
    Not(Vec<Condition>),
    Size(f64),
    Mod(f64, f64),
    Type(Vec<String>),
    /// An element that is a document and matches.
    Document(Matching),
    /// An element that fulfils all conditions.
    Element(Vec<Condition>),
}

impl Matching {
    pub(crate) fn compile(argument: &Value) -> Result<Self, Refusal> {
        let Value::Object(map) = argument else {
            return Err(mongo("the match filter must be an expression in an object"));
        };
        let mut parts = Vec::with_capacity(map.len());
        for (key, value) in map {
            parts.push(Self::entry(key, value)?);
        }
        Ok(Self::All(parts))
    }

    fn entry(key: &str, value: &Value) -> Result<Self, Refusal> {
        let branches = || {
            let wrong = || mongo(format!("{key} argument must be an array"));
            let branches = value.as_array().ok_or_else(wrong)?;
            if branches.is_empty() {
                return Err(mongo("$and/$or/$nor must be a nonempty array"));
            }
            branches.iter().map(Self::compile).collect::<Result<Vec<_>, _>>()
        };
        match key {
            "$and" => Ok(Self::All(branches()?)),
            "$or" => Ok(Self::Any(branches()?)),
            "$nor" => Ok(Self::None(branches()?)),
            "$expr" => Ok(Self::Expression(Expression::compile(value)?)),
            "$comment" => Ok(Self::All(Vec::new())),
            "$text" | "$where" | "$jsonSchema" | "$sampleRate" => Err(not_imitated(key)),
            _ if key.starts_with('$') => Err(mongo(format!(
                "unknown top level operator: {key}. If you have a field name that starts with a '$' symbol, consider \
                 using $getField or $setField."
            ))),
            _ => Ok(Self::Field(Path::new(key), conditions(value)?)),
        }
    }

    pub(crate) fn matches(&self, document: &Document) -> Result<bool, Refusal> {
        Ok(match self {
            Self::All(parts) => all(parts, document)?,
            Self::Any(parts) => any(parts, document)?,
            Self::None(parts) => !any(parts, document)?,
            Self::Expression(expression) => truth(expression.evaluate(document)?.as_ref()),
            Self::Field(path, conditions) => {
                for condition in conditions {
                    if !condition.holds(path, document)? {
                        return Ok(false);
                    }
                }
                true
            }
        })
    }
}

fn all(parts: &[Matching], document: &Document) -> Result<bool, Refusal> {
    for part in parts {
        if !part.matches(document)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn any(parts: &[Matching], document: &Document) -> Result<bool, Refusal> {
    for part in parts {
        if part.matches(document)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An object of operators, or a value to be equal to.
fn conditions(value: &Value) -> Result<Vec<Condition>, Refusal> {
    let operators = value
        .as_object()
        .filter(|map| map.keys().next().is_some_and(|key| key.starts_with('$')));
    let Some(operators) = operators else {
        return Ok(vec![Condition::Test(Test::Equal(value.clone()))]);
    };
    let mut conditions = Vec::with_capacity(operators.len());
    for (name, operand) in operators {
        conditions.extend(Condition::compile(name, operand, operators)?);
    }
    Ok(conditions)
}

impl Condition {
    fn compile(name: &str, operand: &Value, all: &Map<String, Value>) -> Result<Option<Self>, Refusal> {
        let value = || operand.clone();
        let list = || {
            let items = operand.as_array().cloned();
            items.ok_or_else(|| mongo(format!("{name} needs an array")))
        };
        let test = match name {
            "$eq" => Test::Equal(value()),
            "$ne" => Test::NotEqual(value()),
            "$lt" => Test::Compare(Than::Less, value()),
            "$lte" => Test::Compare(Than::LessOrEqual, value()),
            "$gt" => Test::Compare(Than::Greater, value()),
            "$gte" => Test::Compare(Than::GreaterOrEqual, value()),
            "$in" => Test::In(list()?.into()),
            "$nin" => Test::NotIn(list()?.into()),
            "$exists" => Test::Exists(truth(Some(operand))),
            "$all" => Test::All(list()?.into_iter().map(Test::Equal).collect()),
            "$regex" => {
                let source = operand
                    .as_str()
                    .ok_or_else(|| mongo("$regex has to be a string"))?;
                let options = all.get("$options").and_then(Value::as_str).unwrap_or_default();
                let regex =
                    pattern::compile(source, options).map_err(|_| mongo("Regular expression is invalid"))?;
                Test::Pattern(Box::new(regex))
            }
            "$options" if all.contains_key("$regex") => return Ok(None),
            "$options" => return Err(mongo("$options needs a $regex")),
            _ => return Self::compile_own(name, operand).map(Some),
        };
        Ok(Some(Self::Test(test)))
    }

    /// The operators that Parse does not have.
    fn compile_own(name: &str, operand: &Value) -> Result<Self, Refusal> {
        Ok(match name {
            "$not" if operand.is_object() => Self::Not(conditions(operand)?),
            "$not" => return Err(mongo("$not needs a regex or a document")),
            "$size" => {
                let size = operand
                    .as_f64()
                    .filter(|size| *size >= 0.0 && size.fract() == 0.0);
                Self::Size(
                    size.ok_or_else(|| mongo("Failed to parse $size. Expected a non-negative whole number"))?,
                )
            }
            "$mod" => match operand.as_array().map(|parts| (parts.len(), parts)) {
                Some((2, parts)) => {
                    let part = |place: usize| parts[place].as_f64().map(f64::trunc);
                    let wrong = || mongo("malformed mod, divisor not a number");
                    let divisor = part(0).ok_or_else(wrong)?;
                    if divisor == 0.0 {
                        return Err(mongo("divisor cannot be 0"));
                    }
                    Self::Mod(divisor, part(1).ok_or_else(wrong)?)
                }
                _ => return Err(mongo("malformed mod, not enough elements")),
            },
            "$type" => {
                let names = match operand {
                    Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                    operand => operand.as_str().into_iter().collect::<Vec<_>>(),
                };
                if names.is_empty() {
                    return Err(not_imitated("$type by number"));
                }
                Self::Type(names.into_iter().map(str::to_owned).collect())
            }
            "$elemMatch" => {
                let map = operand
                    .as_object()
                    .ok_or_else(|| mongo("$elemMatch needs an Object"))?;
                let values = map.keys().next().is_some_and(|key| {
                    key.starts_with('$') && !["$and", "$or", "$nor", "$expr"].contains(&key.as_str())
                });
                if values {
                    Self::Element(conditions(operand)?)
                } else {
                    Self::Document(Matching::compile(operand)?)
                }
            }
            "$geoWithin" | "$geoIntersects" | "$near" | "$nearSphere" | "$within" | "$bitsAllSet"
            | "$bitsAnySet" | "$bitsAllClear" | "$bitsAnyClear" => return Err(not_imitated(name)),
            _ => return Err(mongo(format!("unknown operator: {name}"))),
        })
    }

    fn holds(&self, path: &Path, document: &Document) -> Result<bool, Refusal> {
        let mut failed = None;
        let mut at = |test: &mut dyn FnMut(Option<&Value>) -> Result<bool, Refusal>| {
            path.any(document, &mut |leaf| {
                test(leaf).unwrap_or_else(|refusal| {
                    failed = Some(refusal);
                    true
                })
            })
        };
        let holds = match self {
            Self::Test(test) => test.matches(path, document),
            Self::Not(conditions) => {
                for condition in conditions {
                    if !condition.holds(path, document)? {
                        return Ok(true);
                    }
                }
                false
            }
            #[expect(clippy::cast_precision_loss, reason = "a length is far below 2^53")]
            Self::Size(size) => at(&mut |leaf| {
                let items = leaf.and_then(Value::as_array);
                Ok(items.is_some_and(|items| (items.len() as f64 - size).abs() < 0.5))
            }),
            Self::Mod(divisor, rest) => at(&mut |leaf| {
                Ok(any_value(leaf, &mut |value| {
                    let number = value.as_f64().map(f64::trunc);
                    number.is_some_and(|number| (number % divisor - rest).abs() < 0.5)
                }))
            }),
            Self::Type(names) => at(&mut |leaf| {
                let is = |value: &Value| {
                    let name = type_name(Some(value));
                    names
                        .iter()
                        .any(|wanted| wanted == name || (wanted == "number" && value.is_number()))
                };
                Ok(leaf.is_some_and(is) || any_value(leaf, &mut |value| is(value)))
            }),
            Self::Document(matching) => at(&mut |leaf| {
                for item in elements(leaf).iter().filter_map(Value::as_object) {
                    if matching.matches(item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }),
            Self::Element(conditions) => at(&mut |leaf| {
                // An element is looked at as the only field of a document.
                let name = Path::new("");
                'items: for item in elements(leaf) {
                    let document = Document::from_iter([(String::new(), item.clone())]);
                    for condition in conditions {
                        if !condition.holds(&name, &document)? {
                            continue 'items;
                        }
                    }
                    return Ok(true);
                }
                Ok(false)
            }),
        };
        failed.map_or(Ok(holds), Err)
    }
}

fn elements(leaf: Option<&Value>) -> &[Value] {
    leaf.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A value, or any element of a list.
fn any_value(leaf: Option<&Value>, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match leaf {
        None => false,
        Some(Value::Array(items)) => items.iter().any(test),
        Some(value) => test(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(argument: &Value) -> Result<bool, String> {
        let document = json!({
            "n": 6, "s": "text", "a": [1, 5, 9], "o": {"x": 1}, "l": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "nil": null,
        });
        Matching::compile(argument)
            .and_then(|matching| matching.matches(document.as_object().unwrap()))
            .map_err(|refusal| refusal.message.into_owned())
    }

    #[test]
    fn conditions_hold_or_not() {
        for (wanted, argument) in [
            (true, json!({})),
            (true, json!({"n": {"$gt": 5, "$lt": 7}, "s": "text"})),
            (true, json!({"o": {"x": 1}})),
            (false, json!({"o": {"x": 2}})),
            (true, json!({"o.x": {"$in": [1]}})),
            (true, json!({"nil": null, "missing": null})),
            (true, json!({"missing": {"$exists": false}})),
            (true, json!({"s": {"$regex": "^TE", "$options": "i"}})),
            (true, json!({"a": {"$size": 3}})),
            (false, json!({"a": {"$size": 2}})),
            (true, json!({"a": {"$all": [1, 9]}})),
            (true, json!({"a": {"$gt": 6, "$lt": 4}})),
            (false, json!({"a": {"$elemMatch": {"$gt": 6, "$lt": 9}}})),
            (true, json!({"a": {"$elemMatch": {"$gt": 4, "$lt": 6}}})),
            (true, json!({"l": {"$elemMatch": {"x": 3, "y": 4}}})),
            (false, json!({"l": {"$elemMatch": {"x": 1, "y": 4}}})),
            (true, json!({"n": {"$not": {"$gt": 6}}})),
            (true, json!({"missing": {"$not": {"$gt": 6}}})),
            (true, json!({"n": {"$mod": [4, 2]}})),
            (true, json!({"n": {"$type": "number"}, "a": {"$type": "array"}})),
            (true, json!({"$or": [{"n": 1}, {"s": "text"}]})),
            (false, json!({"$nor": [{"n": 1}, {"s": "text"}]})),
            (true, json!({"$expr": {"$gt": ["$n", "$o.x"]}})),
        ] {
            assert_eq!(matches(&argument), Ok(wanted), "{argument}");
        }
        for (argument, message) in [
            (json!({"n": {"$bogus": 1}}), "unknown operator: $bogus"),
            (json!({"n": {"$in": {"0": 1}}}), "$in needs an array"),
            (json!({"$or": []}), "$and/$or/$nor must be a nonempty array"),
            (
                json!({"n": {"$nearSphere": 1}}),
                "$nearSphere is not imitated by parse-orm-mock",
            ),
        ] {
            assert_eq!(matches(&argument), Err(message.to_owned()));
        }
    }
}
