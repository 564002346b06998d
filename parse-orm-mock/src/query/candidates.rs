//! Which rows a find has to look at. An index spares it the scan or the sort; what it finds is the same without.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::matcher::{Filter, Test, Than};
use crate::store::lookup::{Span, common};
use crate::store::path::Path;
use crate::store::{Class, Row};
use crate::value::{compare, type_tag};

/// Sort keys, and whether they descend; `None` is the text score.
pub(crate) type Order = [(Option<Path>, bool)];

/// The first rows that a filter finds and that are to `keep`, as many as `needed`, in their order: without one it is
/// that of insertion, or that of the distance from a point.
pub(crate) fn select<'a>(
    class: &'a Class,
    filter: &Filter,
    order: &Order,
    needed: usize,
    keep: impl Fn(&Row) -> bool,
) -> Vec<&'a Arc<Row>> {
    let keep = |row: &&'a Arc<Row>| keep(row) && filter.matches(row);
    let places = filter.places(class, class.len() / 4);
    if walks(places.as_deref(), needed, class) {
        match order {
            // No two rows have one id: what follows in the order does not matter.
            [(Some(path), descending), ..] if path.is_object_id() => {
                let rows = class.rows_by_id(filter.id_bounds());
                return if *descending {
                    rows.rev().filter(keep).take(needed).collect()
                } else {
                    rows.filter(keep).take(needed).collect()
                };
            }
            [(Some(path), descending), ties @ ..] => {
                let index = class.ordered(path);
                let groups = index.and_then(|index| index.groups(filter.spans(path), *descending));
                if let Some(groups) = groups {
                    let mut found = Vec::new();
                    for group in groups {
                        let missing = needed.saturating_sub(found.len());
                        let rows = group.iter().filter_map(|place| class.at(*place)).filter(keep);
                        if ties.is_empty() || group.len() == 1 {
                            found.extend(rows.take(missing));
                        } else {
                            found.extend(sort(rows.collect(), ties, filter, missing));
                        }
                        if found.len() >= needed {
                            break;
                        }
                    }
                    return found;
                }
            }
            _ => {}
        }
    }
    let rows: Box<dyn Iterator<Item = &'a Arc<Row>>> = match places {
        Some(places) => Box::new(places.into_iter().filter_map(|place| class.at(place))),
        None => Box::new(class.rows()),
    };
    if order.is_empty() && filter.near().is_none() {
        return rows.filter(keep).take(needed).collect();
    }
    sort(rows.filter(keep).collect(), order, filter, needed)
}

/// Whether to go through the rows in their order, until enough are found, and not through those at these places, to
/// sort them. The share of the rows that is found is taken to be that of the places.
fn walks(places: Option<&[u64]>, needed: usize, class: &Class) -> bool {
    places.is_none_or(|places| {
        let (few, all) = (places.len(), class.len());
        few.saturating_mul(few) > needed.saturating_mul(all)
    })
}

/// The first of some rows; ties stay in the order that they come in.
fn sort<'a>(rows: Vec<&'a Arc<Row>>, order: &Order, filter: &Filter, needed: usize) -> Vec<&'a Arc<Row>> {
    let mut rows: Vec<(usize, &Arc<Row>)> = rows.into_iter().enumerate().collect();
    let by_order = |(i, a): &(usize, &Arc<Row>), (j, b): &(usize, &Arc<Row>)| {
        let ordering = if order.is_empty() {
            by_distance(a, b, filter)
        } else {
            by_keys(a, b, order, filter)
        };
        ordering.then(i.cmp(j))
    };
    if needed < rows.len() {
        rows.select_nth_unstable_by(needed, by_order);
        rows.truncate(needed);
    }
    rows.sort_unstable_by(by_order);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn by_distance(a: &Row, b: &Row, filter: &Filter) -> Ordering {
    let Some((path, centre)) = filter.near() else {
        return Ordering::Equal;
    };
    let distance = |row| {
        let point = path.first(row).and_then(super::geo::Point::read);
        point.map(|point| centre.distance(point))
    };
    distance(a).partial_cmp(&distance(b)).unwrap_or(Ordering::Equal)
}

