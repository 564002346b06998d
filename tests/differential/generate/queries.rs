//! Finding and counting: order, skip, limit, keys, include and the ways to send a query.

use serde_json::json;

use super::Generator;
use super::lookups::Place;
use crate::limit::Limit;
use crate::script::Step;

impl Generator {
    pub(super) fn find(&mut self) -> Step {
        let class = self.random.below(2);
        let depth = self.random.below(3);
        let near = self.random.percent(6);
        let conditions = if near {
            self.near()
        } else {
            self.conditions(Place::top(class, depth))
        };
        let mut step =
            Step::new(self.who(), "GET", self.classes(class)).with("where", conditions.to_string());
        // what a limit changes is seen in the rows themselves: all of them, and whole
        if self.known.is_some() {
            return step.with("order", "n");
        }
        if near {
            return self.part(step);
        }
        if self.random.percent(3) && self.may(Limit::OrderMissing, "num") {
            return step.with("order", self.pick_text(&["num,n", "-text,n", "day,n"]));
        }
        if class == 0 && self.random.percent(3) {
            return step
                .with("redirectClassNameForKey", self.pick_text(&["other", "friends"]))
                .unordered();
        }
        step = self.shape(step, class);
        if self.random.percent(60) {
            let order = self.pick_text(&[
                "n",
                "-n",
                "label,n",
                "-label,-n",
                "on,n",
                "-at,n",
                " at , n",
                "size,-n",
                "-on,label,n",
            ]);
            step = step.with("order", order);
            step = self.part(step);
        } else {
            step = step.unordered();
        }
        // buildWhereClause changes this constraint, which the count then reads again
        let counted = !conditions.to_string().contains("\"list\":{\"$ne\"");
        match self.random.below(12) {
            0 | 1 if !counted => step,
            0 => step.with("count", "1"),
            1 => {
                step.query.retain(|(name, _)| name != "limit");
                step.with("count", "1").with("limit", "0")
            }
            2 | 3 => self.posted(step),
            _ => step,
        }
    }

    fn part(&mut self, mut step: Step) -> Step {
        if self.random.percent(30) {
            step = step.with("limit", self.random.below(5).to_string());
        }
        if self.random.percent(20) {
            step = step.with("skip", self.random.below(3).to_string());
        }
        step
    }

    pub(super) fn shape(&mut self, mut step: Step, class: usize) -> Step {
        if self.random.percent(20) {
            let keys = self.pick_text(&[
                "num",
                "num,text",
                "map.a",
                "home.text",
                "n,other,home.n",
                "list,bag",
                "nothing",
                "place,area,day",
                "createdAt",
                "ACL,n",
            ]);
            step = step.with("keys", keys);
        }
        if self.random.percent(10) {
            let keys = self.pick_text(&[
                "num",
                "label,flag",
                "nothing",
                "map.a",
                "createdAt",
                "home",
                "ACL",
            ]);
            step = step.with("excludeKeys", keys);
        }
        if self.random.percent(30) {
            let first = [
                "home",
                "other",
                "peers",
                "home,other",
                "*",
                "owner",
                "home.owner",
                "friends",
                "num",
                "nothing",
            ];
            let second = ["owner", "owners", "*"];
            let include = if class == 0 {
                self.pick_text(&first)
            } else {
                self.pick_text(&second)
            };
            step = step.with("include", include);
        }
        step
    }

    /// The same query as a POST, with its parameters and sometimes its keys in the body.
    fn posted(&mut self, mut step: Step) -> Step {
        let mut body = step.parameters();
        body["_method"] = json!("GET");
        // as the JavaScript client sends it: no headers at all
        if self.random.percent(50) {
            body["_ApplicationId"] = json!("app");
            body["_ClientVersion"] = json!("js8.6.2");
        }
        step.query.clear();
        "POST".clone_into(&mut step.method);
        step.body(body)
    }
}
