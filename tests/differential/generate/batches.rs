//! Batches and transactions.

use serde_json::{Value, json};

use super::Generator;
use crate::script::{Body, Keep, Step};

impl Generator {
    pub(super) fn batch(&mut self) -> Step {
        let who = self.who();
        let mut requests: Vec<Value> = Vec::new();
        let mut names = Vec::new();
        let together = self.random.percent(35);
        self.spare = false;
        for _ in 0..=self.random.below(4) {
            let step = match self.random.below(6) {
                0 | 1 => {
                    let class = self.random.below(2);
                    self.create(class)
                }
                2 => self.update(),
                3 => self.delete(),
                4 => self.get(),
                _ => self.find(),
            };
            // all run side by side: two that touch one object have no order
            let object = step.path.rsplit('/').next().unwrap_or_default().to_owned();
            let reads = step.method == "GET";
            let clash = requests.iter().any(|known| {
                let path = known["path"].as_str().unwrap_or_default();
                path.ends_with(&step.path) && known["method"] != "POST"
                    || (known["method"] == "GET") != reads
                    || known.to_string().contains(&object) && object.starts_with("<id:")
            });
            let created = match step.keep {
                Some(Keep::Id(number)) => Some(number),
                _ => None,
            };
            // a query that is posted is none within a batch
            let posted = step.method == "POST" && created.is_none();
            // a change of a relation that changes nothing fails a transaction there
            let relates = together
                && step.body.as_ref().is_some_and(|body| {
                    let body = body.to_string();
                    body.contains("RemoveRelation") || (created.is_none() && body.contains("AddRelation"))
                });
            if clash
                || posted
                || relates
                || step.unordered
                || step.query.iter().any(|(_, text)| text.contains("createdAt"))
            {
                if let Some(number) = created {
                    self.objects
                        .iter_mut()
                        .for_each(|objects| objects.retain(|known| *known != number));
                }
                continue;
            }
            names.push(created);
            let body = match step.body.clone() {
                Some(Body::Json(body)) => body,
                _ => step.parameters(),
            };
            let path = format!("/parse{}", step.path);
            requests.push(json!({"method": step.method, "path": path, "body": body}));
        }
        let mut body = json!({"requests": requests});
        if together {
            body["transaction"] = json!(true);
        }
        Step::new(who, "POST", "/batch")
            .body(body)
            .keep(Keep::Items(names))
    }
}
