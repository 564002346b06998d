//! Running a find: subqueries, filter, order, window, selection of fields and includes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::options::{ALWAYS, Find, Shape};
use super::preference::Preferences;
use super::relations::{JoinWindow, has_related_to};
use super::{candidates, compile, include, plan, relations, subquery, validate};
use crate::access::protected::Protection;
use crate::access::rights::{Rights, no_session};
use crate::access::{self, Action};
use crate::keys::Auth;
use crate::options::Options;
use crate::refusal::Refusal;
use crate::rooms::files;
use crate::store::path::Path;
use crate::store::permissions::Operation;
use crate::store::schema::{FieldType, Schema, field_name_is_valid};
use crate::store::{Class, Row, Store};
use crate::value::is_typed;

/// Everything that reading needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) store: &'a Store,
    pub(crate) options: &'a Options,
    pub(crate) auth: &'a Auth,
}

/// The result of a find.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) class: String,
    pub(crate) rows: Vec<Value>,
    pub(crate) count: Option<Value>,
    /// What `explain` asked for, instead of the rows.
    pub(crate) plan: Option<Value>,
}

/// Runs a find.
pub(crate) fn find(reader: Reader<'_>, class_name: &str, mut find: Find) -> Result<Found, Refusal> {
    let Reader { store, options, auth } = reader;
    let Aim {
        class_name,
        filter,
        operation,
        protection,
    } = aim(reader, class_name, &mut find)?;
    let class = store.class(&class_name);
    let shape = resolve_shape(find.shape, class)?;
    let mut found = Found {
        class: class_name.clone(),
        ..Found::default()
    };
    let no_rows = find.limit == Some(0.0);
    if no_rows && !find.count {
        return Ok(found);
    }
    let (skip, limit) = if no_rows {
        (0, 0)
    } else {
        window(find.skip, find.limit)?
    };
    let members = join_window(&find.order, &filter, skip, limit).filter(|_| !no_rows);
    let order = checked_order(find.order, class)?;
    let rights = |operation| Rights::of(store, auth, options, &class_name, operation);
    let counts = find.count.then(|| rights(Operation::Count)).transpose()?;
    // Who asks for no rows needs no right to them.
    let rights = match &counts {
        Some(counts) if no_rows => counts,
        _ => &rights(operation)?,
    };
    // What nobody may find is not looked for, with whatever conditions. The one object that nobody may get is missed,
    // which also fails the query that includes it.
    match operation {
        Operation::Get if rights.are_nobodys() => return Err(Refusal::not_found()),
        _ if rights.are_nobodys() && !find.count => return Ok(found),
        _ => {}
    }
    // A count goes without the window.
    let counted = match &members {
        Some(_) if find.count => Some(prepared(reader, &class_name, class, filter.clone(), None)?),
        _ => None,
    };
    let skip = if members.is_some() { 0 } else { skip };
    let filter = prepared(reader, &class_name, class, filter, members.as_ref())?;
    shape.preferences.check()?;
    plan::check_explain(find.explain.as_ref())?;
    let compiled = compile::compile(&filter, class.map(|class| &class.schema))?;
    let unknown;
    let class = if let Some(class) = class {
        plan::check_hint(find.hint.as_ref(), class)?;
        class
    } else {
        unknown = reader.store.join_class(&class_name).unwrap_or_default();
        &unknown
    };
    // Without a count nothing beyond the window needs to be looked at.
    let needed = if find.count {
        usize::MAX
    } else {
        skip.saturating_add(limit)
    };
    let sort: &candidates::Order = if no_rows { &[] } else { &order };
    let rows = candidates::select(class, &compiled, sort, needed, |row| rights.cover(row));
    if let Some(counts) = &counts {
        check_countable(&filter)?;
        let filter = counted.as_ref().unwrap_or(&filter);
        // What has no schema is not counted, even if it has rows.
        found.count = Some(match store.class(&class_name) {
            None => json!(0),
            // The real server gives rows for a count when it need not look at any.
            Some(_) if counts.are_nobodys() => json!([]),
            Some(_) if counted.is_none() && counts.same_rows(rights) => json!(rows.len()),
            Some(class) => json!(count(class, filter, counts)?),
        });
    }
    if let Some(explain) = find.explain.filter(|_| !no_rows) {
        // The real server takes the plan for rows when it comes to the includes.
        if !shape.include.is_empty() {
            return Err(Refusal::crash());
        }
        let work = plan::Work {
            class: &class_name,
            filter: &filter,
            compiled: &compiled,
            hint: find.hint.as_ref(),
            sorted: !order.is_empty() || compiled.near().is_some(),
            limit,
            examined: compiled.ids().map_or(class.len(), |ids| ids.len()),
            returned: rows.len().saturating_sub(skip).min(limit),
        };
        found.plan = Some(work.explain(&explain));
        return Ok(found);
    }
    let scored = selects_score(&shape);
    for row in rows.into_iter().skip(skip).take(limit) {
        let mut object = answer(reader, class, &shape, &protection, row);
        if let Some(score) = compiled.score(row).filter(|_| scored) {
            object["score"] = json!(score);
        }
        if find.redirect.is_some() {
            object["className"] = json!(class_name);
        }
        found.rows.push(object);
    }
    include::include(reader, &shape, &mut found.rows)?;
    Ok(found)
}

