//! The definitions of the classes, with the master key: fields, permissions and indexes, from a model or by hand.
//!
//! Everything that can be known here is looked at before a request is sent: names, types, default values, fields
//! that permissions and indexes name.

mod change;
mod class;
mod diff;
mod field;
mod index;
mod name;
mod permissions;

pub use change::SchemaChange;
pub use class::ClassSchema;
pub use diff::SchemaDiff;
pub use field::{ClassField, ClassFieldType};
pub use index::{ClassIndex, IndexKind};
pub use permissions::{Asker, ClassOperation, ClassPermissions};