fn by_keys(a: &Row, b: &Row, order: &Order, filter: &Filter) -> Ordering {
    let mut each = order.iter().map(|(path, descending)| {
        let ordering = if let Some(path) = path {
            // Missing sorts as null: first when ascending.
            let null = &Value::Null;
            let x = path.sort_value(a, *descending).unwrap_or(null);
            compare(x, path.sort_value(b, *descending).unwrap_or(null))
        } else {
            let scores = filter.score(a).partial_cmp(&filter.score(b));
            scores.unwrap_or(Ordering::Equal)
        };
        if *descending { ordering.reverse() } else { ordering }
    });
    each.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

impl Filter {
    /// The ids that a row must have one of, when the filter says so.
    pub(crate) fn ids(&self) -> Option<Vec<&str>> {
        match self {
            Self::All(parts) => parts.iter().find_map(Self::ids),
            Self::Field(path, tests) if path.is_object_id() => tests.iter().find_map(|test| match test {
                Test::Equal(Value::String(id)) => Some(vec![id.as_str()]),
                Test::In(ids) => ids.values().iter().map(Value::as_str).collect(),
                _ => None,
            }),
            _ => None,
        }
    }

    /// The places of the rows that it may find, in order, when there are at most so many; those that are known by
    /// their ids may be more.
    fn places(&self, class: &Class, most: usize) -> Option<Vec<u64>> {
        match self {
            Self::All(parts) => fewest(parts, most, |part, most| part.places(class, most)),
            Self::Any(parts) => {
                let parts = parts.iter().map(|part| part.places(class, most));
                let mut places = parts.collect::<Option<Vec<_>>>()?.concat();
                places.sort_unstable();
                places.dedup();
                Some(places)
            }
            Self::None(_) => None,
            Self::Field(path, tests) => fewest(tests, most, |test, most| test.places(path, class, most)),
        }
    }

    /// Between which ids a row must lie, when the filter says so.
    fn id_bounds(&self) -> (Bound<String>, Bound<String>) {
        let mut bounds = (Bound::Unbounded, Bound::Unbounded);
        self.narrow(&mut bounds);
        bounds
    }

    /// Every condition must hold, so the last bound is as good as any other.
    fn narrow(&self, bounds: &mut (Bound<String>, Bound<String>)) {
        match self {
            Self::All(parts) => parts.iter().for_each(|part| part.narrow(bounds)),
            Self::Field(path, tests) if path.is_object_id() => {
                for test in tests {
                    match test {
                        Test::Compare(Than::Greater, Value::String(id)) => {
                            bounds.0 = Bound::Excluded(id.clone());
                        }
                        Test::Compare(Than::GreaterOrEqual, Value::String(id)) => {
                            bounds.0 = Bound::Included(id.clone());
                        }
                        Test::Compare(Than::Less, Value::String(id)) => {
                            bounds.1 = Bound::Excluded(id.clone());
                        }
                        Test::Compare(Than::LessOrEqual, Value::String(id)) => {
                            bounds.1 = Bound::Included(id.clone());
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Between which values a row must be at the path, when the filter says so and no array is there. A row may be in
    /// them that it does not find.
    fn spans(&self, path: &Path) -> Option<Vec<Span<'_>>> {
        match self {
            Self::All(parts) => parts.iter().filter_map(|part| part.spans(path)).reduce(common),
            Self::Any(parts) => {
                let parts = parts.iter().map(|part| part.spans(path));
                Some(parts.collect::<Option<Vec<_>>>()?.concat())
            }
            Self::Field(known, tests) if known == path => tests.iter().filter_map(Test::spans).reduce(common),
            Self::None(_) | Self::Field(..) => None,
        }
    }
}

impl Test {
    fn places(&self, path: &Path, class: &Class, most: usize) -> Option<Vec<u64>> {
        let values = match self {
            Self::Equal(value) => std::slice::from_ref(value),
            Self::In(list) => list.values(),
            Self::All(tests) => return fewest(tests, most, |test, most| test.places(path, class, most)),
            _ => return None,
        };
        if path.is_object_id() {
            return Some(class.places_of(values.iter().filter_map(Value::as_str)));
        }
        class.places_equal(path, values, most)
    }

    fn spans(&self) -> Option<Vec<Span<'_>>> {
        use Bound::{Excluded, Included, Unbounded};
        const NULL: &Value = &Value::Null;
        match self {
            Self::Equal(value) if is_ordered(value) => Some(vec![(Included(value), Included(value))]),
            Self::In(list) if list.values().iter().all(is_ordered) => Some(
                list.values()
                    .iter()
                    .map(|value| (Included(value), Included(value)))
                    .collect(),
            ),
            Self::NotEqual(Value::Null) => Some(vec![(Excluded(NULL), Unbounded)]),
            Self::Compare(than, value) if is_ordered(value) => {
                let least = if value.is_null() {
                    Included(NULL)
                } else {
                    Excluded(NULL)
                };
                Some(vec![match than {
                    Than::Less => (least, Excluded(value)),
                    Than::LessOrEqual => (least, Included(value)),
                    Than::Greater => (Excluded(value), Unbounded),
                    Than::GreaterOrEqual => (Included(value), Unbounded),
                }])
            }
            _ => None,
        }
    }
}

/// The fewest places that any of some parts knows of.
fn fewest<T>(parts: &[T], most: usize, places: impl Fn(&T, usize) -> Option<Vec<u64>>) -> Option<Vec<u64>> {
    parts.iter().fold(None, |best: Option<Vec<u64>>, part| {
        let known = best.as_ref().map_or(most, Vec::len);
        let found = places(part, known);
        match (best, found) {
            (Some(best), Some(found)) => Some(if found.len() < best.len() { found } else { best }),
            (best, found) => best.or(found),
        }
    })
}

/// Whether what equals the value is what has its place in the order: of objects the order minds how their keys are
/// ordered.
fn is_ordered(value: &Value) -> bool {
    match value {
        Value::Object(map) => matches!(type_tag(map), Some("Date" | "Pointer")),
        Value::Array(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::query::compile::compile;
    use crate::store::Store;

    const CLASS: &str = "A";

    fn filter(value: &Value) -> Filter {
        compile(value.as_object().unwrap(), None).unwrap()
    }

    fn row(id: &str, mut fields: Value) -> Row {
        fields["objectId"] = json!(id);
        fields.as_object().cloned().unwrap()
    }

    fn order(keys: &[(&str, bool)]) -> Vec<(Option<Path>, bool)> {
        let keys = keys.iter();
        keys.map(|(key, descending)| (Some(Path::new(key)), *descending))
            .collect()
    }

    #[test]
    fn ids_spare_the_scan() {
        assert_eq!(filter(&json!({"objectId": "a", "x": 1})).ids(), Some(vec!["a"]));
        assert_eq!(
            filter(&json!({"objectId": {"$in": ["a", "b"]}})).ids(),
            Some(vec!["a", "b"])
        );
        assert_eq!(
            filter(&json!({"$and": [{"x": 1}, {"objectId": "a"}]})).ids(),
            Some(vec!["a"])
        );
        assert_eq!(filter(&json!({"$or": [{"x": 1}, {"objectId": "a"}]})).ids(), None);
        assert_eq!(filter(&json!({"objectId": {"$ne": "a"}})).ids(), None);
        assert_eq!(filter(&json!({"o.objectId": "a"})).ids(), None);
    }

    #[test]
    fn of_a_hundred_thousand_rows_few_are_looked_at() {
        let mut store = Store::new(&[]);
        let pointer = |n: usize| json!({"__type": "Pointer", "className": "B", "objectId": n.to_string()});
        for n in 0..100_000_usize {
            let fields = json!({"name": format!("name {n}"), "to": pointer(n / 10), "tags": [n / 7, "all"], "n": n / 3});
            let id = format!("{n:06}");
            store.insert(CLASS, &id, row(&id, fields)).unwrap();
        }
        let class = store.class(CLASS).unwrap();
        for (condition, keys, limit, found, most) in [
            (json!({"objectId": "000700"}), vec![], 100, 1, 1),
            (
                json!({"objectId": {"$in": ["000700", "000007"]}}),
                vec![("n", true)],
                100,
                2,
                2,
            ),
            (json!({"name": "name 700"}), vec![], 100, 1, 1),
            (
                json!({"name": "name 700", "tags": "all"}),
                vec![("n", false)],
                100,
                1,
                1,
            ),
            (json!({"to": pointer(70)}), vec![("n", true)], 100, 10, 10),
            (json!({"tags": 100}), vec![("objectId", true)], 100, 7, 7),
            (json!({"tags.0": 100}), vec![], 100, 7, 7),
            (
                json!({"$or": [{"name": "name 1"}, {"to": {"$in": [pointer(1), pointer(2)]}}]}),
                vec![],
                100,
                21,
                21,
            ),
            (json!({}), vec![("n", true)], 20, 20, 21),
            (json!({"name": {"$ne": "name 0"}}), vec![("n", false)], 20, 20, 24),
            (
                json!({"n": {"$gt": 30_000, "$lt": 30_005}}),
                vec![("n", false)],
                100,
                12,
                12,
            ),
            // the next page of an order with an id behind it
            (
                json!({"$or": [{"n": {"$gt": 900}}, {"n": 900, "objectId": {"$gt": "002701"}}, {"n": null}]}),
                vec![("n", false), ("objectId", false)],
                100,
                100,
                105,
            ),
        ] {
            let looked_at = Cell::new(0);
            let keep = |_: &Row| {
                looked_at.set(looked_at.get() + 1);
                true
            };
            let rows = select(class, &filter(&condition), &order(&keys), limit, keep);
            assert_eq!(rows.len(), found, "{condition}");
            assert!(looked_at.get() <= most, "{condition}: {} rows", looked_at.get());
        }
    }

    /// What a field may hold; some are equal, though they are not spelled alike.
    fn scalar() -> impl Strategy<Value = Value> {
        prop::sample::select(vec![
            json!(null),
            json!(0),
            json!(-0.0),
            json!(1),
            json!(1.0),
            json!(2.5),
            json!("a"),
            json!("A"),
            json!(""),
            json!(true),
            json!({"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}),
            json!({"__type": "Pointer", "className": "B", "objectId": "1"}),
            json!({"objectId": "1", "__type": "Pointer", "className": "B"}),
            json!({"__type": "File", "name": "a"}),
        ])
    }

    /// The same objects come with their keys in one order and in the other.
    fn object() -> impl Strategy<Value = Value> {
        (0..2, 0..2, any::<bool>()).prop_map(|(x, y, turned)| {
            if turned {
                json!({"y": y, "x": x})
            } else {
                json!({"x": x, "y": y})
            }
        })
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            3 => scalar(),
            1 => prop::collection::vec(scalar(), 0..3).prop_map(Value::Array),
            1 => object(),
            1 => prop::collection::vec(scalar().prop_map(|x| json!({"x": x})), 1..3).prop_map(Value::Array),
        ]
    }

    /// A row's fields: `plain` never holds an array.
    fn fields() -> impl Strategy<Value = Value> {
        let plain = prop::option::of(prop_oneof![scalar(), object()]);
        (plain, prop::option::of(any_value())).prop_map(|(plain, many)| {
            let fields = [("plain", plain), ("many", many)];
            let fields = fields
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Value::Object(fields.collect())
        })
    }

    fn path() -> impl Strategy<Value = Path> {
        prop::sample::select(vec!["plain", "plain.x", "many", "many.x", "many.0", "objectId"])
            .prop_map(Path::new)
    }

    fn condition() -> impl Strategy<Value = Filter> {
        let than = prop::sample::select(vec![
            Than::Less,
            Than::LessOrEqual,
            Than::Greater,
            Than::GreaterOrEqual,
        ]);
        let test = prop_oneof![
            3 => any_value().prop_map(Test::Equal),
            1 => any_value().prop_map(Test::NotEqual),
            2 => prop::collection::vec(any_value(), 0..4).prop_map(|list| Test::In(list.into())),
            3 => (than, scalar()).prop_map(|(than, value)| Test::Compare(than, value)),
            1 => prop::collection::vec(scalar().prop_map(Test::Equal), 1..3).prop_map(Test::All),
        ];
        let field = (path(), prop::collection::vec(test, 1..3));
        let field = field.prop_map(|(path, tests)| Filter::Field(path, tests));
        field.prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..3).prop_map(Filter::All),
                prop::collection::vec(inner.clone(), 1..3).prop_map(Filter::Any),
                prop::collection::vec(inner, 1..2).prop_map(Filter::None),
            ]
        })
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write(usize, Value),
        Remove(usize),
        Begin,
        Rollback,
        Commit,
        Find(Filter, Vec<(Path, bool)>, usize),
        /// The rows that have what the n-th has at a path, perhaps in its order.
        FindAlike(usize, Path, Option<bool>, usize),
    }

    /// Enough rows for an index, and a few more that are written.
    const ROWS: usize = 1_020;

    fn step() -> impl Strategy<Value = Step> {
        let field = || prop::sample::select(vec!["plain", "many"]).prop_map(Path::new);
        let place = || 990..ROWS;
        let keys = prop::collection::vec((path(), any::<bool>()), 0..3);
        let needed = || prop::sample::select(vec![0, 1, 7, 100, usize::MAX]);
        prop_oneof![
            4 => (place(), fields()).prop_map(|(n, fields)| Step::Write(n, fields)),
            2 => place().prop_map(Step::Remove),
            1 => Just(Step::Begin),
            1 => Just(Step::Rollback),
            1 => Just(Step::Commit),
            3 => (condition(), keys, needed()).prop_map(|(filter, keys, needed)| Step::Find(filter, keys, needed)),
            6 => (place(), field(), any::<Option<bool>>(), needed())
                .prop_map(|(n, path, order, needed)| Step::FindAlike(n, path, order, needed)),
        ]
    }

    /// Compares with a scan and a sort.
    fn check(class: &Class, filter: &Filter, order: &Order, needed: usize) -> Result<(), TestCaseError> {
        let mut scanned: Vec<&Row> = class.rows().map(AsRef::as_ref).collect();
        scanned.retain(|row| filter.matches(row));
        scanned.sort_by(|a, b| by_keys(a, b, order, filter));
        scanned.truncate(needed);
        let found = select(class, filter, order, needed, |_| true);
        let found: Vec<&Row> = found.into_iter().map(AsRef::as_ref).collect();
        prop_assert_eq!(found, scanned, "{:?} by {:?}", filter, order);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn an_index_changes_nothing_but_the_work(
            kinds in prop::collection::vec(fields(), 1..12),
            steps in prop::collection::vec(step(), 1..40),
        ) {
            let mut store = Store::new(&[]);
            let id = |n: usize| format!("{:04}", n * 7919 % 10_000);
            for n in 0..ROWS {
                store.insert(CLASS, &id(n), row(&id(n), kinds[n % kinds.len()].clone())).unwrap();
            }
            for step in steps {
                match step {
                    Step::Write(n, fields) => {
                        let (id, written) = (id(n), row(&id(n), fields));
                        if store.class(CLASS).unwrap().get(&id).is_some() {
                            store.replace(CLASS, &id, written).unwrap();
                        } else {
                            store.insert(CLASS, &id, written).unwrap();
                        }
                    }
                    Step::Remove(n) => drop(store.remove(CLASS, &id(n))),
                    Step::Begin => store.begin(),
                    Step::Rollback => store.rollback(),
                    Step::Commit => store.commit(),
                    Step::Find(filter, keys, needed) => {
                        let order: Vec<_> = keys.into_iter().map(|(path, down)| (Some(path), down)).collect();
                        check(store.class(CLASS).unwrap(), &filter, &order, needed)?;
                    }
                    Step::FindAlike(n, path, descending, needed) => {
                        let class = store.class(CLASS).unwrap();
                        let value = class.get(&id(n)).and_then(|row| path.first(row).cloned());
                        let order: Vec<_> = descending.map(|down| (Some(path.clone()), down)).into_iter().collect();
                        let filter = Filter::Field(path, vec![Test::Equal(value.unwrap_or_default())]);
                        check(class, &filter, &order, needed)?;
                    }
                }
            }
        }
    }
}
