//! How the server is to answer: which member of a replica set, by which index, without which fields.

use super::change::Optional;
use super::field::Field;
use super::order::Include;
use super::set::QuerySet;
use super::step::Includable;
use crate::object::ParseObject;
use crate::value::FieldType;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// The [`Options`] of a query: most have none, and are cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Rarely(Option<Arc<Options>>);

impl Deref for Rarely {
    type Target = Options;
    fn deref(&self) -> &Options {
        self.0.as_deref().unwrap_or(Options::NONE)
    }
}

impl DerefMut for Rarely {
    fn deref_mut(&mut self) -> &mut Options {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

/// What a query asks for besides rows, order and window.
#[derive(Clone, Default)]
pub(super) struct Options {
    pub(super) exclude: Vec<Cow<'static, str>>,
    pub(super) read: Option<ReadPreference>,
    pub(super) read_included: Option<ReadPreference>,
    pub(super) read_subquery: Option<ReadPreference>,
    pub(super) hint: Option<Hint>,
    pub(super) comment: Option<Box<str>>,
    /// Rows asked for in one request.
    pub(super) page_size: Option<u64>,
}

impl Options {
    const NONE: &Self = &Self {
        exclude: Vec::new(),
        read: None,
        read_included: None,
        read_subquery: None,
        hint: None,
        comment: None,
        page_size: None,
    };
}

/// Which members of a MongoDB replica set may answer.
///
/// A secondary may lag behind: what was just saved may be missing from its answer. On PostgreSQL it has no
/// effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadPreference {
    /// Only the primary. Wire form `PRIMARY`.
    Primary,
    /// The primary while there is one, otherwise a secondary. Wire form `PRIMARY_PREFERRED`.
    PrimaryPreferred,
    /// Only secondaries. Wire form `SECONDARY`.
    Secondary,
    /// A secondary while there is one, otherwise the primary. Wire form `SECONDARY_PREFERRED`.
    SecondaryPreferred,
    /// Whichever answers fastest. Wire form `NEAREST`.
    Nearest,
}

impl ReadPreference {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::PrimaryPreferred => "PRIMARY_PREFERRED",
            Self::Secondary => "SECONDARY",
            Self::SecondaryPreferred => "SECONDARY_PREFERRED",
            Self::Nearest => "NEAREST",
        }
    }
}

/// The index that MongoDB is to use: by its name, or by its keys as MongoDB has them.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// let by_name = GameScore::objects().hint("score_1");
/// assert_eq!(serde_json::to_string(&by_name).unwrap(), r#"{"hint":"score_1"}"#);
/// let by_keys = GameScore::objects().hint(serde_json::json!({"score": -1, "_p_player": 1}));
/// assert_eq!(serde_json::to_string(&by_keys).unwrap(), r#"{"hint":{"score":-1,"_p_player":1}}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hint(pub(super) Value);

impl From<&str> for Hint {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Hint {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

/// The keys of the index, each with 1 or -1.
impl From<Value> for Hint {
    fn from(keys: Value) -> Self {
        Self(keys)
    }
}

/// A field, or one of an included object, that is to be left out of an answer.
pub struct Exclude<R> {
    path: Cow<'static, str>,
    _model: PhantomData<fn() -> R>,
}

impl<R> Exclude<R> {
    fn new(path: Cow<'static, str>) -> Self {
        Self {
            path,
            _model: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Exclude<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exclude({})", self.path)
    }
}

/// A field that an answer may leave out: the model can be without it.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be excluded: a row without it could not be read",
    label = "not an optional field",
    note = "fields of a type `Option<T>` can be excluded; to read a few fields only, derive a `ParseView` with these, and use `.values(&client)`"
)]
pub trait Excludable {}

#[diagnostic::do_not_recommend]
impl<V: Optional> Excludable for V {}

impl<R, V> Field<R, V> {
    /// This field left out, for `exclude_keys`.
    pub fn exclude(self) -> Exclude<R>
    where
        V: Excludable,
    {
        Exclude::new(self.name.into())
    }

    /// A field of the included object left out: `player.note` without macros is
    /// `F.player.and_exclude(Player::F.note.exclude())`. It includes the object.
    pub fn and_exclude(self, exclude: Exclude<V::Model>) -> Exclude<R>
    where
        V: Includable,
    {
        Exclude::new(format!("{}.{}", self.name, exclude.path).into())
    }
}

/// One or several fields to leave out: `F.note`, or an array of excludes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a query of `{R}` can leave out",
    label = "not an optional field of this model",
    note = "write `F.note`, or `[F.note.exclude(), F.photo.exclude()]`"
)]
pub trait IntoExclude<R> {
    /// The paths.
    #[doc(hidden)]
    fn into_exclude(self) -> Vec<Exclude<R>>;
}

