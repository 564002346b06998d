//! The operators of expressions: how many arguments each takes and what it makes of them.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::accumulator::Sum;
use super::expression::truth;
use super::{arithmetic, dates, lists, mongo, not_imitated, texts};
use crate::refusal::Refusal;
use crate::value::{compare, is_typed};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Mod,
    Abs,
    Ceil,
    Floor,
    Round,
    Sqrt,
    Pow,
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    Cmp,
    And,
    Or,
    Not,
    IfNull,
    Concat,
    ToUpper,
    ToLower,
    Substr,
    StrLen,
    Split,
    Trim,
    ToString,
    ToNumber,
    ToInt,
    ToDate,
    Type,
    Size,
    ArrayElemAt,
    First,
    Last,
    In,
    Slice,
    ConcatArrays,
    ReverseArray,
    IsArray,
    MergeObjects,
    Sum,
    Avg,
    Min,
    Max,
    Year,
    Month,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// An operator and how many arguments it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    name: &'static str,
    pub(crate) operator: Operator,
    least: usize,
    most: usize,
}

const ANY: usize = usize::MAX;

const fn entry(name: &'static str, operator: Operator, least: usize, most: usize) -> Entry {
    Entry {
        name,
        operator,
        least,
        most,
    }
}

const OPERATORS: [Entry; 58] = [
    entry("$add", Operator::Add, 0, ANY),
    entry("$subtract", Operator::Subtract, 2, 2),
    entry("$multiply", Operator::Multiply, 0, ANY),
    entry("$divide", Operator::Divide, 2, 2),
    entry("$mod", Operator::Mod, 2, 2),
    entry("$abs", Operator::Abs, 1, 1),
    entry("$ceil", Operator::Ceil, 1, 1),
    entry("$floor", Operator::Floor, 1, 1),
    entry("$round", Operator::Round, 1, 2),
    entry("$sqrt", Operator::Sqrt, 1, 1),
    entry("$pow", Operator::Pow, 2, 2),
    entry("$eq", Operator::Eq, 2, 2),
    entry("$ne", Operator::Ne, 2, 2),
    entry("$gt", Operator::Gt, 2, 2),
    entry("$gte", Operator::Gte, 2, 2),
    entry("$lt", Operator::Lt, 2, 2),
    entry("$lte", Operator::Lte, 2, 2),
    entry("$cmp", Operator::Cmp, 2, 2),
    entry("$and", Operator::And, 0, ANY),
    entry("$or", Operator::Or, 0, ANY),
    entry("$not", Operator::Not, 1, 1),
    entry("$ifNull", Operator::IfNull, 2, ANY),
    entry("$concat", Operator::Concat, 0, ANY),
    entry("$toUpper", Operator::ToUpper, 1, 1),
    entry("$toLower", Operator::ToLower, 1, 1),
    entry("$substrCP", Operator::Substr, 3, 3),
    entry("$strLenCP", Operator::StrLen, 1, 1),
    entry("$split", Operator::Split, 2, 2),
    entry("$trim", Operator::Trim, 1, 1),
    entry("$toString", Operator::ToString, 1, 1),
    entry("$toDouble", Operator::ToNumber, 1, 1),
    entry("$toInt", Operator::ToInt, 1, 1),
    entry("$toLong", Operator::ToInt, 1, 1),
    entry("$toDate", Operator::ToDate, 1, 1),
    entry("$type", Operator::Type, 1, 1),
    entry("$size", Operator::Size, 1, 1),
    entry("$arrayElemAt", Operator::ArrayElemAt, 2, 2),
    entry("$first", Operator::First, 1, 1),
    entry("$last", Operator::Last, 1, 1),
    entry("$in", Operator::In, 2, 2),
    entry("$slice", Operator::Slice, 2, 3),
    entry("$concatArrays", Operator::ConcatArrays, 0, ANY),
    entry("$reverseArray", Operator::ReverseArray, 1, 1),
    entry("$isArray", Operator::IsArray, 1, 1),
    entry("$mergeObjects", Operator::MergeObjects, 0, ANY),
    entry("$sum", Operator::Sum, 0, ANY),
    entry("$avg", Operator::Avg, 0, ANY),
    entry("$min", Operator::Min, 0, ANY),
    entry("$max", Operator::Max, 0, ANY),
    entry("$year", Operator::Year, 1, 1),
    entry("$month", Operator::Month, 1, 1),
    entry("$dayOfMonth", Operator::DayOfMonth, 1, 1),
    entry("$dayOfWeek", Operator::DayOfWeek, 1, 1),
    entry("$dayOfYear", Operator::DayOfYear, 1, 1),
    entry("$hour", Operator::Hour, 1, 1),
    entry("$minute", Operator::Minute, 1, 1),
    entry("$second", Operator::Second, 1, 1),
    entry("$millisecond", Operator::Millisecond, 1, 1),
];