/// What a find is after, once it is known to be allowed.
struct Aim<'a> {
    class_name: String,
    filter: Map<String, Value>,
    operation: Operation,
    protection: Protection<'a>,
}

/// Refuses what may not be asked, whatever the rows.
fn aim<'a>(reader: Reader<'a>, class_name: &str, find: &mut Find) -> Result<Aim<'a>, Refusal> {
    let Reader { store, options, auth } = reader;
    access::check(class_name, auth, Action::Find, options)?;
    let class_name = target_class(reader, class_name, find.redirect.as_deref());
    if find.redirect.is_some() {
        access::check(&class_name, auth, Action::Find, options)?;
    }
    if class_name == "_Session" && auth.unauthenticated() {
        return Err(no_session(options));
    }
    access::check_class_exists(&class_name, auth, options, store)?;
    let filter = conditions(reader, std::mem::take(&mut find.filter), &find.shape.preferences)?;
    let asked_id = filter.get("objectId").and_then(Value::as_str);
    let protection = Protection::of(store, auth, &class_name, asked_id);
    let order = find.order.iter().map(|(key, _)| key.as_str());
    protection.check(&filter, order, &class_name, options)?;
    let operation = match asked_id {
        Some(_) if filter.len() == 1 => Operation::Get,
        _ => find.operation.unwrap_or(Operation::Find),
    };
    Ok(Aim {
        class_name,
        filter,
        operation,
        protection,
    })
}

/// The class that is really asked for: a redirect leads to the class of a relation.
fn target_class(reader: Reader<'_>, class_name: &str, redirect: Option<&str>) -> String {
    let class = reader.store.class(class_name);
    match redirect.and_then(|key| class?.schema.get(key)) {
        Some(FieldType::Relation(target)) => target.clone(),
        _ => class_name.to_owned(),
    }
}

/// The members that a find of a relation in the order of their dates looks at.
fn join_window(
    order: &[(String, bool)],
    filter: &Map<String, Value>,
    skip: usize,
    limit: usize,
) -> Option<JoinWindow> {
    let (_, descending) = order.iter().find(|(key, _)| key == "createdAt")?;
    has_related_to(filter).then_some(JoinWindow {
        descending: *descending,
        skip,
        limit,
    })
}

/// A count turns `$nearSphere` into a circle of `$maxDistance` radians; other units it does not know, and a circle
/// without a radius is an exception.
fn check_countable(filter: &Map<String, Value>) -> Result<(), Refusal> {
    for (key, constraint) in filter {
        if let (true, Some(branches)) = (key.starts_with('$'), constraint.as_array()) {
            branches
                .iter()
                .filter_map(Value::as_object)
                .try_for_each(check_countable)?;
        }
        let units = [
            "$maxDistanceInMiles",
            "$maxDistanceInKilometers",
            "$maxDistanceInRadians",
        ];
        let has = |name: &str| constraint.get(name).is_some();
        if has("$nearSphere") && (!has("$maxDistance") || units.into_iter().any(has)) {
            return Err(Refusal::crash());
        }
    }
    Ok(())
}

