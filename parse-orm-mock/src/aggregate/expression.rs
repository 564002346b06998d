//! Expressions of the aggregation language: compiled once, evaluated for every document.

use chrono::Utc;
use serde_json::{Map, Value};

use super::document::{Document, PLAIN_TYPE, date, plain};
use super::operator::{self, Operator};
use super::{dates, mongo, not_imitated};
use crate::clock;
use crate::number::from_double;
use crate::refusal::Refusal;

/// An expression; its value may be missing, which is not null.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Literal(Value),
    /// `$a.b`, from the root.
    Path(Vec<String>),
    Root,
    Remove,
    Object(Vec<(String, Expression)>),
    List(Vec<Expression>),
    Cond(Box<[Expression; 3]>),
    /// Cases with their results, and the default.
    Switch(Vec<(Expression, Expression)>, Option<Box<Expression>>),
    /// The date and the format.
    DateToString(Box<Expression>, String),
    Call(Operator, Vec<Expression>),
}

impl Expression {
    pub(crate) fn compile(value: &Value) -> Result<Self, Refusal> {
        match value {
            Value::String(text) => Self::path(text),
            Value::Array(items) => Self::list(items).map(Self::List),
            Value::Object(map) => Self::object(map),
            other => Ok(Self::Literal(plain(other))),
        }
    }

    fn path(text: &str) -> Result<Self, Refusal> {
        let Some(path) = text.strip_prefix('$') else {
            return Ok(Self::Literal(Value::String(text.to_owned())));
        };
        let parts = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        if let Some(variable) = path.strip_prefix('$') {
            let (name, rest) = variable.split_once('.').unwrap_or((variable, ""));
            return match (name, rest) {
                ("ROOT" | "CURRENT", "") => Ok(Self::Root),
                ("ROOT" | "CURRENT", rest) => Ok(Self::Path(parts(rest))),
                ("NOW", "") => Ok(Self::Literal(date(&Value::String(clock::spell(Utc::now()))))),
                ("REMOVE", "") => Ok(Self::Remove),
                _ => Err(mongo(format!("Use of undefined variable: {name}"))),
            };
        }
        if path.is_empty() {
            return Err(mongo("'$' by itself is not a valid FieldPath"));
        }
        if path.ends_with('.') {
            return Err(mongo("FieldPath must not end with a '.'."));
        }
        let parts = parts(path);
        if parts.iter().any(String::is_empty) {
            return Err(mongo("FieldPath field names may not be empty strings."));
        }
        Ok(Self::Path(parts))
    }

    fn list(items: &[Value]) -> Result<Vec<Self>, Refusal> {
        items.iter().map(Self::compile).collect()
    }

    fn object(map: &Map<String, Value>) -> Result<Self, Refusal> {
        let Some(name) = map.keys().find(|key| key.starts_with('$')) else {
            let mut fields = Vec::with_capacity(map.len());
            for (key, value) in map {
                if key.contains('.') {
                    return Err(mongo(
                        "FieldPath field names may not contain '.'. Consider using $getField or $setField.",
                    ));
                }
                // To the database this is a key like any other.
                let key = if key == "__type" { PLAIN_TYPE } else { key };
                fields.push((key.to_owned(), Self::compile(value)?));
            }
            return Ok(Self::Object(fields));
        };
        if map.len() != 1 {
            let text = Value::Object(map.clone());
            return Err(mongo(format!(
                "an object representing an expression must have exactly one field: {text}"
            )));
        }
        let argument = &map[name];
        match name.as_str() {
            "$literal" => Ok(Self::Literal(plain(argument))),
            "$cond" => Self::cond(argument),
            "$switch" => Self::switch(argument),
            "$dateToString" => Self::date_to_string(argument),
            _ => Self::call(name, argument),
        }
    }

