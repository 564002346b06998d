//! The definitions of the classes.

use serde_json::json;

use super::Generator;
use crate::script::{Step, Who};

const TYPES: [&str; 10] = [
    "Number", "String", "Boolean", "Date", "Array", "Object", "GeoPoint", "Polygon", "Bytes", "File",
];

impl Generator {
    /// A new field, of each type in its turn.
    pub(super) fn schema_field(&mut self) -> Step {
        let name = self.pick_text(&["extra1", "extra2", "extra3"]);
        let kind = TYPES[self.turn(2, TYPES.len())];
        let class = self.random.below(2);
        Step::new(Who::Master, "PUT", format!("/schemas/{}", self.class(class)))
            .body(json!({"fields": {name: {"type": kind}}}))
    }

    pub(super) fn schema(&mut self) -> Step {
        let class = self.random.below(2);
        let path = format!("/schemas/{}", self.class(class));
        match self.random.below(6) {
            0 | 1 => Step::new(Who::Master, "GET", path),
            2 => self.schema_field(),
            3 => {
                let target = self.class(1);
                let kind = self.pick_text(&["Pointer", "Relation"]);
                // beside a relation the aggregations of the second class would differ
                let name = if kind == "Relation" { "extra5" } else { "extra4" };
                let path = format!("/schemas/{}", self.class(0));
                Step::new(Who::Master, "PUT", path)
                    .body(json!({"fields": {name: {"type": kind, "targetClass": target}}}))
            }
            4 => {
                let name = self.pick_text(&["extra1", "extra2", "extra3"]);
                Step::new(Who::Master, "PUT", path).body(json!({"fields": {name: {"__op": "Delete"}}}))
            }
            _ => {
                let name = self.pick_text(&["extra6", "extra7"]);
                Step::new(Who::Master, "PUT", path).body(json!({
                    "fields": {name: {"type": "Number", "required": self.random.percent(30), "defaultValue": 7}},
                }))
            }
        }
    }
}