/// How many rows a filter finds.
fn count(class: &Class, filter: &Map<String, Value>, rights: &Rights<'_>) -> Result<usize, Refusal> {
    let filter = compile::compile(filter, Some(&class.schema))?;
    let rows = candidates::select(class, &filter, &[], usize::MAX, |row| rights.cover(row));
    Ok(rows.len())
}

/// The rows that a filter finds, in the order of insertion.
pub(crate) fn matching<'a>(
    reader: Reader<'a>,
    class_name: &str,
    filter: Value,
) -> Result<Vec<&'a Arc<Row>>, Refusal> {
    let filter = conditions(reader, filter, &Preferences::default())?;
    let class = reader.store.class(class_name);
    let filter = prepared(reader, class_name, class, filter, None)?;
    let compiled = compile::compile(&filter, class.map(|class| &class.schema))?;
    let rows = |class| candidates::select(class, &compiled, &[], usize::MAX, |_| true);
    Ok(class.map(rows).unwrap_or_default())
}

/// The conditions of a filter, its subqueries replaced by what they found.
fn conditions(
    reader: Reader<'_>,
    mut filter: Value,
    preferences: &Preferences,
) -> Result<Map<String, Value>, Refusal> {
    subquery::resolve(reader, &mut filter, preferences)?;
    let filter = match filter {
        Value::Object(filter) => filter,
        // The keys of an array are its places.
        Value::Array(items) if items.is_empty() => Map::new(),
        Value::Array(_) => return Err(Refusal::bad_key("Invalid key name: 0")),
        _ => return Err(Refusal::crash()),
    };
    let filter = with_equality_apart(filter);
    validate::check_combinators(&filter, reader.auth.unrestricted())?;
    Ok(filter)
}

/// One object by id.
pub(crate) fn get(reader: Reader<'_>, class_name: &str, id: &str, shape: Shape) -> Result<Value, Refusal> {
    let Reader { store, options, auth } = reader;
    access::check(class_name, auth, Action::Get, options)?;
    if class_name == "_Session" && auth.unauthenticated() {
        return Err(no_session(options));
    }
    access::check_class_exists(class_name, auth, options, store)?;
    let class = store.class(class_name);
    let shape = resolve_shape(shape, class)?;
    shape.preferences.check()?;
    let rights = Rights::of(store, auth, options, class_name, Operation::Get)?;
    let found = class.and_then(|class| Some((class, class.get(id).filter(|row| rights.cover(row))?)));
    let (class, row) = found.ok_or_else(Refusal::not_found)?;
    let protection = Protection::of(store, auth, class_name, Some(id));
    let mut rows = vec![answer(reader, class, &shape, &protection, row)];
    include::include(reader, &shape, &mut rows)?;
    rows.pop().ok_or_else(Refusal::not_found)
}

/// Values and operators side by side in one constraint: the values move under `$eq`.
fn with_equality_apart(mut filter: Map<String, Value>) -> Map<String, Value> {
    for constraint in filter.values_mut().filter_map(Value::as_object_mut) {
        let direct: Vec<String> = constraint
            .keys()
            .filter(|key| !key.starts_with('$'))
            .cloned()
            .collect();
        if !direct.is_empty() && direct.len() < constraint.len() {
            let values: Map<String, Value> = direct
                .into_iter()
                .filter_map(|key| constraint.shift_remove_entry(&key))
                .collect();
            constraint.insert("$eq".to_owned(), Value::Object(values));
        }
    }
    filter
}

/// The conditions as they go to the database: none on relations any more, and none that is not allowed.
fn prepared(
    reader: Reader<'_>,
    class_name: &str,
    class: Option<&Class>,
    mut filter: Map<String, Value>,
    window: Option<&JoinWindow>,
) -> Result<Map<String, Value>, Refusal> {
    let schema = class.map(|class| &class.schema);
    relations::resolve_related_to(reader, &mut filter, window)?;
    relations::resolve_members(reader, class_name, schema, &mut filter)?;
    validate::validate(&filter)?;
    Ok(filter)
}