    fn cond(argument: &Value) -> Result<Self, Refusal> {
        let parts = match argument {
            Value::Array(items) if items.len() == 3 => Self::list(items)?,
            Value::Array(items) => {
                let count = items.len();
                return Err(mongo(format!(
                    "Expression $cond takes exactly 3 arguments. {count} were passed in."
                )));
            }
            argument => {
                let part = |key: &str| {
                    let part = argument.get(key);
                    let part = part.ok_or_else(|| mongo(format!("Missing '{key}' parameter to $cond")))?;
                    Self::compile(part)
                };
                vec![part("if")?, part("then")?, part("else")?]
            }
        };
        let parts: Box<[Self; 3]> = parts
            .into_boxed_slice()
            .try_into()
            .map_err(|_| mongo("Expression $cond takes exactly 3 arguments."))?;
        Ok(Self::Cond(parts))
    }

    fn switch(argument: &Value) -> Result<Self, Refusal> {
        let branches = argument.get("branches").and_then(Value::as_array);
        let branches = branches
            .filter(|branches| !branches.is_empty())
            .ok_or_else(|| mongo("$switch requires at least one branch."))?;
        let mut cases = Vec::with_capacity(branches.len());
        for branch in branches {
            let part = |key: &str| {
                let missing = || mongo(format!("$switch requires each branch have a '{key}' expression"));
                Self::compile(branch.get(key).ok_or_else(missing)?)
            };
            cases.push((part("case")?, part("then")?));
        }
        let default = argument.get("default").map(Self::compile).transpose()?;
        Ok(Self::Switch(cases, default.map(Box::new)))
    }

    fn date_to_string(argument: &Value) -> Result<Self, Refusal> {
        let missing = || mongo("Missing 'date' parameter to $dateToString");
        let when = Self::compile(argument.get("date").ok_or_else(missing)?)?;
        if argument.get("timezone").is_some() || argument.get("onNull").is_some() {
            return Err(not_imitated("$dateToString with timezone or onNull"));
        }
        let format = argument
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or("%Y-%m-%dT%H:%M:%S.%LZ");
        Ok(Self::DateToString(Box::new(when), format.to_owned()))
    }

    fn call(name: &str, argument: &Value) -> Result<Self, Refusal> {
        let found = operator::find(name)?;
        let arguments = match argument {
            Value::Array(items) => Self::list(items)?,
            // Parts of a date can be asked for with a time zone.
            Value::Object(map) if found.operator.is_date_part() && map.contains_key("date") => {
                if map.len() > 1 {
                    return Err(not_imitated("timezone"));
                }
                vec![Self::compile(&map["date"])?]
            }
            other => vec![Self::compile(other)?],
        };
        found.check(name, arguments.len())?;
        Ok(Self::Call(found.operator, arguments))
    }

    /// The value for a document; `None` when it is missing.
    pub(crate) fn evaluate(&self, document: &Document) -> Result<Option<Value>, Refusal> {
        Ok(match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path(path) => {
                let Some((root, rest)) = path.split_first() else {
                    return Ok(None);
                };
                document.get(root).and_then(|value| walk(value, rest))
            }
            Self::Root => Some(Value::Object(document.clone())),
            Self::Remove => None,
            Self::Object(fields) => {
                let mut map = Map::with_capacity(fields.len());
                for (key, field) in fields {
                    if let Some(value) = field.evaluate(document)? {
                        map.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(map))
            }
            Self::List(items) => Some(Value::Array(
                items
                    .iter()
                    .map(|item| item.evaluate(document).map(Option::unwrap_or_default))
                    .collect::<Result<_, _>>()?,
            )),
            Self::Cond(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                let branch = if truth(condition.evaluate(document)?.as_ref()) {
                    then
                } else {
                    otherwise
                };
                branch.evaluate(document)?
            }
            Self::Switch(cases, default) => {
                for (condition, then) in cases {
                    if truth(condition.evaluate(document)?.as_ref()) {
                        return then.evaluate(document);
                    }
                }
                let none = || {
                    mongo(
                        "$switch could not find a matching branch for an input, and no default was specified.",
                    )
                };
                default.as_ref().ok_or_else(none)?.evaluate(document)?
            }
            Self::DateToString(when, format) => match when.evaluate(document)? {
                None | Some(Value::Null) => Some(Value::Null),
                Some(value) => Some(dates::to_string(&value, format)?),
            },
            Self::Call(operator, arguments) => {
                let values = arguments
                    .iter()
                    .map(|argument| argument.evaluate(document))
                    .collect::<Result<Vec<_>, _>>()?;
                operator.apply(&values)?
            }
        })
    }
}

