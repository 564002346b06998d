//! Random scripts: valid requests, and some that are slightly wrong.

mod aggregates;
mod batches;
mod limits;
mod lookups;
mod mistakes;
mod objects;
mod operations;
mod queries;
mod schemas;
mod security;
mod users;
mod values;

use serde_json::{Value, json};

use crate::limit::{Known, Limit};
use crate::random::Random;
use crate::script::{MARK, Script, Step, Who, id};
use mistakes::MISTAKES;

/// Writes one script.
struct Generator {
    random: Random,
    /// Users, ACLs, roles and permissions.
    security: bool,
    /// Fields may be null.
    nulls: bool,
    /// Lists are added to.
    adds: bool,
    steps: Vec<Step>,
    ids: usize,
    sessions: usize,
    /// The objects of each class, by their numbers.
    objects: [Vec<usize>; 2],
    users: Vec<(usize, usize)>,
    roles: Vec<(usize, String)>,
    rows: i64,
    /// Elements that no list has yet.
    elements: i64,
    /// Whether the request that is being written may run into a limit, and the one that it does run into.
    spare: bool,
    known: Option<Known>,
    /// Whose turn it is among the mistakes, the limits and the types of fields.
    turns: [usize; 3],
    /// What the requests so far left in the data.
    since: Vec<Limit>,
}

/// A script of about so many requests, the same for one seed; `security` adds users, ACLs, roles and permissions.
pub fn script(seed: u64, length: usize, security: bool) -> Script {
    let mut random = Random::new(seed);
    let (nulls, adds) = (random.percent(12), random.percent(25));
    let mut generator = Generator {
        random,
        security,
        nulls,
        adds,
        steps: Vec::new(),
        ids: 0,
        sessions: 0,
        objects: [Vec::new(), Vec::new()],
        users: Vec::new(),
        roles: Vec::new(),
        rows: 0,
        elements: 100,
        spare: false,
        known: None,
        turns: [3, 1, 1].map(|each| usize::try_from(seed.wrapping_mul(each) % 10_000).unwrap_or_default()),
        since: Vec::new(),
    };
    for class in [1, 0] {
        let step = generator.full(class);
        generator.add(step);
    }
    let field = generator.schema_field();
    generator.add(field);
    // the last requests are what comes in turn, so that nothing is left out for long
    while generator.steps.len() < length - 4 {
        generator.spare = generator.random.percent(12);
        if let Some(step) = generator.step() {
            generator.add(step);
        }
    }
    for _ in 0..3 {
        let kind = generator.turn(0, MISTAKES);
        let step = generator.wrong(kind);
        generator.add(step);
    }
    let step = generator.limited_request();
    generator.add(step);
    Script {
        about: format!("seed {seed}"),
        steps: generator.steps,
    }
}

impl Generator {
    fn add(&mut self, mut step: Step) {
        self.spare = false;
        step.known = self.known.take().or(step.known);
        step.since.clone_from(&self.since);
        self.steps.push(step);
    }

    /// Whether the request may run into this limit: then it is the only one.
    fn may(&mut self, limit: Limit, field: &str) -> bool {
        let may = self.spare && self.known.is_none();
        if may {
            self.known = Some(Known::new(limit, field));
        }
        may
    }

    /// The next of so many things that come in turn; `which` of them.
    fn turn(&mut self, which: usize, of: usize) -> usize {
        self.turns[which] += 1;
        self.turns[which] % of
    }

    /// The request runs into this limit.
    fn meets(&mut self, limit: Limit, field: &str) {
        self.known = Some(Known::new(limit, field));
    }

    fn left(&mut self, limit: Limit) {
        if !self.since.contains(&limit) {
            self.since.push(limit);
        }
    }

    fn step(&mut self) -> Option<Step> {
        // with security every second step is about it
        let choice = if self.security && self.random.percent(40) {
            self.random.below(20)
        } else {
            20 + self.random.below(80)
        };
        Some(match choice {
            0..11 => return self.user(),
            11..14 => self.access(),
            14..17 => self.role(),
            17..20 => self.permissions(),
            20..34 => {
                let class = self.random.below(2);
                self.create(class)
            }
            34..48 => self.update(),
            48..73 => self.find(),
            73..76 => self.get(),
            76..79 => self.delete(),
            79..86 => self.batch(),
            86..89 => self.aggregate(),
            89..91 => self.schema(),
            91..97 => self.find(),
            _ => {
                let kind = self.random.below(MISTAKES);
                self.wrong(kind)
            }
        })
    }

    fn class(&self, number: usize) -> String {
        format!("D{MARK}{}", ["A", "B"][number])
    }

    fn classes(&self, number: usize) -> String {
        format!("/classes/{}", self.class(number))
    }

    fn new_id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    /// Mostly without special rights.
    fn who(&mut self) -> Who {
        match self.random.below(10) {
            0..2 => Who::Master,
            2..5 if !self.users.is_empty() => Who::Session(self.random.pick(&self.users).1),
            _ => Who::Public,
        }
    }

    fn some_object(&mut self, class: usize) -> String {
        if self.objects[class].is_empty() || self.random.percent(3) {
            return "missing000".to_owned();
        }
        id(*self.random.pick(&self.objects[class]))
    }

    fn some_user(&mut self) -> String {
        if self.users.is_empty() {
            return "missing001".to_owned();
        }
        id(self.random.pick(&self.users).0)
    }

    fn pick_text(&mut self, from: &[&str]) -> String {
        (*self.random.pick(from)).to_owned()
    }
}

fn pointer(class: &str, object: &str) -> Value {
    json!({"__type": "Pointer", "className": class, "objectId": object})
}
