//! Compiling a `where` into a filter, with the checks and the error messages of the MongoDB adapter.

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::geo::{Area, Point};
use super::matcher::{Filter, Test, Than};
use super::pattern;
use super::text::TextSearch;
use crate::clock;
use crate::number::{to_text, truthy};
use crate::refusal::{Refusal, code};
use crate::store::path::Path;
use crate::store::schema::{FieldType, Schema};
use crate::value::type_tag;
use crate::write::canonical::canonical;

/// Compiles a filter for a class; a class that does not exist has no schema.
pub(crate) fn compile(filter: &Map<String, Value>, schema: Option<&Schema>) -> Result<Filter, Refusal> {
    let compiled = compile_branch(filter, schema)?;
    // "Too many geoNear expressions"
    if compiled.nears() > 1 {
        return Err(Refusal::database());
    }
    Ok(compiled)
}

fn compile_branch(filter: &Map<String, Value>, schema: Option<&Schema>) -> Result<Filter, Refusal> {
    let mut parts = Vec::with_capacity(filter.len());
    let mut nor = None;
    for (key, value) in filter {
        match compile_entry(key, value, schema)? {
            // MongoDB is sent one `$nor`: a `$containedBy` becomes one, and the last of several stays.
            part @ Filter::None(_) => nor = Some(part),
            part => parts.push(part),
        }
    }
    parts.extend(nor);
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ => Filter::All(parts),
    })
}

fn compile_entry(key: &str, value: &Value, schema: Option<&Schema>) -> Result<Filter, Refusal> {
    if matches!(key, "$or" | "$and" | "$nor") {
        let branches = value.as_array().ok_or_else(Refusal::crash)?;
        if branches.is_empty() {
            return Err(Refusal::database());
        }
        let empty = Map::new();
        let branches = branches
            .iter()
            .map(|branch| compile_branch(branch.as_object().unwrap_or(&empty), schema));
        let branches = branches.collect::<Result<Vec<_>, _>>()?;
        // "geo $near must be top-level expr"
        if key != "$and" && branches.iter().any(|branch| branch.nears() > 0) {
            return Err(Refusal::database());
        }
        return Ok(match key {
            "$or" => Filter::Any(branches),
            "$and" => Filter::All(branches),
            _ => Filter::None(branches),
        });
    }
    let field = Field {
        key,
        kind: schema.and_then(|schema| schema.get(key)),
    };
    if let Some(tests) = field.constraint(value)? {
        let beyond = tests.iter().any(|test| matches!(test, Test::ElementBeyond(_)));
        // A search takes the place of the whole constraint.
        let tests = match tests.iter().position(|test| matches!(test, Test::Words(_))) {
            Some(words) => vec![tests[words].clone()],
            None => tests,
        };
        let filter = Filter::Field(Path::new(key), tests);
        // `$containedBy` is "no element beyond the list", and takes the whole constraint with it.
        return Ok(if beyond {
            Filter::None(vec![filter])
        } else {
            filter
        });
    }
    let test = field.equality(value)?;
    Ok(Filter::Field(Path::new(key), vec![test]))
}

/// The field a constraint is about: its type decides which values can be compared with it.
struct Field<'a> {
    key: &'a str,
    kind: Option<&'a FieldType>,
}