/// The value at a path; on the way through a list the values of its objects.
fn walk(value: &Value, path: &[String]) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Object(map) => map.get(first).and_then(|inner| walk(inner, rest)),
        Value::Array(items) => Some(items.iter().filter_map(|item| walk_item(item, path)).collect()),
        _ => None,
    }
}

fn walk_item(item: &Value, path: &[String]) -> Option<Value> {
    item.is_object().then(|| walk(item, path))?
}

/// MongoDB's truth: everything but false, zero, null and what is missing.
pub(crate) fn truth(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(_) => true,
    }
}

pub(crate) fn number(value: f64) -> Value {
    Value::Number(from_double(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(expression: Value) -> Result<Option<Value>, String> {
        let document = json!({
            "n": 6, "f": 0.5, "s": "abC", "a": [3, 1, 2], "o": {"x": 1, "l": [{"y": 1}, {"z": 2}, 7, {"y": 3}]},
            "nil": null, "d": date(&json!("2021-03-04T05:06:07.008Z")),
        });
        let document = document.as_object().unwrap();
        Expression::compile(&expression)
            .and_then(|expression| expression.evaluate(document))
            .map_err(|refusal| refusal.message.into_owned())
    }

    #[test]
    fn values() {
        for (expression, expected) in [
            (json!("$n"), json!(6)),
            (json!("n"), json!("n")),
            (json!("$o.l.y"), json!([1, 3])),
            (json!("$$ROOT.o.x"), json!(1)),
            (json!({"$add": ["$n", "$f", 1]}), json!(7.5)),
            (json!({"$add": ["$n", "$missing"]}), json!(null)),
            (json!({"$subtract": ["$n", 2]}), json!(4)),
            (json!({"$multiply": ["$n", "$f"]}), json!(3)),
            (json!({"$divide": ["$n", 4]}), json!(1.5)),
            (json!({"$mod": ["$n", 4]}), json!(2)),
            (json!({"$round": [2.567, 2]}), json!(2.57)),
            (json!({"$round": 2.5}), json!(2)),
            (json!({"$concat": ["$s", "-", "x"]}), json!("abC-x")),
            (json!({"$concat": ["$s", null]}), json!(null)),
            (json!({"$toUpper": "$s"}), json!("ABC")),
            (json!({"$toLower": "$missing"}), json!("")),
            (json!({"$substrCP": ["$s", 1, 2]}), json!("bC")),
            (json!({"$split": ["a,b", ","]}), json!(["a", "b"])),
            (json!({"$strLenCP": "$s"}), json!(3)),
            (json!({"$size": "$a"}), json!(3)),
            (json!({"$arrayElemAt": ["$a", -1]}), json!(2)),
            (json!({"$first": "$a"}), json!(3)),
            (json!({"$in": [1, "$a"]}), json!(true)),
            (json!({"$slice": ["$a", 2]}), json!([3, 1])),
            (json!({"$concatArrays": ["$a", [9]]}), json!([3, 1, 2, 9])),
            (json!({"$max": "$a"}), json!(3)),
            (json!({"$sum": ["$n", "$f", "$s"]}), json!(6.5)),
            (json!({"$avg": "$a"}), json!(2)),
            (json!({"$year": "$d"}), json!(2021)),
            (json!({"$month": {"date": "$d"}}), json!(3)),
            (json!({"$dayOfMonth": "$d"}), json!(4)),
            (json!({"$dayOfWeek": "$d"}), json!(5)),
            (json!({"$dayOfYear": "$d"}), json!(63)),
            (json!({"$millisecond": "$d"}), json!(8)),
            (json!({"$year": "$missing"}), json!(null)),
            (
                json!({"$dateToString": {"date": "$d", "format": "%Y-%m-%d %H:%M:%S.%L%%"}}),
                json!("2021-03-04 05:06:07.008%"),
            ),
            (
                json!({"$toDate": "2021-03-04"}),
                date(&json!("2021-03-04T00:00:00.000Z")),
            ),
            (
                json!({"$subtract": ["$d", {"$toDate": "2021-03-04T05:06:07Z"}]}),
                json!(8),
            ),
            (
                json!({"$add": ["$d", 1000]}),
                date(&json!("2021-03-04T05:06:08.008Z")),
            ),
            (
                json!({"$cond": [{"$gt": ["$n", 5]}, "big", "small"]}),
                json!("big"),
            ),
            (json!({"$cond": {"if": "$nil", "then": 1, "else": 2}}), json!(2)),
            (json!({"$ifNull": ["$missing", "$nil", 5]}), json!(5)),
            (
                json!({"$switch": {"branches": [{"case": {"$lt": ["$n", 5]}, "then": 1}], "default": 3}}),
                json!(3),
            ),
            (json!({"$and": ["$n", {"$not": ["$nil"]}]}), json!(true)),
            (json!({"$or": ["$nil", 0]}), json!(false)),
            (json!({"$cmp": ["$n", "$s"]}), json!(-1)),
            (json!({"$eq": ["$nil", "$missing"]}), json!(false)),
            (json!({"$gte": ["$d", date(&json!("2021-03-04"))]}), json!(true)),
            (json!({"$type": "$d"}), json!("date")),
            (json!({"$type": "$missing"}), json!("missing")),
            (json!({"$toString": "$n"}), json!("6")),
            (json!({"$toInt": "7"}), json!(7)),
            (json!({"$literal": "$n"}), json!("$n")),
            (json!({"x": "$n", "y": "$missing"}), json!({"x": 6})),
            (json!(["$n", "$missing"]), json!([6, null])),
            (
                json!({"$mergeObjects": ["$o", {"x": 2}]}),
                json!({"x": 2, "l": [{"y": 1}, {"z": 2}, 7, {"y": 3}]}),
            ),
        ] {
            assert_eq!(value(expression.clone()), Ok(Some(expected)), "{expression}");
        }
        assert_eq!(value(json!("$missing")), Ok(None));
        assert_eq!(value(json!("$n.x")), Ok(None));
        assert_eq!(value(json!("$$REMOVE")), Ok(None));
    }

    #[test]
    fn mistakes() {
        for (expression, message) in [
            (json!({"$bogus": 1}), "Unrecognized expression '$bogus'"),
            (json!({"$zip": {}}), "$zip is not imitated by parse-orm-mock"),
            (json!("$"), "'$' by itself is not a valid FieldPath"),
            (json!("$a..b"), "FieldPath field names may not be empty strings."),
            (json!("$$x"), "Use of undefined variable: x"),
            (
                json!({"$add": ["$n", "$s"]}),
                "$add only supports numeric or date types, not string",
            ),
            (json!({"$divide": [1, 0]}), "can't $divide by zero"),
            (
                json!({"$divide": [1]}),
                "Expression $divide takes exactly 2 arguments. 1 were passed in.",
            ),
            (
                json!({"$size": "$n"}),
                "The argument to $size must be an array, but was of type: int",
            ),
            (
                json!({"$concat": ["$n"]}),
                "$concat only supports strings, not int",
            ),
            (
                json!({"$year": "$s"}),
                "can't convert from BSON type string to Date",
            ),
            (
                json!({"$add": [1], "$x": 1}),
                "an object representing an expression must have exactly one field: {\"$add\":[1],\"$x\":1}",
            ),
        ] {
            assert_eq!(value(expression.clone()), Err(message.to_owned()), "{expression}");
        }
    }
}
