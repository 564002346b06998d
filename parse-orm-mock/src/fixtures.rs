//! Fixtures: data from and to files, in the format in which Parse exports and imports classes.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::clock;
use crate::rooms::files;
use crate::state::State;
use crate::store::schema::{class_name_is_valid, field_name_is_valid};
use crate::store::{Row, Store};
use crate::user::password;
use crate::value::is_typed;
use crate::write::canonical::canonical;
use crate::write::user::check_free;
use crate::{MockServer, MockServerBuilder};

/// A fixture that could not be loaded or written: its class and, where one is to blame, the row and the field.
/// Nothing of the call is loaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct FixtureError {
    /// The class, or the file.
    pub class: String,
    /// The row, counted from 1.
    pub row: Option<usize>,
    /// The field.
    pub field: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.class)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", field `{field}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for FixtureError {}

impl FixtureError {
    fn of(class: &str, message: impl Into<String>) -> Self {
        Self {
            class: class.to_owned(),
            row: None,
            field: None,
            message: message.into(),
        }
    }
}

impl MockServerBuilder {
    /// What the server holds from its start, and again after each [`reset`](MockServer::reset): a directory with a
    /// `Class.json` for each class, as for [`load_dir`](MockServer::load_dir), or one file with all of them, as for
    /// [`load_all`](MockServer::load_all). More calls add more.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// use parse_orm_mock::MockServer;
    ///
    /// let directory = tempfile::tempdir()?;
    /// std::fs::write(directory.path().join("City.json"), r#"{"results": [{"name": "Bern"}]}"#)?;
    ///
    /// let server = MockServer::builder().fixtures(directory.path())?.start().await?;
    /// assert_eq!(server.count("City"), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not JSON. Rows that the server cannot store are an error of
    /// [`start`](Self::start).
    pub fn fixtures(mut self, path: impl AsRef<Path>) -> Result<Self, FixtureError> {
        self.options.fixtures.push(read(path.as_ref())?);
        Ok(self)
    }
}

/// The classes of a file or of a directory.
fn read(path: &Path) -> Result<Map<String, Value>, FixtureError> {
    if path.is_dir() {
        return read_dir(path);
    }
    all_classes(read_json(path)?).map_err(|error| blame(path, &error.message))
}

