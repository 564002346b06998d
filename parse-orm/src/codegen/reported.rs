//! What stands in for a type or a model with a mistake that was reported, so that it is not reported again
//! wherever it is used.

use super::{
    Area, Comparable, DateTime, Deserializer, Field, FieldType, Form, Listed, ListedTexts, Located, Nullable,
    ObjectId, Operand, OperandOf, Ordered, ParseValue, RefersTo, Serializer, Sortable, Textual, Utc,
    no_such_field, no_such_field_to_write,
};
/// The type that a field's token has when a mistake in its own type was reported: every lookup accepts it, so
/// that the mistake is not reported again wherever the field is used.
#[derive(Debug, Clone, Copy)]
pub enum Reported {}

impl ParseValue for Reported {
    const TYPE: FieldType = FieldType::Object;
    fn decode<'de, D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(no_such_field())
    }
    fn encode<S: Serializer>(&self, _: Form, _: S) -> Result<S::Ok, S::Error> {
        Err(no_such_field_to_write())
    }
    fn same(&self, _: &Self) -> bool {
        true
    }
}

impl Nullable for Reported {}
impl Comparable for Reported {
    type Kind = Self;
}
impl Ordered for Reported {}
impl Textual for Reported {}
impl Listed for Reported {}
impl ListedTexts for Reported {}
impl Located for Reported {}
impl Area for Reported {}
impl<T> RefersTo<T> for Reported {}
impl Sortable for Reported {}

#[diagnostic::do_not_recommend]
impl<U> OperandOf<Reported> for U {
    fn operand(self) -> Operand {
        Operand::none()
    }
}

/// The field tokens of a model that could not be derived, because of a mistake that was reported.
pub struct RowFields<R> {
    /// The object's id.
    pub object_id: Field<R, ObjectId>,
    /// When the object was created.
    pub created_at: Field<R, DateTime<Utc>>,
    /// When the object was last changed.
    pub updated_at: Field<R, DateTime<Utc>>,
}

impl<R> RowFields<R> {
    /// The tokens.
    pub const NEW: Self = Self {
        object_id: Field::new("objectId"),
        created_at: Field::new("createdAt"),
        updated_at: Field::new("updatedAt"),
    };
}

impl<R> std::fmt::Debug for RowFields<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowFields")
    }
}

impl<R> Clone for RowFields<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for RowFields<R> {}