/// What MongoDB knows beyond that: not a mistake of the client.
const NOT_IMITATED: &[&str] = &[
    "$acos",
    "$acosh",
    "$allElementsTrue",
    "$anyElementTrue",
    "$arrayToObject",
    "$asin",
    "$asinh",
    "$atan",
    "$atan2",
    "$atanh",
    "$binarySize",
    "$bitAnd",
    "$bitNot",
    "$bitOr",
    "$bitXor",
    "$bsonSize",
    "$convert",
    "$cos",
    "$cosh",
    "$dateAdd",
    "$dateDiff",
    "$dateFromParts",
    "$dateFromString",
    "$dateSubtract",
    "$dateToParts",
    "$dateTrunc",
    "$degreesToRadians",
    "$exp",
    "$filter",
    "$firstN",
    "$function",
    "$getField",
    "$indexOfArray",
    "$indexOfBytes",
    "$indexOfCP",
    "$isNumber",
    "$isoDayOfWeek",
    "$isoWeek",
    "$isoWeekYear",
    "$lastN",
    "$let",
    "$ln",
    "$log",
    "$log10",
    "$ltrim",
    "$map",
    "$maxN",
    "$median",
    "$minN",
    "$objectToArray",
    "$percentile",
    "$radiansToDegrees",
    "$rand",
    "$range",
    "$reduce",
    "$regexFind",
    "$regexFindAll",
    "$regexMatch",
    "$replaceAll",
    "$replaceOne",
    "$rtrim",
    "$sampleRate",
    "$setField",
    "$setUnion",
    "$setDifference",
    "$setEquals",
    "$setIntersection",
    "$setIsSubset",
    "$sin",
    "$sinh",
    "$sortArray",
    "$stdDevPop",
    "$stdDevSamp",
    "$strLenBytes",
    "$strcasecmp",
    "$substr",
    "$substrBytes",
    "$tan",
    "$tanh",
    "$toBool",
    "$toDecimal",
    "$toObjectId",
    "$trunc",
    "$unsetField",
    "$week",
    "$zip",
];

/// The operator of a name.
pub(crate) fn find(name: &str) -> Result<Entry, Refusal> {
    if let Some(entry) = OPERATORS.iter().find(|entry| entry.name == name) {
        return Ok(*entry);
    }
    if NOT_IMITATED.contains(&name) {
        return Err(not_imitated(name));
    }
    Err(mongo(format!("Unrecognized expression '{name}'")))
}

impl Entry {
    pub(crate) fn check(&self, name: &str, count: usize) -> Result<(), Refusal> {
        if (self.least..=self.most).contains(&count) {
            return Ok(());
        }
        let (least, most) = (self.least, self.most);
        Err(mongo(if least == most {
            format!("Expression {name} takes exactly {least} arguments. {count} were passed in.")
        } else if most == ANY {
            format!("Expression {name} takes at least {least} arguments, but {count} were passed in.")
        } else {
            format!(
                "Expression {name} takes at least {least} arguments, and at most {most}, but {count} were passed in."
            )
        }))
    }
}

type Values<'a> = &'a [Option<Value>];

impl Operator {
    pub(crate) fn is_date_part(self) -> bool {
        use Operator as O;
        matches!(
            self,
            O::Year
                | O::Month
                | O::DayOfMonth
                | O::DayOfWeek
                | O::DayOfYear
                | O::Hour
                | O::Minute
                | O::Second
                | O::Millisecond
        )
    }