/// `includeAll` and `excludeKeys` need the schema. Without the class the real server forgets to answer the
/// request itself, and the client gets the page for an unknown route.
fn resolve_shape(mut shape: Shape, class: Option<&Class>) -> Result<Shape, Refusal> {
    if shape.include_all {
        let schema = class.map(|class| &class.schema).ok_or_else(Refusal::no_route)?;
        for (name, kind) in schema.fields() {
            if matches!(kind, FieldType::Pointer(_) | FieldType::Array) {
                shape.include.push(vec![name.to_owned()]);
                shape.keys.iter_mut().for_each(|keys| keys.push(name.to_owned()));
            }
        }
    }
    if let Some(exclude) = &shape.exclude {
        if shape.keys.is_none() {
            let schema = class.map(|class| &class.schema).ok_or_else(Refusal::no_route)?;
            shape.keys = Some(schema.fields().map(|(name, _)| name.to_owned()).collect());
        }
        shape
            .keys
            .iter_mut()
            .for_each(|keys| keys.retain(|key| !exclude.contains(key)));
    }
    Ok(shape)
}

/// The sort keys that exist, as paths; `None` is the text score.
fn checked_order(
    order: Vec<(String, bool)>,
    class: Option<&Class>,
) -> Result<Vec<(Option<Path>, bool)>, Refusal> {
    let mut checked = Vec::with_capacity(order.len());
    for (key, descending) in order {
        if key == "$score" {
            checked.push((None, true));
            continue;
        }
        let root = key.split('.').next().unwrap_or_default();
        if !field_name_is_valid(root) {
            return Err(Refusal::bad_key(format!("Invalid field name: {key}.")));
        }
        if class.is_some_and(|class| class.schema.get(root).is_some()) {
            checked.push((Some(Path::new(&key)), descending));
        }
    }
    Ok(checked)
}

fn window(skip: f64, limit: Option<f64>) -> Result<(usize, usize), Refusal> {
    if skip < 0.0 || limit.is_some_and(|limit| limit < 0.0) {
        return Err(Refusal::database());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and `as` saturates"
    )]
    let whole = |number: f64| number.round() as usize;
    Ok((whole(skip), limit.map_or(usize::MAX, whole)))
}

fn selects_score(shape: &Shape) -> bool {
    shape
        .keys
        .as_ref()
        .is_some_and(|keys| keys.iter().any(|key| key == "$score"))
}

/// A row as its asker gets it.
fn answer(reader: Reader<'_>, class: &Class, shape: &Shape, protection: &Protection<'_>, row: &Row) -> Value {
    let mut object = render(row, &class.schema, shape.keys.as_deref());
    protection.apply(&mut object, row);
    add_urls(reader.options, &mut object);
    Value::Object(object)
}

/// A row as it is answered. Relations come on every row, whatever was selected; a pointer that is null does
/// not come at all.
pub(crate) fn render(row: &Row, schema: &Schema, keys: Option<&[String]>) -> Map<String, Value> {
    let hidden = |name: &str, value: &Value| {
        value.is_null() && matches!(schema.get(name), Some(FieldType::Pointer(_)))
    };
    let mut object = match keys {
        // A copy of the whole is quicker than one of each field.
        None => row.clone(),
        Some(keys) => {
            let selected = |name: &str| {
                ALWAYS.contains(&name) || keys.iter().any(|key| key.split('.').next() == Some(name))
            };
            let fields = row.iter().filter(|(name, _)| selected(name));
            fields
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        }
    };
    object.retain(|name, value| !hidden(name, value));
    for (name, target) in schema.relations() {
        object.insert(
            name.to_owned(),
            json!({"__type": "Relation", "className": target}),
        );
    }
    object
}

/// A whole row as the server's own code sees it: without what is nobody's business.
pub(crate) fn shown(options: &Options, row: &Row, schema: &Schema) -> Map<String, Value> {
    let mut object = render(row, schema, None);
    object.retain(|name, _| !name.starts_with('_'));
    add_urls(options, &mut object);
    object
}

/// A file's address is no part of its row.
pub(crate) fn add_urls(options: &Options, row: &mut Map<String, Value>) {
    for file in row.values_mut().filter(|value| is_typed(value, "File")) {
        if let Some(name) = file["name"].as_str().filter(|_| file.get("url").is_none()) {
            file["url"] = json!(files::url(options, name));
        }
    }
}
