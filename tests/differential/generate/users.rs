//! Users and their sessions.

use serde_json::{Value, json};

use super::{Generator, pointer};
use crate::limit::Limit;
use crate::script::{Keep, Step, Who, id};

fn name(number: usize) -> String {
    format!("u<mark>x{number}")
}

impl Generator {
    pub(super) fn user(&mut self) -> Option<Step> {
        let choice = self.random.below(32);
        if choice < 8 || self.users.is_empty() {
            return Some(self.new_user());
        }
        let &(number, session) = self.random.pick(&self.users);
        let user = id(number);
        Some(match choice {
            8..12 => {
                let password = if self.random.percent(80) {
                    "secret"
                } else {
                    "wrong"
                };
                let who = if self.random.percent(60) {
                    "username"
                } else {
                    "email"
                };
                let body = match who {
                    "email" => {
                        json!({"email": format!("{}@example.com", name(number)), "password": password})
                    }
                    _ => json!({"username": name(number), "password": password}),
                };
                let step = Step::new(Who::Public, "POST", "/login").keep(Keep::User(number, session));
                if self.random.percent(30) {
                    let mut step = step;
                    "GET".clone_into(&mut step.method);
                    step.with("username", name(number)).with("password", password)
                } else {
                    step.body(body)
                }
            }
            12 => Step::new(self.who(), "GET", "/users/me"),
            13 | 14 => {
                let step = Step::new(self.who(), "PUT", format!("/users/{user}"));
                step.body(match self.random.below(4) {
                    0 => json!({"level": {"__op": "Increment", "amount": 1}}),
                    1 => json!({"level": {"__op": "Delete"}}),
                    2 => json!({"friend": pointer("_User", &self.some_user())}),
                    _ => json!({"level": self.random.below(9)}),
                })
            }
            15 => Step::new(self.who(), "GET", format!("/users/{user}")),
            16 | 17 => self.find_users(number),
            18..21 => self.edit_user(number, session),
            21 => {
                let mut who = self.who();
                // of everybody's sessions there are too many
                if who == Who::Master {
                    who = Who::Public;
                }
                let keys = "user,createdWith,restricted";
                Step::new(who, "GET", "/sessions").with("keys", keys).unordered()
            }
            22 => Step::new(self.who(), "GET", "/sessions/me"),
            23 => {
                // the real server may go on knowing the session
                self.users.retain(|user| user.0 != number);
                self.left(Limit::ForgetSession);
                Step::new(self.who(), "DELETE", format!("/users/{user}"))
            }
            24 | 25 => {
                let step = Step::new(Who::Public, "POST", "/verifyPassword");
                step.body(json!({"username": name(number), "password": self.pick_text(&["secret", "secret", "wrong"])}))
            }
            26 => {
                let who = if self.random.percent(60) {
                    Who::Master
                } else {
                    self.who()
                };
                let session = self.new_session();
                Step::new(who, "POST", "/loginAs")
                    .body(json!({"userId": user}))
                    .keep(Keep::User(self.ids + 1000, session))
            }
            27 => {
                let email = self.pick_text(&["nobody@example.com", "broken", ""]);
                Step::new(Who::Public, "POST", "/requestPasswordReset").body(json!({"email": email}))
            }
            28 if self.may(Limit::UpgradeSession, "") => {
                Step::new(self.who(), "POST", "/upgradeToRevocableSession").body(json!({}))
            }
            28 => Step::new(Who::Public, "POST", "/upgradeToRevocableSession").body(json!({})),
            29 => Step::new(self.who(), "POST", "/sessions").body(json!({"level": 3})),
            _ => Step::new(Who::Session(session), "POST", "/logout").body(json!({})),
        })
    }

    fn new_session(&mut self) -> usize {
        self.sessions += 1;
        self.sessions - 1
    }

    fn new_user(&mut self) -> Step {
        let number = self.new_id();
        let session = self.new_session();
        let known = self.users.first().map_or(number, |user| user.0);
        self.users.push((number, session));
        let body = match self.random.below(10) {
            0 => json!({"authData": {"anonymous": {"id": format!("anon<mark>x{number}")}}}),
            1 | 2 => {
                let token = self.pick_text(&["good", "good", "bad"]);
                json!({"authData": {"fakeauth": {"id": format!("f<mark>x{known}"), "token": token}}})
            }
            // a name that is taken, but for its case
            3 => {
                json!({"username": name(known).to_uppercase().replace("<MARK>", "<mark>"), "password": "secret"})
            }
            _ => json!({"username": name(number), "password": "secret"}),
        };
        let mut body = body;
        if body.get("username").is_some() && self.random.percent(40) {
            body["email"] = json!(format!("{}@example.com", name(number)));
        }
        if self.random.percent(25) {
            body["level"] = json!(self.random.below(9));
        }
        if self.random.percent(10) {
            body["ACL"] = json!({"*": {"read": true}});
        }
        Step::new(Who::Public, "POST", "/users")
            .body(body)
            .keep(Keep::User(number, session))
    }

    fn find_users(&mut self, number: usize) -> Step {
        let path = self.pick_text(&["/users", "/classes/_User"]);
        let conditions = match self.random.below(6) {
            0 => json!({"objectId": id(number)}),
            1 => json!({"username": name(number)}),
            2 => json!({"email": format!("{}@example.com", name(number))}),
            3 => json!({"username": {"$regex": "^u<mark>x"}, "level": {"$gte": 1}}),
            _ => json!({"username": {"$regex": "^u<mark>x"}}),
        };
        let mut step = Step::new(self.who(), "GET", path).with("where", conditions.to_string());
        if self.random.percent(20) {
            step = step.with("keys", "username,level");
        }
        if self.random.percent(20) {
            step = step.with("count", "1");
        }
        step.unordered()
    }

    fn edit_user(&mut self, number: usize, session: usize) -> Step {
        let who = if self.random.percent(70) {
            Who::Session(session)
        } else {
            self.who()
        };
        let body = match self.random.below(9) {
            0 => json!({"username": name(number)}),
            1 => json!({"username": name(self.users[0].0)}),
            2 => json!({"password": "secret"}),
            3 => json!({"email": "broken"}),
            4 => {
                let whose = if self.random.percent(50) {
                    number
                } else {
                    self.users[0].0
                };
                json!({"email": format!("{}@example.com", name(whose))})
            }
            5 => json!({"email": {"__op": "Delete"}}),
            6 => {
                let whose = if self.random.percent(50) {
                    number
                } else {
                    self.users[0].0
                };
                json!({"authData": {"fakeauth": {"id": format!("f<mark>x{whose}"), "token": "good"}}})
            }
            7 => json!({"authData": {"fakeauth": null}}),
            _ => json!({"authData": {"anonymous": null}}),
        };
        Step::new(who, "PUT", format!("/users/{}", id(number)))
            .body(body)
            .keep(Keep::User(number, session))
    }

    pub(super) fn member(&mut self) -> Value {
        let user = self.some_user();
        pointer("_User", &user)
    }
}
