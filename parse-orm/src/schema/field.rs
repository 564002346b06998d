//! The fields of a class: `{"type": "Pointer", "targetClass": "Player", "required": true, "defaultValue": ..}`.

use super::name::class_reason;
use crate::value::{AnyValue, FieldType, ParseValue};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

macro_rules! types {
    ($($name:ident)*) => {
        /// The type of a field of a class on the server. As [`FieldType`], which a model has, but the classes of pointers
        /// and relations are not known before the program runs.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ClassFieldType {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
            /// `Pointer` to this class
            Pointer(String),
            /// `Relation` to this class
            Relation(String),
            /// A type that this library does not know.
            Other(String),
        }

        impl ClassFieldType {
            fn name(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Pointer(_) => "Pointer",
                    Self::Relation(_) => "Relation",
                    Self::Other(name) => name,
                }
            }

            fn read(name: &str, target: Option<&str>) -> Self {
                match (name, target) {
                    $((stringify!($name), _) => Self::$name,)*
                    ("Pointer", Some(class)) => Self::Pointer(class.into()),
                    ("Relation", Some(class)) => Self::Relation(class.into()),
                    (other, _) => Self::Other(other.into()),
                }
            }
        }

        impl From<FieldType> for ClassFieldType {
            fn from(field_type: FieldType) -> Self {
                match field_type {
                    $(FieldType::$name => Self::$name,)*
                    FieldType::Pointer(class) => Self::Pointer(class.into()),
                    FieldType::Relation(class) => Self::Relation(class.into()),
                }
            }
        }
    };
}

types! { String Number Boolean Date Object Array GeoPoint Polygon File Bytes }

impl ClassFieldType {
    fn target(&self) -> Option<&str> {
        match self {
            Self::Pointer(class) | Self::Relation(class) => Some(class),
            _ => None,
        }
    }
}

impl fmt::Display for ClassFieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.target().map_or(Ok(()), |class| write!(f, " to {class}"))
    }
}

/// A field of a class on the server.
///
/// ```
/// use parse_orm::ClassField;
/// let level = ClassField::of::<i64>().default_value(1).required();
/// assert_eq!(
///     serde_json::to_string(&level).unwrap(),
///     r#"{"type":"Number","required":true,"defaultValue":1}"#
/// );
/// let team = ClassField::pointer_to("Team");
/// assert_eq!(serde_json::to_string(&team).unwrap(), r#"{"type":"Pointer","targetClass":"Team"}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassField {
    field_type: ClassFieldType,
    required: bool,
    default: Option<Value>,
    /// What else the server says of it.
    other: Map<String, Value>,
    /// Why the default value cannot be sent.
    mistake: Option<String>,
}

impl ClassField {
    /// A field for values of this Rust type: `ClassField::of::<Option<Pointer<Player>>>()`.
    pub fn of<V: ParseValue>() -> Self {
        Self::new(V::TYPE)
    }

    /// A field of this type.
    pub fn new(field_type: impl Into<ClassFieldType>) -> Self {
        Self {
            field_type: field_type.into(),
            required: false,
            default: None,
            other: Map::new(),
            mistake: None,
        }
    }

    /// A pointer to objects of this class.
    pub fn pointer_to(class_name: impl Into<String>) -> Self {
        Self::new(ClassFieldType::Pointer(class_name.into()))
    }

    /// A relation with objects of this class.
    pub fn relation_to(class_name: impl Into<String>) -> Self {
        Self::new(ClassFieldType::Relation(class_name.into()))
    }

    /// The server refuses a create without a value (code 142), and an update that takes it away. An empty text and
    /// null are no values to it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What a new object has where its create says nothing of the field. Of the field's own type.
    #[must_use]
    pub fn default_value<V: AnyValue>(mut self, value: V) -> Self {
        let of = ClassFieldType::from(V::TYPE);
        match value.json() {
            None => self.mistake = Some("a default value of nothing: leave it away".into()),
            Some(_) if of != self.field_type => {
                let own = &self.field_type;
                self.mistake = Some(format!("the default value is a {of}, and the field a {own}"));
            }
            Some(Ok(value)) => self.default = Some(value),
            Some(Err(reason)) => self.mistake = Some(format!("the default value cannot be sent: {reason}")),
        }
        self
    }

    /// The type.
    pub fn field_type(&self) -> &ClassFieldType {
        &self.field_type
    }

    /// True when the server refuses objects without a value.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The default value in its wire form.
    pub fn default_json(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// Why the server would refuse the field.
    pub(super) fn mistake(&self) -> Option<String> {
        let relation = matches!(self.field_type, ClassFieldType::Relation(_));
        if relation && (self.required || self.default.is_some()) {
            return Some("a relation is neither required, nor has it a default value".into());
        }
        let target = self.field_type.target().and_then(class_reason);
        self.mistake.clone().or(target)
    }
}

impl Serialize for ClassField {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("type", self.field_type.name())?;
        if let Some(target) = self.field_type.target() {
            map.serialize_entry("targetClass", target)?;
        }
        if self.required {
            map.serialize_entry("required", &true)?;
        }
        if let Some(default) = &self.default {
            map.serialize_entry("defaultValue", default)?;
        }
        for (name, value) in &self.other {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ClassField {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut other = Map::deserialize(from)?;
        let name = other.remove("type");
        let name = name.as_ref().and_then(Value::as_str);
        let name = name.ok_or_else(|| D::Error::missing_field("type"))?;
        let target = other.remove("targetClass");
        let target = target.as_ref().and_then(Value::as_str);
        Ok(Self {
            field_type: ClassFieldType::read(name, target),
            required: other.remove("required") == Some(Value::Bool(true)),
            default: other.remove("defaultValue").filter(|default| !default.is_null()),
            other,
            mistake: None,
        })
    }
}