fn read_dir(directory: &Path) -> Result<Map<String, Value>, FixtureError> {
    let mut classes = Map::new();
    for entry in fs::read_dir(directory).map_err(|error| blame(directory, &error))? {
        let path = entry.map_err(|error| blame(directory, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let class = path.file_stem().unwrap_or_default().to_string_lossy();
            classes.insert(class.into_owned(), read_json(&path)?);
        }
    }
    Ok(classes)
}

fn read_json(path: &Path) -> Result<Value, FixtureError> {
    let text = fs::read_to_string(path).map_err(|error| blame(path, &error))?;
    serde_json::from_str(&text).map_err(|error| blame(path, &error))
}

/// An error of a file.
fn blame(path: &Path, reason: &dyn fmt::Display) -> FixtureError {
    FixtureError::of(&path.display().to_string(), reason.to_string())
}

fn all_classes(classes: Value) -> Result<Map<String, Value>, FixtureError> {
    let Value::Object(classes) = classes else {
        let message = r#"a JSON object is expected: {"GameScore": {"results": [..]}}"#;
        return Err(FixtureError::of("all classes", message));
    };
    Ok(classes)
}

/// Loads classes, all of them or none.
pub(crate) fn load_classes(state: &State, classes: Map<String, Value>) -> Result<usize, FixtureError> {
    state.transaction(|store| {
        let classes = classes.into_iter();
        classes.map(|(class, rows)| load(store, &class, rows)).sum()
    })
}

/// What is wrong with a row: the field, where one is to blame, and why.
type Fault = (Option<String>, String);

impl MockServer {
    /// Loads rows into a class, and says how many: `{"results": [..]}`, the format of Parse's export, or the array
    /// alone.
    ///
    /// A row is as the server shows it: with its `objectId`, `createdAt`, `updatedAt` and `ACL`, or without, then it
    /// gets them; dates, pointers, files and all else in their wire form. A relation is
    /// `{"__type":"Relation","className":".."}` in its row, and its members are the rows of the class
    /// `_Join:field:Class`: `{"owningId":"..","relatedId":".."}`. A user has a `password`, or the `bcryptPassword` of
    /// an export.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// use parse_orm_mock::MockServer;
    /// use serde_json::json;
    ///
    /// let server = MockServer::start().await;
    /// server.load("GameScore", json!({"results": [
    ///     {"objectId": "score00001", "score": 1337, "createdAt": "2022-01-01T12:23:45.678Z"},
    ///     {"score": 7},
    /// ]}))?;
    /// server.load("_User", json!([{"username": "ann", "password": "secret"}]))?;
    /// assert_eq!(server.count("GameScore"), 2);
    ///
    /// let error = server.load("GameScore", json!([{"score": 1}, {"score": "many"}])).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "GameScore, row 2, field `score`: schema mismatch for GameScore.score; expected Number but got String"
    /// );
    /// assert_eq!(server.count("GameScore"), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a row cannot be what the server stores. Nothing is loaded then.
    pub fn load(&self, class: &str, rows: Value) -> Result<usize, FixtureError> {
        self.state.transaction(|store| load(store, class, rows))
    }

    /// Loads classes, all of them or none, and says how many rows: an object with a class for each key, as
    /// [`dump`](Self::dump) gives it.
    ///
    /// # Errors
    ///
    /// As those of [`load`](Self::load).
    pub fn load_all(&self, classes: Value) -> Result<usize, FixtureError> {
        load_classes(&self.state, all_classes(classes)?)
    }

    /// Loads every `Class.json` of a directory, all of them or none, and says how many rows.
    ///
    /// # Errors
    ///
    /// As those of [`load`](Self::load), and when a file cannot be read or is not JSON.
    pub fn load_dir(&self, directory: impl AsRef<Path>) -> Result<usize, FixtureError> {
        load_classes(&self.state, read_dir(directory.as_ref())?)
    }

    /// All that is stored, for [`load_all`](Self::load_all): `{"GameScore": {"results": [..]}, ..}`, classes by name,
    /// rows in the order in which they came. Users have their `bcryptPassword`; the contents of files are not part of it.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # use parse_orm_mock::MockServer; use serde_json::json;
    /// let server = MockServer::start().await;
    /// server.load("GameScore", json!([{"score": 1}]))?;
    /// let dump = server.dump();
    /// assert_eq!(dump["GameScore"]["results"][0]["score"], 1);
    ///
    /// let other = MockServer::start().await;
    /// other.load_all(dump.clone())?;
    /// assert_eq!(other.dump(), dump);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dump(&self) -> Value {
        let store = self.state.store();
        let mut classes = Map::new();
        for name in store.class_names() {
            let Some(class) = store.class(&name).filter(|_| name != "_Idempotency") else {
                continue;
            };
            let rows = class.rows().map(|row| {
                let mut row = Row::clone(row);
                for (field, target) in class.schema.relations() {
                    row.insert(
                        field.to_owned(),
                        json!({"__type": "Relation", "className": target}),
                    );
                }
                if let Some(hash) = row.shift_remove("_hashed_password") {
                    row.insert("bcryptPassword".to_owned(), hash);
                }
                for value in row.values_mut().filter(|value| is_typed(value, "File")) {
                    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
                    value["url"] = json!(files::url(&self.state.options, name));
                }
                Value::Object(row)
            });
            classes.insert(name, json!({"results": rows.collect::<Vec<_>>()}));
        }
        for (class, key, members) in store.joins() {
            let rows: Vec<Value> = members
                .map(|(owner, related)| json!({"owningId": owner, "relatedId": related}))
                .collect();
            if !rows.is_empty() {
                classes.insert(format!("_Join:{key}:{class}"), json!({"results": rows}));
            }
        }
        Value::Object(classes)
    }

    /// Writes what [`dump`](Self::dump) gives into a directory, which is made if need be: a `Class.json` for each
    /// class.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn dump_dir(&self, directory: impl AsRef<Path>) -> Result<(), FixtureError> {
        let directory = directory.as_ref();
        fs::create_dir_all(directory).map_err(|error| blame(directory, &error))?;
        let Value::Object(classes) = self.dump() else {
            return Ok(());
        };
        for (class, rows) in classes {
            let path = directory.join(format!("{class}.json"));
            fs::write(&path, format!("{rows:#}\n")).map_err(|error| blame(&path, &error))?;
        }
        Ok(())
    }
}

