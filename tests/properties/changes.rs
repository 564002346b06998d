//! Random sequences of assignments and operations: after each save the local value is the server's.

use crate::runtime::{cases, failed, run, server};
use parse_orm::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(ParseObject, Debug, Clone, PartialEq)]
struct Subject {
    whole: i64,
    real: f64,
    maybe: Option<i64>,
    tags: Vec<String>,
    numbers: Option<Vec<i64>>,
    note: Option<String>,
    friends: Vec<Pointer<Subject>>,
    home: Option<Home>,
    wins: BTreeMap<String, i64>,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Home {
    city: String,
    floor: Option<i64>,
}

#[derive(Debug, Clone)]
enum Step {
    SetWhole(i64),
    IncrementWhole(i64),
    SetReal(f64),
    IncrementReal(f64),
    SetMaybe(Option<i64>),
    IncrementMaybe(i64),
    SetTags(Vec<String>),
    PushTag(String),
    AddTags(Vec<String>),
    AddUniqueTags(Vec<String>),
    RemoveTags(Vec<String>),
    SetNumbers(Option<Vec<i64>>),
    AddNumbers(Vec<i64>),
    AddUniqueNumbers(Vec<i64>),
    RemoveNumbers(Vec<i64>),
    SetNote(Option<String>),
    AddFriends(Vec<String>),
    AddUniqueFriends(Vec<String>),
    RemoveFriends(Vec<String>),
    SetHome(Option<Home>),
    Move(String),
    Climb(Option<i64>),
    SetWins(BTreeMap<String, i64>),
    Win(String, i64),
    Revert,
    Save,
    /// Another program changes the row, and this one refreshes.
    Refresh {
        others_whole: i64,
        others_tag: String,
        others_floor: i64,
        unsaved: bool,
    },
    /// Out of the program and in again.
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let whole = || -1000_i64..1000;
    // halves and quarters: sums that are exact in whatever order they are made
    let real = || (-4000_i32..4000).prop_map(|quarters| f64::from(quarters) / 4.0);
    let tag = || "[a-e]";
    let tags = || prop::collection::vec(tag(), 0..4);
    let numbers = || prop::collection::vec(0_i64..5, 0..4);
    // "0" is no name that could stand behind a dot
    let wins = || prop::collection::btree_map("[a-c0]", 0_i64..9, 0..4);
    let home = || ("[A-C]", prop::option::of(0_i64..9)).prop_map(|(city, floor)| Home { city, floor });
    let friends = || prop::collection::vec("[x-z]", 0..3);
    prop_oneof![
        1 => whole().prop_map(SetWhole),
        2 => whole().prop_map(IncrementWhole),
        1 => real().prop_map(SetReal),
        2 => real().prop_map(IncrementReal),
        1 => prop::option::of(whole()).prop_map(SetMaybe),
        2 => whole().prop_map(IncrementMaybe),
        1 => tags().prop_map(SetTags),
        1 => tag().prop_map(PushTag),
        2 => tags().prop_map(AddTags),
        2 => tags().prop_map(AddUniqueTags),
        2 => tags().prop_map(RemoveTags),
        1 => prop::option::of(numbers()).prop_map(SetNumbers),
        2 => numbers().prop_map(AddNumbers),
        2 => numbers().prop_map(AddUniqueNumbers),
        2 => numbers().prop_map(RemoveNumbers),
        1 => prop::option::of("[a-z]{0,3}").prop_map(SetNote),
        1 => friends().prop_map(AddFriends),
        1 => friends().prop_map(AddUniqueFriends),
        1 => friends().prop_map(RemoveFriends),
        1 => prop::option::of(home()).prop_map(SetHome),
        1 => "[A-C]".prop_map(Move),
        1 => prop::option::of(0_i64..9).prop_map(Climb),
        1 => wins().prop_map(SetWins),
        1 => ("[a-c]", 0_i64..9).prop_map(|(key, n)| Win(key, n)),
        1 => Just(Revert),
        4 => Just(Save),
        2 => (whole(), tag(), 0_i64..9, any::<bool>()).prop_map(|(others_whole, others_tag, others_floor, unsaved)| {
            Refresh { others_whole, others_tag, others_floor, unsaved }
        }),
        1 => Just(Keep),
    ]
}

fn pointers(ids: Vec<String>) -> Vec<Pointer<Subject>> {
    ids.into_iter().map(Pointer::to).collect()
}

fn take(object: &mut Object<Subject>, step: Step) {
    match step {
        Step::SetWhole(value) => object.whole = value,
        Step::IncrementWhole(by) => object.increment_whole(by),
        Step::SetReal(value) => object.real = value,
        Step::IncrementReal(by) => object.increment_real(by),
        Step::SetMaybe(value) => object.maybe = value,
        Step::IncrementMaybe(by) => object.increment_maybe(by),
        Step::SetTags(value) => object.set_tags(value),
        Step::PushTag(value) => object.tags.push(value),
        Step::AddTags(values) => object.add_tags(values),
        Step::AddUniqueTags(values) => object.add_unique_tags(values),
        Step::RemoveTags(values) => object.remove_tags(values),
        Step::SetNumbers(value) => object.numbers = value,
        Step::AddNumbers(values) => object.add_numbers(values),
        Step::AddUniqueNumbers(values) => object.add_unique_numbers(values),
        Step::RemoveNumbers(values) => object.remove_numbers(values),
        Step::SetNote(value) => object.note = value,
        Step::AddFriends(ids) => object.add_friends(pointers(ids)),
        Step::AddUniqueFriends(ids) => object.add_unique_friends(pointers(ids)),
        Step::RemoveFriends(ids) => object.remove_friends(pointers(ids)),
        Step::SetHome(home) => object.home = home,
        Step::Move(city) => object
            .home
            .iter_mut()
            .for_each(|home| home.city.clone_from(&city)),
        Step::Climb(floor) => object.home.iter_mut().for_each(|home| home.floor = floor),
        Step::SetWins(wins) => object.wins = wins,
        Step::Win(key, n) => drop(object.wins.insert(key, n)),
        Step::Revert => object.revert(),
        Step::Save | Step::Refresh { .. } | Step::Keep => {}
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn what_is_shown_is_what_the_server_holds(steps in prop::collection::vec(step(), 1..40)) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (mock, client) = SERVER.get_or_init(server);
        run(async {
            let first = Subject {
                whole: 0, real: 0.0, maybe: None, tags: vec!["a".into()], numbers: Some(vec![1]), note: None,
                friends: vec![], home: Some(Home { city: "A".into(), floor: None }), wins: BTreeMap::new(),
            };
            let mut object = first.create(client).await.map_err(failed)?;
            for step in steps.into_iter().chain([Step::Save]) {
                match step {
                    Step::Save => {
                        let shown = (*object).clone();
                        let dirty = object.is_dirty();
                        mock.clear_requests();
                        object.save(client).await.map_err(failed)?;
                        // a clean object sends nothing, a dirty one sends one request
                        prop_assert_eq!(mock.requests().len(), usize::from(dirty));
                        let fresh = Subject::get(client, object.id()).await.map_err(failed)?;
                        prop_assert_eq!(&*fresh, &*object, "after the save");
                        prop_assert_eq!(&*fresh, &shown, "shown before the save");
                        prop_assert!(!object.is_dirty());
                    }
                    Step::Refresh { others_whole, others_tag, others_floor, unsaved } => {
                        let before = object.home.as_ref().and_then(|home| home.floor);
                        let mut other = Subject::get(client, object.id()).await.map_err(failed)?;
                        other.increment_whole(others_whole);
                        other.add_tags([others_tag]);
                        let held = other.home.as_ref().map(|home| home.floor);
                        other.home.iter_mut().for_each(|home| home.floor = Some(others_floor));
                        other.save(client).await.map_err(failed)?;
                        let how = if unsaved { Unsaved::Keep } else { Unsaved::Discard };
                        object.refresh(client, how).await.map_err(failed)?;
                        if !unsaved {
                            prop_assert_eq!(&*object, &*other);
                            prop_assert!(!object.is_dirty());
                        } else if let (Some(home), Some(true)) = (&object.home, held.map(|floor| floor == before)) {
                            // this program did not touch the floor
                            prop_assert_eq!(home.floor, Some(others_floor));
                        }
                    }
                    Step::Keep => {
                        let text = serde_json::to_string(&object).map_err(|e| TestCaseError::fail(e.to_string()))?;
                        let back: Object<Subject> =
                            serde_json::from_str(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
                        prop_assert_eq!(&*back, &*object);
                        prop_assert_eq!(back.dirty_fields(), object.dirty_fields());
                        object = back;
                    }
                    change => take(&mut object, change),
                }
            }
            Ok(())
        })?;
    }
}