impl Field<'_> {
    fn is_time(&self) -> bool {
        matches!(self.key, "createdAt" | "updatedAt")
    }

    /// In arrays, under dotted keys and for ids any value can be an operand.
    fn takes_anything(&self) -> bool {
        self.key.contains('.') || self.key == "objectId" || self.kind == Some(&FieldType::Array)
    }

    /// A bare value.
    fn equality(&self, value: &Value) -> Result<Test, Refusal> {
        let is_atom = self.key.contains('.') || self.key == "objectId" || is_atom(value);
        let member = self.kind == Some(&FieldType::Array) && !value.is_array();
        if !is_atom && !member {
            return Err(Refusal::json(format!(
                "You cannot use {} as a query parameter.",
                to_text(value)
            )));
        }
        Ok(Test::Equal(self.spelled(value)?))
    }

    /// An operand of an operator.
    fn operand(&self, value: &Value) -> Result<Value, Refusal> {
        if !self.takes_anything() && !is_atom(value) {
            return Err(Refusal::json(format!("bad atom: {value}")));
        }
        if let (Some(FieldType::Pointer(class)), Value::String(id)) = (self.kind, value) {
            return Ok(json!({"__type": "Pointer", "className": class, "objectId": id}));
        }
        self.spelled(value)
    }

    /// The operand as the store would have spelled it; the server's own times are bare text there.
    fn spelled(&self, value: &Value) -> Result<Value, Refusal> {
        if self.is_time() {
            let text = value
                .as_str()
                .or_else(|| value.get("iso").and_then(Value::as_str));
            if let Some(text) = text {
                return clock::respell(text)
                    .map(Value::String)
                    .ok_or_else(Refusal::database);
            }
        }
        canonical(value.clone())
    }

    fn operands(&self, operator: &str, value: &Value) -> Result<Vec<Value>, Refusal> {
        let list = value
            .as_array()
            .ok_or_else(|| Refusal::json(format!("bad {operator} value")))?;
        let mut operands = Vec::with_capacity(list.len());
        for item in list {
            match item {
                // One level of nesting is flattened.
                Value::Array(inner) => {
                    for item in inner {
                        operands.push(self.operand(item)?);
                    }
                }
                item => operands.push(self.operand(item)?),
            }
        }
        Ok(operands)
    }

    /// The tests of a constraint object; `None` when the value is no constraint but a value.
    fn constraint(&self, value: &Value) -> Result<Option<Vec<Test>>, Refusal> {
        let Value::Object(constraint) = value else {
            return Ok(None);
        };
        if constraint.is_empty() {
            return Ok(Some(vec![Test::Equal(json!({}))]));
        }
        // The real server goes through the operators in reverse alphabetical order, and a key without a
        // dollar makes the whole object a value.
        let mut keys: Vec<&String> = constraint.keys().collect();
        keys.sort_by(|a, b| b.cmp(a));
        let mut tests = Vec::with_capacity(keys.len());
        for key in keys {
            if !key.starts_with('$') {
                return Ok(None);
            }
            tests.extend(self.operator(key, &constraint[key], constraint)?);
        }
        Ok(Some(tests))
    }

    fn operator(&self, name: &str, value: &Value, all: &Map<String, Value>) -> Result<Option<Test>, Refusal> {
        let array = |message: &'static str| value.as_array().ok_or_else(|| Refusal::json(message));
        Ok(Some(match name {
            "$exists" => Test::Exists(truthy(&self.timed(name, value)?)),
            "$eq" => Test::Equal(self.timed(name, value)?),
            "$ne" => Test::NotEqual(self.timed(name, value)?),
            "$lt" => Test::Compare(Than::Less, self.timed(name, value)?),
            "$lte" => Test::Compare(Than::LessOrEqual, self.timed(name, value)?),
            "$gt" => Test::Compare(Than::Greater, self.timed(name, value)?),
            "$gte" => Test::Compare(Than::GreaterOrEqual, self.timed(name, value)?),
            "$in" => Test::In(self.operands(name, value)?.into()),
            "$nin" => Test::NotIn(self.operands(name, value)?.into()),
            "$all" => all_of(array("bad $all value")?)?,
            "$containedBy" => {
                let list = array("bad $containedBy: should be an array")?;
                Test::ElementBeyond(
                    list.iter()
                        .map(|item| self.operand(item))
                        .collect::<Result<_, _>>()?,
                )
            }
            "$regex" => {
                let source = value
                    .as_str()
                    .ok_or_else(|| Refusal::json(format!("bad regex: {}", to_text(value))))?;
                let options = all.get("$options").and_then(Value::as_str).unwrap_or_default();
                Test::Pattern(Box::new(pattern::compile(source, options)?))
            }
            // Read together with `$regex`; without it the database objects.
            "$options" if all.contains_key("$regex") => return Ok(None),
            "$options" => return Err(Refusal::database()),
            "$text" => Test::Words(TextSearch::read(value)?),
            "$nearSphere" => {
                let point = Point::read_loose(value).ok_or_else(Refusal::database)?;
                Test::Near(point, max_distance(all)?)
            }
            "$maxDistance" | "$maxDistanceInRadians" | "$maxDistanceInMiles" | "$maxDistanceInKilometers" => {
                return if all.contains_key("$nearSphere") {
                    Ok(None)
                } else {
                    Err(Refusal::database())
                };
            }
            "$within" => Test::Within(Area::read_within(value)?),
            "$geoWithin" => match Area::read_geo_within(value)? {
                Some(area) => Test::Within(area),
                None => return Err(Refusal::database()),
            },
            "$geoIntersects" => Test::Within(Area::read_intersects(value)?),
            "$select" | "$dontSelect" => {
                let message = format!("the {name} constraint is not supported yet");
                return Err(Refusal::new(code::COMMAND_UNAVAILABLE, message));
            }
            _ => return Err(Refusal::json(format!("bad constraint: {name}"))),
        }))
    }

    /// An operand that may be a `$relativeTime`.
    fn timed(&self, operator: &str, value: &Value) -> Result<Value, Refusal> {
        let Some(relative) = value.get("$relativeTime").filter(|relative| truthy(relative)) else {
            return if operator == "$exists" {
                Ok(value.clone())
            } else {
                self.operand(value)
            };
        };
        if self.kind.is_some_and(|kind| *kind != FieldType::Date) {
            return Err(Refusal::json("$relativeTime can only be used with Date field"));
        }
        if !matches!(operator, "$lt" | "$lte" | "$gt" | "$gte") {
            let message = "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators";
            return Err(Refusal::json(message));
        }
        let text = relative.as_str().ok_or_else(Refusal::crash)?;
        let instant = clock::relative(text, Utc::now())
            .map_err(|info| Refusal::json(format!("bad $relativeTime ({operator}) value. {info}")))?;
        self.spelled(&json!({"__type": "Date", "iso": clock::spell(instant)}))
    }
}