impl<R> IntoExclude<R> for Exclude<R> {
    fn into_exclude(self) -> Vec<Self> {
        vec![self]
    }
}

impl<R, V: Excludable> IntoExclude<R> for Field<R, V> {
    fn into_exclude(self) -> Vec<Exclude<R>> {
        vec![self.exclude()]
    }
}

impl<R, const N: usize> IntoExclude<R> for [Exclude<R>; N] {
    fn into_exclude(self) -> Vec<Exclude<R>> {
        self.into()
    }
}

impl<R> IntoExclude<R> for Vec<Exclude<R>> {
    fn into_exclude(self) -> Self {
        self
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// Without these fields: they are not read, not sent, and `None` in the rows. Wire form `excludeKeys`.
    ///
    /// Only optional fields can be left out, and those of included objects by a path, which includes them:
    /// `exclude_keys(note, player.biography)` in `query!`.
    ///
    /// A row does not tell a field that was left out from one that has no value; the query does. Saving sends
    /// what was changed only, so the field keeps its value on the server. The real server knows what is left
    /// when it has seen the class: a query of a class without any row answers with HTTP 404.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, replay: Option<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # GameScore { score: 7, replay: Some("a long text".into()) }.create(&client).await?;
    /// let scores = query!(GameScore.exclude_keys(replay)).all(&client).await?;
    /// assert_eq!((scores[0].score, &scores[0].replay), (7, &None));
    /// # Ok(()) }
    /// ```
    pub fn exclude_keys(&self, fields: impl IntoExclude<T>) -> Self {
        let fields = fields.into_exclude();
        self.with(|core| {
            for Exclude { path, .. } in fields {
                if !core.options.exclude.contains(&path) {
                    core.options.exclude.push(path);
                }
            }
        })
    }

    /// With the objects behind every pointer and array of pointers of the model, one level deep; in `query!`
    /// also `select_related(all)`. Deeper ones are named: `.select_related_all().select_related(player.team)`.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)]
    /// # struct GameScore { score: i64, player: Option<Pointer<Player>>, rivals: Vec<Pointer<Player>> }
    /// let all = query!(GameScore.select_related(all));
    /// assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"include":"player,rivals"}"#);
    /// ```
    pub fn select_related_all(&self) -> Self {
        self.with(|core| {
            for field in T::SCHEMA.fields {
                // as the server's own `includeAll`, which however fails where it does not know the class
                let included = matches!(field.field_type(), FieldType::Pointer(_) | FieldType::Array);
                if included && !core.include.iter().any(|path| path == field.name) {
                    core.include.push(field.name.into());
                }
            }
        })
    }

    /// For generated code: `select_related(all)`, unless a pointer has that name.
    #[doc(hidden)]
    pub fn __select_related_all(&self) -> Self {
        let pointer = |kind| matches!(kind, FieldType::Pointer(_) | FieldType::Array);
        let mut fields = T::SCHEMA.fields.iter();
        match fields.find(|field| field.rust_name == "all" && pointer(field.field_type())) {
            None => self.select_related_all(),
            Some(field) => self.select_related(Include::new(field.name.into())),
        }
    }

    /// Read from these members of a replica set. Wire form `readPreference`.
    pub fn read_preference(&self, preference: ReadPreference) -> Self {
        self.with(|core| core.options.read = Some(preference))
    }

    /// Included objects are read from these members; otherwise as the rows. Wire form
    /// `includeReadPreference`.
    pub fn include_read_preference(&self, preference: ReadPreference) -> Self {
        self.with(|core| core.options.read_included = Some(preference))
    }

    /// Sub-queries (conditions through a pointer, `in` of a query set) read from these members; otherwise as
    /// the rows. Wire form `subqueryReadPreference`.
    pub fn subquery_read_preference(&self, preference: ReadPreference) -> Self {
        self.with(|core| core.options.read_subquery = Some(preference))
    }

    /// By this index: its name, or its keys. MongoDB refuses one that does not exist; PostgreSQL has no hints
    /// and ignores it. Wire form `hint`.
    pub fn hint(&self, index: impl Into<Hint>) -> Self {
        let index = index.into();
        self.with(|core| core.options.hint = Some(index))
    }

    /// A text that MongoDB shows beside the query in its logs and profiles. Wire form `comment`.
    pub fn comment(&self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.with(|core| core.options.comment = Some(text.into()))
    }

    /// Ask for this many rows in one request where several pages are read, instead of 1000: smaller for large
    /// rows, which come as one answer. The server may give fewer (its `maxLimit`).
    pub fn page_size(&self, rows: u64) -> Self {
        self.with(|core| core.options.page_size = Some(rows.max(1)))
    }
}
