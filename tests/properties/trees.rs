//! Row 2: no condition overwrites another. Random trees of conditions over random rows find what a plain
//! evaluation of the tree finds.

use crate::runtime::{cases, failed, run, server, unique};
use futures::FutureExt as _;
use parse_orm::prelude::*;
use proptest::prelude::*;
use std::sync::OnceLock;

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Place {
    floor: i64,
    room: Option<String>,
}

#[derive(ParseObject, Debug, Clone)]
struct Target {
    name: String,
    size: Option<i64>,
}

#[derive(ParseObject, Debug, Clone)]
struct Row {
    run: String,
    number: Option<i64>,
    text: Option<String>,
    flag: bool,
    tags: Vec<String>,
    place: Option<Place>,
    target: Option<Pointer<Target>>,
}

/// A row as the model sees it.
#[derive(Debug, Clone)]
struct Model {
    number: Option<i64>,
    text: Option<String>,
    flag: bool,
    tags: Vec<String>,
    place: Option<(i64, Option<String>)>,
    target: Option<usize>,
}

impl Model {
    fn row(&self, run: &str, targets: &[Object<Target>]) -> Row {
        Row {
            run: run.into(),
            number: self.number,
            text: self.text.clone(),
            flag: self.flag,
            tags: self.tags.clone(),
            place: self.place.clone().map(|(floor, room)| Place { floor, room }),
            target: self.target.map(|target| targets[target].pointer()),
        }
    }
}

#[derive(Debug, Clone)]
enum Test {
    Number(Number),
    Text(Text),
    Flag(bool),
    NotFlag(bool),
    Tag(String),
    NoTag(String),
    TagIn(Vec<String>),
    TagsAll(Vec<String>),
    TagsWithin(Vec<String>),
    TagsStart(Vec<String>),
    Floor(Number),
    Room(Text),
    TargetSize(Number),
    TargetName(Text),
    TargetIs(usize),
    TargetNull(bool),
    TargetExists(bool),
    /// One of the targets whose size meets this.
    TargetAmong(Number, bool),
    /// The text is the name of one of these.
    TextAmong(Number, bool),
}

#[derive(Debug, Clone)]
enum Number {
    Eq(i64),
    Ne(i64),
    Gt(i64),
    Gte(i64),
    Lt(i64),
    Lte(i64),
    Range(i64, i64),
    In(Vec<i64>),
    Nin(Vec<i64>),
    Null(bool),
}

#[derive(Debug, Clone)]
enum Text {
    Eq(String),
    Ne(String),
    In(Vec<String>),
    Gt(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    IContains(String),
}

#[derive(Debug, Clone)]
enum Tree {
    Test(Test),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

fn word() -> impl Strategy<Value = String> {
    "[abAB]{0,2}"
}

fn number() -> impl Strategy<Value = Number> {
    let n = || 0_i64..5;
    let list = || prop::collection::vec(0_i64..5, 0..3);
    prop_oneof![
        n().prop_map(Number::Eq),
        n().prop_map(Number::Ne),
        n().prop_map(Number::Gt),
        n().prop_map(Number::Gte),
        n().prop_map(Number::Lt),
        n().prop_map(Number::Lte),
        (n(), n()).prop_map(|(low, high)| Number::Range(low, high)),
        list().prop_map(Number::In),
        list().prop_map(Number::Nin),
        any::<bool>().prop_map(Number::Null),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        word().prop_map(Text::Eq),
        word().prop_map(Text::Ne),
        prop::collection::vec(word(), 0..3).prop_map(Text::In),
        word().prop_map(Text::Gt),
        word().prop_map(Text::Contains),
        word().prop_map(Text::StartsWith),
        word().prop_map(Text::EndsWith),
        word().prop_map(Text::IContains),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        3 => number().prop_map(Test::Number),
        3 => text().prop_map(Test::Text),
        1 => any::<bool>().prop_map(Test::Flag),
        1 => any::<bool>().prop_map(Test::NotFlag),
        1 => word().prop_map(Test::Tag),
        1 => word().prop_map(Test::NoTag),
        1 => prop::collection::vec(word(), 0..3).prop_map(Test::TagIn),
        1 => number().prop_map(Test::Floor),
        1 => text().prop_map(Test::Room),
        1 => number().prop_map(Test::TargetSize),
        1 => text().prop_map(Test::TargetName),
        1 => (0_usize..4).prop_map(Test::TargetIs),
        1 => any::<bool>().prop_map(Test::TargetNull),
        1 => prop::collection::vec(word(), 0..3).prop_map(Test::TagsAll),
        1 => prop::collection::vec(word(), 0..4).prop_map(Test::TagsWithin),
        1 => prop::collection::vec(word(), 0..3).prop_map(Test::TagsStart),
        1 => any::<bool>().prop_map(Test::TargetExists),
        1 => (number(), any::<bool>()).prop_map(|(test, yes)| Test::TargetAmong(test, yes)),
        1 => (number(), any::<bool>()).prop_map(|(test, yes)| Test::TextAmong(test, yes)),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    test().prop_map(Tree::Test).prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::And),
            prop::collection::vec(inner, 1..4).prop_map(Tree::Or),
        ]
    })
}