    /// The result; `None` when it is missing.
    pub(crate) fn apply(self, values: Values<'_>) -> Result<Option<Value>, Refusal> {
        use Operator as O;
        let one = values.first().and_then(Option::as_ref);
        let two = values.get(1).and_then(Option::as_ref);
        let order = || compare_missing(one, two);
        Ok(Some(match self {
            O::Eq => Value::Bool(order() == Ordering::Equal),
            O::Ne => Value::Bool(order() != Ordering::Equal),
            O::Gt => Value::Bool(order() == Ordering::Greater),
            O::Gte => Value::Bool(order() != Ordering::Less),
            O::Lt => Value::Bool(order() == Ordering::Less),
            O::Lte => Value::Bool(order() != Ordering::Greater),
            O::Cmp => Value::from(order() as i8),
            O::And => Value::Bool(values.iter().all(|value| truth(value.as_ref()))),
            O::Or => Value::Bool(values.iter().any(|value| truth(value.as_ref()))),
            O::Not => Value::Bool(!truth(one)),
            O::IsArray => Value::Bool(one.is_some_and(Value::is_array)),
            O::Type => Value::from(type_name(one)),
            O::IfNull => {
                let known = values.iter().flatten().find(|value| !value.is_null());
                return Ok(known.or(values.last().and_then(Option::as_ref)).cloned());
            }
            O::ToUpper => Value::String(texts::or_empty("$toUpper", one)?.to_uppercase()),
            O::ToLower => Value::String(texts::or_empty("$toLower", one)?.to_lowercase()),
            O::Sum | O::Avg | O::Min | O::Max => self.over_all(values),
            O::In => return lists::contains_value(one, two).map(Some),
            O::MergeObjects => {
                let mut merged = Map::new();
                for value in values.iter().flatten() {
                    match value {
                        Value::Object(map) => merged.extend(map.clone()),
                        Value::Null => {}
                        other => {
                            let kind = type_name(Some(other));
                            let message =
                                format!("$mergeObjects requires object inputs, but input is of type {kind}");
                            return Err(mongo(message));
                        }
                    }
                }
                Value::Object(merged)
            }
            O::Size => {
                let kind = type_name(one);
                let wrong = || {
                    mongo(format!(
                        "The argument to $size must be an array, but was of type: {kind}"
                    ))
                };
                Value::from(one.and_then(Value::as_array).ok_or_else(wrong)?.len())
            }
            O::StrLen => {
                let kind = type_name(one);
                let wrong = || mongo(format!("$strLenCP requires a string argument, found: {kind}"));
                Value::from(one.and_then(Value::as_str).ok_or_else(wrong)?.chars().count())
            }
            // Every other operator makes null of null.
            _ if values
                .iter()
                .any(|value| matches!(value, None | Some(Value::Null))) =>
            {
                Value::Null
            }
            _ => {
                let values: Vec<&Value> = values.iter().flatten().collect();
                return self.apply_known(&values);
            }
        }))
    }

    /// With arguments that are all there.
    fn apply_known(self, values: &[&Value]) -> Result<Option<Value>, Refusal> {
        use Operator as O;
        match self {
            O::Add
            | O::Subtract
            | O::Multiply
            | O::Divide
            | O::Mod
            | O::Abs
            | O::Ceil
            | O::Floor
            | O::Round
            | O::Sqrt
            | O::Pow => arithmetic::apply(self, values).map(Some),
            O::ArrayElemAt | O::First | O::Last | O::Slice | O::ConcatArrays | O::ReverseArray => {
                lists::apply(self, values)
            }
            _ if self.is_date_part() => dates::part(self, values[0]).map(Some),
            _ => texts::apply(self, values).map(Some),
        }
    }

    /// `$sum` and its likes as expressions: over the arguments, or over the elements of a single list.
    fn over_all(self, values: Values<'_>) -> Value {
        let items: Vec<&Value> = match values {
            [Some(Value::Array(items))] => items.iter().collect(),
            values => values.iter().flatten().collect(),
        };
        let known = || items.iter().copied().filter(|item| !item.is_null());
        match self {
            Operator::Sum | Operator::Avg => {
                let mut sum = Sum::default();
                for item in items {
                    sum.add(item);
                }
                if self == Operator::Sum {
                    sum.total()
                } else {
                    sum.mean()
                }
            }
            Operator::Min => known().min_by(|a, b| compare(a, b)).cloned().unwrap_or_default(),
            _ => known().max_by(|a, b| compare(a, b)).cloned().unwrap_or_default(),
        }
    }
}

/// What is missing comes before everything, null included.
fn compare_missing(one: Option<&Value>, two: Option<&Value>) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => compare(one, two),
        (one, two) => one.is_some().cmp(&two.is_some()),
    }
}

/// MongoDB's name of a type.
pub(crate) fn type_name(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "bool",
        Some(Value::Number(number)) => match number.as_i64() {
            Some(whole) if i32::try_from(whole).is_ok() => "int",
            _ => "double",
        },
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(value) if is_typed(value, "Date") => "date",
        Some(value) if is_typed(value, "Bytes") => "binData",
        Some(Value::Object(_)) => "object",
    }
}
