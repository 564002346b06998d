#![doc = include_str!("../../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod analytics;
mod batch;
mod client;
mod cloud;
#[doc(hidden)]
pub mod codegen;
mod config;
mod error;
pub mod hook;
mod installation;
#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;
mod json;
#[cfg(feature = "live-query")]
mod live;
mod logs;
mod object;
mod push;
mod query;
mod role;
mod schema;
mod server_info;
mod user;
mod value;

/// Everything a program usually needs: `use parse_orm::prelude::*;`
pub mod prelude {
    pub use crate::{
        Acl, Aggregate, Bytes, Client, Cursor, DefaultAcl, Draft, Error, ErrorCode, File, GeoPoint, Included,
        Json, MasterClient, Object, ObjectId, Objects, Page, ParseObject, ParseUser, ParseValue, ParseView,
        Pointer, Polygon, Q, QuerySet, ReadPreference, Relation, Slice, SubQuery, Unsaved, Who, ago,
        cloud_function, from_now, near, q, query, search,
    };
    // the models themselves are not here: programs have a `User` and a `Session` of their own
    pub use crate::{AudienceAccessors as _, InstallationAccessors as _, ParseInstallation as _};
    #[cfg(feature = "live-query")]
    pub use crate::{LiveEvent, Subscription};
    pub use crate::{RoleAccessors as _, SessionRecordAccessors as _, UserAccessors as _};
    pub use chrono::{DateTime, Utc};
    pub use futures::{StreamExt as _, TryStreamExt as _};
}

#[doc = include_str!("../docs/calls.md")]
pub mod calls {}

#[doc = include_str!("../docs/unanswered.md")]
pub mod unanswered {}

pub use analytics::Event;
pub use batch::{
    Atomic, Batch, BatchOutcome, BatchResults, CreateAll, DeleteAll, Outcome, Progress, Results, SaveAll,
    Ticket, ToCreate, ToDelete, ToSave,
};
pub use client::{Client, ClientBuilder, MasterClient, MasterKey, RetryPolicy, Secret};
pub use cloud::{Finished, FunctionParams, FunctionResult, Job, JobState, JobStatus};
pub use config::{Config, ConfigChange};
pub use error::{
    BatchError, BatchFailure, DeadlineError, DecodeError, DependencyError, Error, ErrorCode, FileError,
    FileProblem, Interrupted, InvalidError, JobError, NotIncluded, Result, ReturnedError, RowFailure,
    ServerError,
};
#[cfg(feature = "live-query")]
pub use error::{LiveError, LiveProblem};
pub use installation::{
    Installation, InstallationAccessors, InstallationFields, ParseInstallation, Registered,
};
#[cfg(feature = "live-query")]
pub use live::{Gap, GapReason, LiveEvent, Subscribe, Subscription};
pub use logs::{LogEntry, LogLevel, Logs};
pub use object::{Draft, FieldSet, Object, ParseObject, Pointer, Relation, Schema, Unsaved};
pub use parse_orm_derive::{ParseObject, ParseValue, ParseView, cloud_function};
pub use push::{
    Audience, AudienceAccessors, AudienceFields, Push, PushStatus, PushStatusAccessors, PushStatusFields,
};
// results of many rows
pub use query::{
    Aggregate, Aggregates, Collected, GroupKeys, GroupOrder, Groups, IntoSort, Named, Numeric, Pipeline,
};
// rows of many objects
pub use query::{
    Amount, AsText, Assign, Change, ChangedInside, Comparable, Cursor, Delete, Deleted, Elements, Embedded,
    Excludable, Exclude, Field, FieldList, Hint, Includable, Include, Included, IntoExclude, IntoInclude,
    IntoOperand, IntoOperandList, IntoOrder, IntoRange, IntoValue, Nullable, Objects, Operand, OperandOf,
    Optional, Order, Ordered, Page, ParseView, Q, QuerySet, ReadPreference, Rows, Slice, Sortable, Textual,
    Traversable, Update, Updated, ViewField, ViewRows, kind,
};
// what lookups take
#[cfg(feature = "live-query")]
pub use query::Watched;
pub use query::{
    Area, AsPoint, BoundOf, IntoBound, IntoBox, IntoChoices, IntoCircle, IntoCorners, IntoNear, IntoSearch,
    IntoTexts, Listed, ListedTexts, Located, Near, Relative, Search, Selected, SubQuery, ago, from_now, near,
    search,
};
pub use query::{Leads, Prefetch, Related};
pub use role::{Role, RoleAccessors, RoleFields};
pub use schema::{
    Asker, ClassField, ClassFieldType, ClassIndex, ClassOperation, ClassPermissions, ClassSchema, IndexKind,
    SchemaChange, SchemaDiff,
};
pub use server_info::{SecurityCheck, SecurityGroup, SecurityReport, ServerInfo};
pub use user::{
    CreatedWith, CreatedWithFields, ParseUser, Session, SessionRecord, SessionRecordAccessors,
    SessionRecordFields, User, UserAccessors, UserFields,
};
// files on their way
pub use value::{
    Acl, AnyValue, Bytes, DefaultAcl, FieldSchema, FieldType, File, Form, GeoError, GeoPoint, IntoRole,
    IntoUser, Json, ObjectId, ParseValue, Permission, Polygon, Who,
};
pub use value::{Download, Downloading, FileBuilder, Transferred};

