//! Queries: values that describe which rows are wanted, and the terminals that ask for them.

// what can be asked of a field
mod array;
mod field;
mod geo;
mod operand;
mod relative;
mod search;
mod step;
mod subquery;
mod text;

// conditions: how they combine, and what is refused
mod check;
mod condition;
mod merge;

// the query set
mod options;
mod order;
mod params;
mod set;
mod slice;

// reading rows
mod cursor;
mod ids;
mod in_bulk;
mod list;
mod page;
mod paging;
mod position;
mod prefetch;
mod stream;
mod terminal;
mod view;

// rows as they change
#[cfg(feature = "live-query")]
mod live;

// writing rows
mod bulk;
mod change;
mod delete;
mod or_create;
mod update;

// what many rows come down to
mod aggregate;
mod distinct;

pub use aggregate::{
    Aggregate, Aggregates, Collected, GroupKeys, GroupOrder, Groups, IntoSort, Named, Numeric, Pipeline,
};
pub use array::{IntoTexts, Listed, ListedTexts};
pub use change::{Amount, Assign, Change, ChangedInside, Elements, IntoValue, Optional};
pub use condition::Q;
pub use cursor::Cursor;
pub use delete::{Delete, Deleted};
pub use field::{AsText, Comparable, Field, Nullable, Ordered, Textual};
pub use geo::{Area, AsPoint, IntoBox, IntoCircle, IntoCorners, IntoNear, Located, Near, near};
pub use list::FieldList;
#[cfg(feature = "live-query")]
pub use live::Watched;
#[cfg(feature = "live-query")]
pub(crate) use live::{LiveQuery, view};
pub use operand::{BoundOf, IntoBound, IntoOperand, IntoOperandList, IntoRange, Operand, OperandOf, kind};
pub use options::{Excludable, Exclude, Hint, IntoExclude, ReadPreference};
pub use order::{Include, IntoInclude, IntoOrder, Order, Sortable};
pub use page::Page;
#[cfg(feature = "__internals")]
pub(crate) use params::address;
pub use prefetch::{Leads, Prefetch, Related};
pub use relative::{Relative, ago, from_now};
pub use search::{IntoSearch, Search, search};
pub use set::{Objects, QuerySet};
pub use slice::Slice;
pub use step::{Embedded, Includable, Through, Traversable};
pub use stream::Rows;
pub use subquery::{IntoChoices, RefersTo, Selected, SubQuery};
pub use update::{Update, Updated};
#[cfg(feature = "__internals")]
pub(crate) use view::page as view_page;
pub use view::{Included, ParseView, Request, ViewCodec, ViewField, ViewRows};

use crate::ObjectId;
use serde_json::json;
use std::sync::Arc;

/// The objects of a relation: `$relatedTo`.
pub(crate) fn related<T>(owner: &str, id: &ObjectId, field: &str) -> QuerySet<T> {
    let object = json!({"__type": "Pointer", "className": owner, "objectId": id.as_str()});
    let operand = Operand::json(json!({"object": object, "key": field}));
    let condition: Q<T> = Q::test(
        merge::RELATED_TO,
        condition::Holds::One,
        condition::Test::Compare("$eq", operand),
    );
    QuerySet::of(set::Core {
        filter: vec![Arc::new(condition.node)],
        ..set::Core::default()
    })
}