fn model() -> impl Strategy<Value = Model> {
    (
        prop::option::weighted(0.8, 0_i64..5),
        prop::option::weighted(0.8, word()),
        any::<bool>(),
        prop::collection::vec(word(), 0..3),
        prop::option::weighted(0.7, (0_i64..5, prop::option::of(word()))),
        prop::option::weighted(0.7, 0_usize..4),
    )
        .prop_map(|(number, text, flag, tags, place, target)| Model {
            number,
            text,
            flag,
            tags,
            place,
            target,
        })
}

/// The targets of all rows: name and size.
const TARGETS: [(&str, Option<i64>); 4] = [("a", Some(1)), ("ab", Some(3)), ("B", None), ("", Some(3))];

impl Number {
    /// The plain meaning: nothing compares with a missing number, and it is unequal to everything.
    fn holds(&self, number: Option<i64>) -> bool {
        match self {
            Self::Eq(n) => number == Some(*n),
            Self::Ne(n) => number != Some(*n),
            Self::Gt(n) => number.is_some_and(|number| number > *n),
            Self::Gte(n) => number.is_some_and(|number| number >= *n),
            Self::Lt(n) => number.is_some_and(|number| number < *n),
            Self::Lte(n) => number.is_some_and(|number| number <= *n),
            Self::Range(low, high) => number.is_some_and(|number| (*low..=*high).contains(&number)),
            Self::In(list) => number.is_some_and(|number| list.contains(&number)),
            Self::Nin(list) => !number.is_some_and(|number| list.contains(&number)),
            Self::Null(yes) => number.is_none() == *yes,
        }
    }
}

/// The condition of a number on any field of integers.
macro_rules! number_on {
    ($field:expr, $test:expr) => {
        match $test {
            Number::Eq(n) => $field.eq(*n),
            Number::Ne(n) => $field.ne(*n),
            Number::Gt(n) => $field.gt(*n),
            Number::Gte(n) => $field.gte(*n),
            Number::Lt(n) => $field.lt(*n),
            Number::Lte(n) => $field.lte(*n),
            Number::Range(low, high) => $field.range((*low, *high)),
            Number::In(list) => $field.is_in(list),
            Number::Nin(list) => $field.nin(list),
            Number::Null(yes) => $field.isnull(*yes),
        }
    };
}

impl Text {
    fn holds(&self, text: Option<&str>) -> bool {
        let holds = |matches: &dyn Fn(&str) -> bool| text.is_some_and(matches);
        match self {
            Self::Eq(t) => text == Some(t),
            Self::Ne(t) => text != Some(t),
            Self::In(list) => holds(&|text| list.iter().any(|t| t == text)),
            Self::Gt(t) => holds(&|text| text > t.as_str()),
            Self::Contains(t) => holds(&|text| text.contains(t.as_str())),
            Self::StartsWith(t) => holds(&|text| text.starts_with(t.as_str())),
            Self::EndsWith(t) => holds(&|text| text.ends_with(t.as_str())),
            Self::IContains(t) => holds(&|text| text.to_lowercase().contains(&t.to_lowercase())),
        }
    }
}

macro_rules! text_on {
    ($field:expr, $test:expr) => {
        match $test {
            Text::Eq(t) => $field.eq(t),
            Text::Ne(t) => $field.ne(t),
            Text::In(list) => $field.is_in(list),
            Text::Gt(t) => $field.gt(t),
            Text::Contains(t) => $field.contains(t),
            Text::StartsWith(t) => $field.startswith(t),
            Text::EndsWith(t) => $field.endswith(t),
            Text::IContains(t) => $field.icontains(t),
        }
    };
}