fn load(store: &mut Store, class: &str, rows: Value) -> Result<usize, FixtureError> {
    let rows = match rows {
        Value::Object(mut export) => export.shift_remove("results"),
        rows => Some(rows),
    };
    let Some(Value::Array(rows)) = rows else {
        let message = r#"rows are expected, as {"results": [..]} or as an array"#;
        return Err(FixtureError::of(class, message));
    };
    if !class_name_is_valid(class) {
        return Err(FixtureError::of(class, "no class can have this name"));
    }
    let number = rows.len();
    let join = class.strip_prefix("_Join:").and_then(|rest| rest.split_once(':'));
    if join.is_none() {
        store.ensure_class(class);
    }
    for (place, row) in rows.into_iter().enumerate() {
        let loaded = match (row, join) {
            (Value::Object(row), Some((key, owner))) => relate(store, owner, key, &row),
            (Value::Object(row), None) => insert(store, class, row),
            _ => Err((None, "a row is a JSON object".to_owned())),
        };
        loaded.map_err(|(field, message)| FixtureError {
            class: class.to_owned(),
            row: Some(place + 1),
            field,
            message,
        })?;
    }
    Ok(number)
}

/// A row of a join table.
fn relate(store: &mut Store, class: &str, key: &str, row: &Row) -> Result<(), Fault> {
    let id = |field: &str| {
        let id = row.get(field).and_then(Value::as_str).filter(|id| !id.is_empty());
        id.ok_or_else(|| (Some(field.to_owned()), "an object id is expected".to_owned()))
    };
    store.relate(class, key, id("owningId")?, id("relatedId")?);
    Ok(())
}

fn insert(store: &mut Store, class: &str, mut given: Row) -> Result<(), Fault> {
    let blame = |field: &str, message: &str| (Some(field.to_owned()), message.to_owned());
    given.retain(|key, value| key != "className" && (key != "__type" || value.as_str() != Some("Object")));
    let id = match given.shift_remove("objectId") {
        None => store.draw_id(),
        Some(Value::String(id)) if !id.is_empty() => id,
        Some(_) => return Err(blame("objectId", "a text is expected, or nothing")),
    };
    let mut row = Row::new();
    row.insert("objectId".to_owned(), json!(id));
    for field in ["createdAt", "updatedAt"] {
        let date = match given.shift_remove(field) {
            // As old as it was made.
            None => row
                .get("createdAt")
                .cloned()
                .unwrap_or_else(|| json!(clock::now())),
            Some(date) => {
                let text = date.as_str().or_else(|| date.get("iso")?.as_str());
                let date = text.and_then(clock::respell);
                json!(date.ok_or_else(|| blame(field, "a date is expected: 2022-01-01T12:23:45.678Z"))?)
            }
        };
        row.insert(field.to_owned(), date);
    }
    if class == "_User" {
        keep_password(&mut given, &mut row)?;
        if let Some(Value::String(name)) = given.get("username") {
            check_free(store, Some(&id), "username", name)
                .map_err(|refusal| blame("username", &refusal.message))?;
        }
    }
    for (field, value) in given {
        if class == "_User" && field.starts_with('_') {
            row.insert(field, value);
            continue;
        }
        if !field_name_is_valid(&field) {
            return Err(blame(&field, "no field can have this name"));
        }
        if value.get("__op").is_some() {
            return Err(blame(&field, "a value is expected, not an operation"));
        }
        let one = Row::from_iter([(field.clone(), value)]);
        let schema = &mut store.ensure_class(class).schema;
        schema
            .admit(class, &one)
            .map_err(|refusal| blame(&field, &refusal.message))?;
        for (field, value) in one {
            // The members are in the join table.
            if !is_typed(&value, "Relation") {
                let value = canonical(value).map_err(|refusal| blame(&field, &refusal.message))?;
                row.insert(field, value);
            }
        }
    }
    let taken = store.class(class).is_some_and(|class| class.get(&id).is_some());
    store.insert(class, &id, row).map_err(|_| {
        if taken {
            blame("objectId", &format!("`{id}` is there already"))
        } else {
            (
                None,
                "another row has the same value of a unique index".to_owned(),
            )
        }
    })
}

/// A user's password, plain or as its hash.
fn keep_password(given: &mut Row, row: &mut Row) -> Result<(), Fault> {
    let hash = match (
        given.shift_remove("password"),
        given.shift_remove("bcryptPassword"),
    ) {
        (None, None) => return Ok(()),
        (Some(Value::String(plain)), _) => password::hash(&plain).map(Value::String).ok(),
        (None, Some(Value::String(hash))) if hash.starts_with("$2") => Some(Value::String(hash)),
        _ => None,
    };
    let message = "a `password` is a text, a `bcryptPassword` begins with `$2`";
    let hash = hash.ok_or_else(|| (Some("password".to_owned()), message.to_owned()))?;
    row.insert("_hashed_password".to_owned(), hash);
    Ok(())
}