#[cfg(not(rust_analyzer))]
#[doc(hidden)]
pub use parse_orm_derive::{__q, __query};
// the editor has expansions of its own, and the compiler none of the editor's code
#[cfg(rust_analyzer)]
#[doc(hidden)]
pub use parse_orm_derive::{__q_in_editor as __q, __query_in_editor as __query};

/// A query in Django's spelling, checked by the compiler.
///
/// `query!(start.method(..).method(..)[from..to])`, where `start` is a model or any expression that is a
/// query set. The value is a [`QuerySet`] (a [`Slice`] after `[..]`).
///
/// | in the macro | means |
/// | --- | --- |
/// | `filter(score__gte = 1000, cheat_mode = false)` | all of the conditions hold |
/// | `exclude(score__lt = 5, cheat_mode = true)` | not all of them hold |
/// | `player.name = "Ann"`, `player__name = "Ann"` | through a pointer, an array of pointers or a relation, or into an embedded struct |
/// | `Q(a = 1) \| Q(b = 2)`, `&`, `!Q(..)` | combined conditions; `Q(a = 1, b = 2)` is both |
/// | `filter(stored, score__gt = 1)` | a condition that was made elsewhere, by [`q!`] or from tokens |
/// | `order_by(-score, player_name)` | descending, then ascending |
/// | `select_related(player.team)` | with the objects behind the pointers |
/// | `select_related(all)` | with those behind all pointers of the row, one level deep |
/// | `exclude_keys(note, player.photo)` | without these optional fields |
/// | `[10..20]` | rows 10 to 19 |
/// | `values_list(&client, (score, player_name))` | a tuple of fields for each row: see [`QuerySet::values_list`] |
/// | `earliest(&client, played_at)`, `latest(..)` | the row with the smallest or largest value |
/// | `distinct(&master, level)` | the values of a field, each once: see [`QuerySet::distinct`] |
/// | `update(score += 1, level = 20)` | the same changes for every row: see [`QuerySet::update`] |
/// | `delete()` | every row goes: see [`QuerySet::delete`] |
/// | `watch(score, level)` | for a subscription, only changes of these: see `QuerySet::watch` (feature `live-query`) |
///
/// | lookups, written `field__lookup = value` | of fields |
/// | --- | --- |
/// | `exact ne in nin` | that compare with a value; an array or a relation with each that it holds |
/// | `gt gte lt lte range` | with an order: numbers, texts, dates, which also take [`ago("2 weeks")`](ago) and [`from_now`] |
/// | `isnull exists` | all but relations |
/// | `contains icontains startswith istartswith endswith iendswith regex iregex search` | texts |
/// | `all contained_by startswith_all` | arrays |
/// | `near within_km within_miles within_radians within_sphere within_box within_polygon` | points |
/// | `intersects` | polygons |
///
/// `in` and `nin` take a list, another query (`team__in = query!(Team.filter(..))`), or the values that a field has
/// in its rows (`hometown__in = query!(Team.filter(..)).select(Team::F.city)`): see [`SubQuery`]. Each lookup is
/// explained at the method of [`Field`] that it stands for. Values are ordinary expressions; `.await` and `?` work in
/// them. Every other method is called as it is.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player: Option<Pointer<Player>> }
/// let minimum = 1000;
/// let set = query!(GameScore
///     .filter(score__gte = minimum, player.name__startswith = "J")
///     .order_by(-score)
///     .select_related(player));
/// assert_eq!(
///     serde_json::to_value(&set).unwrap(),
///     serde_json::json!({
///         "where": {
///             "score": {"$gte": 1000},
///             "player": {"$inQuery": {"where": {"name": {"$regex": "^\\QJ\\E"}}, "className": "Player"}},
///         },
///         "order": "-score",
///         "include": "player",
///     })
/// );
/// ```
#[macro_export]
macro_rules! query {
    ($($query:tt)*) => { $crate::__query! { $crate $($query)* } };
}

/// A condition to store and reuse: `q!(GameScore, score__gte = 1000, cheat_mode = false)` is a
/// [`Q<GameScore>`](Q). The conditions are those of [`query!`]'s `filter`.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, cheat_mode: bool }
/// let fair = q!(GameScore, cheat_mode = false);
/// let best = query!(GameScore.filter(fair, score__gte = 1000));
/// assert_eq!(
///     serde_json::to_string(&best).unwrap(),
///     r#"{"where":{"cheatMode":false,"score":{"$gte":1000}}}"#
/// );
/// ```
#[macro_export]
macro_rules! q {
    ($($condition:tt)*) => { $crate::__q! { $crate $($condition)* } };
}