impl Test {
    fn holds(&self, row: &Model) -> bool {
        let target = row.target.map(|target| TARGETS[target]);
        let room = row.place.as_ref().and_then(|(_, room)| room.as_deref());
        match self {
            Self::Number(test) => test.holds(row.number),
            Self::Text(test) => test.holds(row.text.as_deref()),
            Self::Flag(yes) => row.flag == *yes,
            Self::NotFlag(yes) => row.flag != *yes,
            Self::Tag(tag) => row.tags.contains(tag),
            Self::NoTag(tag) => !row.tags.contains(tag),
            Self::TagIn(list) => list.iter().any(|tag| row.tags.contains(tag)),
            Self::Floor(test) => test.holds(row.place.as_ref().map(|(floor, _)| *floor)),
            Self::Room(test) => test.holds(room),
            // there must be a target for anything to hold of it
            Self::TargetSize(test) => target.is_some_and(|(_, size)| test.holds(size)),
            Self::TargetName(test) => target.is_some_and(|(name, _)| test.holds(Some(name))),
            Self::TargetIs(index) => row.target == Some(*index),
            Self::TargetNull(yes) => row.target.is_none() == *yes,
            Self::TagsAll(list) => list.iter().all(|tag| row.tags.contains(tag)),
            Self::TagsWithin(list) => row.tags.iter().all(|tag| list.contains(tag)),
            Self::TagsStart(list) => list
                .iter()
                .all(|start| row.tags.iter().any(|tag| tag.starts_with(start))),
            Self::TargetExists(yes) => row.target.is_some() == *yes,
            Self::TargetAmong(test, yes) => target.is_some_and(|(_, size)| test.holds(size)) == *yes,
            Self::TextAmong(test, yes) => {
                let named = |text: &str| {
                    TARGETS
                        .iter()
                        .any(|(name, size)| *name == text && test.holds(*size))
                };
                row.text.as_deref().is_some_and(named) == *yes
            }
        }
    }

    fn condition(&self, targets: &[Object<Target>]) -> Q<Row> {
        let (f, target) = (Row::F, Target::F);
        let place = <Place as parse_orm::Traversable>::FIELDS;
        match self {
            Self::Number(test) => number_on!(f.number, test),
            Self::Text(test) => text_on!(f.text, test),
            Self::Flag(yes) => f.flag.eq(*yes),
            Self::NotFlag(yes) => f.flag.ne(*yes),
            Self::Tag(tag) => f.tags.eq(tag),
            Self::NoTag(tag) => f.tags.ne(tag),
            Self::TagIn(list) => f.tags.is_in(list),
            Self::Floor(test) => f.place.has(number_on!(place.floor, test)),
            Self::Room(test) => f.place.has(text_on!(place.room, test)),
            Self::TargetSize(test) => f.target.has(number_on!(target.size, test)),
            Self::TargetName(test) => f.target.has(text_on!(target.name, test)),
            Self::TargetIs(index) => f.target.eq(&targets[*index]),
            Self::TargetNull(yes) => f.target.isnull(*yes),
            Self::TagsAll(list) => f.tags.all(list),
            Self::TagsWithin(list) => f.tags.contained_by(list),
            Self::TagsStart(list) => f.tags.startswith_all(list),
            Self::TargetExists(yes) => f.target.exists(*yes),
            Self::TargetAmong(test, yes) => {
                let among = SubQuery::<Target>::new().filter(number_on!(target.size, test));
                if *yes {
                    f.target.is_in(among)
                } else {
                    f.target.nin(among)
                }
            }
            Self::TextAmong(test, yes) => {
                let names = Target::objects()
                    .filter(number_on!(target.size, test))
                    .select(target.name);
                if *yes {
                    f.text.is_in(names)
                } else {
                    f.text.nin(names)
                }
            }
        }
    }
}

impl Tree {
    fn holds(&self, row: &Model) -> bool {
        match self {
            Self::Test(test) => test.holds(row),
            Self::Not(tree) => !tree.holds(row),
            Self::And(trees) => trees.iter().all(|tree| tree.holds(row)),
            Self::Or(trees) => trees.iter().any(|tree| tree.holds(row)),
        }
    }

    fn condition(&self, targets: &[Object<Target>]) -> Q<Row> {
        let all = |trees: &[Self]| {
            trees
                .iter()
                .map(|tree| tree.condition(targets))
                .collect::<Vec<_>>()
        };
        match self {
            Self::Test(test) => test.condition(targets),
            Self::Not(tree) => !tree.condition(targets),
            Self::And(trees) => all(trees)
                .into_iter()
                .reduce(|all, next| all & next)
                .unwrap_or_default(),
            Self::Or(trees) => all(trees)
                .into_iter()
                .reduce(|all, next| all | next)
                .unwrap_or_default(),
        }
    }
}

impl Tree {
    /// True where it asks what LiveQuery cannot answer.
    fn is_beyond_live_query(&self) -> bool {
        match self {
            Self::Test(test) => match test {
                Test::TargetSize(_) | Test::TargetName(_) | Test::TargetAmong(..) | Test::TextAmong(..) => {
                    true
                }
                Test::TagsStart(list) => !list.is_empty(),
                _ => false,
            },
            Self::Not(tree) => tree.is_beyond_live_query(),
            Self::And(trees) | Self::Or(trees) => trees.iter().any(Self::is_beyond_live_query),
        }
    }
}

type World = (parse_orm_mock::MockServer, Client, Vec<Object<Target>>);