/// What the database can compare a top-level field with: no plain object and no array.
fn is_atom(value: &Value) -> bool {
    match value {
        Value::Array(_) => false,
        Value::Object(map) => {
            matches!(
                type_tag(map),
                Some("Pointer" | "Date" | "Bytes" | "GeoPoint" | "Polygon" | "File")
            )
        }
        _ => true,
    }
}

fn all_of(list: &[Value]) -> Result<Test, Refusal> {
    let sources: Vec<Option<&str>> = list
        .iter()
        .map(|item| item.get("$regex").and_then(Value::as_str))
        .collect();
    if sources.iter().any(Option::is_some)
        && !sources
            .iter()
            .all(|source| source.is_some_and(pattern::is_starts_with))
    {
        let values: Vec<String> = list.iter().map(to_text).collect();
        let message = format!(
            "All $all values must be of regex type or none: {}",
            values.join(",")
        );
        return Err(Refusal::json(message));
    }
    let test = |(item, source): (&Value, Option<&str>)| match source {
        Some(source) => Ok(Test::Pattern(Box::new(pattern::compile(source, "")?))),
        None => Ok(Test::Equal(canonical(item.clone())?)),
    };
    Ok(Test::All(
        list.iter()
            .zip(sources)
            .map(test)
            .collect::<Result<_, Refusal>>()?,
    ))
}

/// The limit of `$nearSphere` in radians. The earth's radii are the server's.
fn max_distance(all: &Map<String, Value>) -> Result<Option<f64>, Refusal> {
    let units = [
        ("$maxDistance", 1.0),
        ("$maxDistanceInRadians", 1.0),
        ("$maxDistanceInMiles", 3959.0),
        ("$maxDistanceInKilometers", 6371.0),
    ];
    for (name, unit) in units {
        if let Some(value) = all.get(name) {
            let distance = value
                .as_f64()
                .filter(|distance| *distance >= 0.0)
                .ok_or_else(Refusal::database)?;
            return Ok(Some(distance / unit));
        }
    }
    Ok(None)
}
