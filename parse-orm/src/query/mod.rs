//! Queries: values that describe which rows are wanted, and the terminals that ask for them.

mod condition;
mod field;
mod operand;
mod order;
mod paging;
mod params;
mod set;
mod slice;
mod step;
mod terminal;
mod text;

pub use condition::Q;
pub use field::{Comparable, Field, Ordered, Textual};
pub use operand::{IntoOperand, IntoOperandList, IntoRange, Operand, OperandOf, kind};
pub use order::{Include, IntoInclude, IntoOrder, Order, Sortable};
pub use set::{Objects, QuerySet};
pub use slice::Slice;
pub use step::{Embedded, Includable, Through, Traversable};

use crate::ObjectId;
use crate::object::ParseObject;
use serde_json::json;

/// The objects of a relation: `$relatedTo`.
pub(crate) fn related<T: ParseObject>(owner: &str, id: &ObjectId, field: &str) -> QuerySet<T> {
    let object = json!({"__type": "Pointer", "className": owner, "objectId": id.as_str()});
    let operand = Operand(Ok(json!({"object": object, "key": field})));
    QuerySet::new().filter(Q::test("$relatedTo", condition::Test::Compare("$eq", operand)))
}