fn world() -> World {
    let (mock, client) = server();
    let targets = run(async {
        let mut targets = Vec::new();
        for (name, size) in TARGETS {
            targets.push(
                Target {
                    name: name.into(),
                    size,
                }
                .create(&client)
                .await
                .map_err(failed)?,
            );
        }
        Ok(targets)
    });
    (mock, client, targets.expect("the targets"))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn row_2_every_condition_of_a_tree_counts(
        rows in prop::collection::vec(model(), 1..6),
        trees in prop::collection::vec((tree(), any::<bool>()), 1..4),
    ) {
        static WORLD: OnceLock<World> = OnceLock::new();
        let (_, client, targets) = WORLD.get_or_init(world);
        run(async {
            let case = unique();
            let mut ids = Vec::new();
            for row in &rows {
                ids.push(row.row(&case, targets).create(client).await.map_err(failed)?.id().clone());
            }
            // several filters and excludes, one after another
            let mut set = query!(Row.filter(run = &case));
            for (tree, exclude) in &trees {
                let condition = tree.condition(targets);
                set = if *exclude { set.exclude(condition) } else { set.filter(condition) };
            }
            let holds = |row: &Model| trees.iter().all(|(tree, exclude)| tree.holds(row) != *exclude);
            let mut expected: Vec<_> =
                rows.iter().zip(ids).filter(|(row, _)| holds(row)).map(|(_, id)| id).collect();
            let mut found: Vec<_> = match set.all(client).await {
                Ok(found) => found.iter().map(|row| row.id().clone()).collect(),
                // only what no row can meet
                Err(Error::Invalid(refused)) => {
                    prop_assert!(expected.is_empty(), "{refused}: {:?}", set);
                    prop_assert!(refused.message.contains("cannot both hold"), "{refused}");
                    return Ok(());
                }
                Err(error) => return Err(failed(error)),
            };
            found.sort();
            expected.sort();
            prop_assert_eq!(&found, &expected, "{:?}", set);
            prop_assert_eq!(set.count(client).await.map_err(failed)?, expected.len() as u64);
            Ok(())
        })?;
    }

    /// A subscription is told of the rows that a find finds.
    #[test]
    fn row_2_a_subscription_is_told_of_what_a_find_finds(
        rows in prop::collection::vec(model(), 1..6),
        trees in prop::collection::vec((tree(), any::<bool>()), 1..4),
    ) {
        static WORLD: OnceLock<World> = OnceLock::new();
        let (_, client, targets) = WORLD.get_or_init(world);
        run(async {
            let (case, end) = (unique(), unique());
            let mut set = query!(Row.filter(run = &case));
            for (tree, exclude) in &trees {
                let condition = tree.condition(targets);
                set = if *exclude { set.exclude(condition) } else { set.filter(condition) };
            }
            let mut events = match set.subscribe(client).await {
                Ok(events) => events,
                Err(Error::Invalid(refused)) => {
                    let beyond = trees.iter().any(|(tree, _)| tree.is_beyond_live_query());
                    prop_assert!(beyond || refused.message.contains("cannot both hold"), "{refused}");
                    return Ok(());
                }
                Err(error) => return Err(failed(error)),
            };
            let mut last = query!(Row.filter(run = &end)).subscribe(client).await.map_err(failed)?;
            let holds = |row: &Model| trees.iter().all(|(tree, exclude)| tree.holds(row) != *exclude);
            let mut expected = Vec::new();
            for (run, row) in rows.iter().map(|row| (&case, row)).chain([(&end, &rows[0])]) {
                let stored = row.row(run, targets).create(client).await.map_err(failed)?;
                if *run == case && holds(row) {
                    expected.push(stored.id().clone());
                }
            }
            last.next().await.expect("an event").map_err(failed)?;
            // whatever was told before the last event is there
            let mut told = Vec::new();
            while let Some(event) = events.next().now_or_never() {
                match event.expect("a stream that goes on").map_err(failed)? {
                    LiveEvent::Create(row) => told.push(row.id().clone()),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(&told, &expected, "{:?}", set);
            Ok(())
        })?;
    }

    /// Conditions on one field that one value meets are never refused, whatever they are.
    #[test]
    fn row_2_what_a_value_meets_is_not_refused(
        value in 0_i64..5,
        tests in prop::collection::vec(number(), 1..6),
    ) {
        static WORLD: OnceLock<World> = OnceLock::new();
        let (_, client, _) = WORLD.get_or_init(world);
        let met: Vec<_> = tests.iter().filter(|test| test.holds(Some(value))).collect();
        let set = met.iter().fold(Row::objects(), |set, test| set.filter(number_on!(Row::F.number, test)));
        run(async {
            set.count(client).await.map_err(failed)?;
            Ok(())
        })?;
    }
}
