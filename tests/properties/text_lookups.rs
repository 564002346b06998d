//! User text cannot escape its quoting: text lookups find what Rust's own text methods find.

use crate::runtime::{cases, failed, run, server, unique};
use parse_orm::prelude::*;
use proptest::prelude::*;
use std::sync::OnceLock;

#[derive(ParseObject, Debug, Clone)]
struct Line {
    run: String,
    text: String,
}

/// Pieces of patterns, of quotes, and of ordinary text.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\\Q", "\\E", "\\", "\\\\", "\\E.*\\Q", "Q", "E", ".", "*", ".*", "+", "?", "(", ")", "[", "]",
            "{", "}", "|", "^", "$", "\n", "\r", " ", "#", "-", "/", "a", "b", "A", "é", "日", "🎲", "(?i)",
            "[^]", "\\d", "\\b", "$1", "\u{0}", "\u{2028}", "&&", "--", "~~",
        ])
        .prop_map(String::from),
        "[a-c]{1,2}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// Texts, and one to look for: often a part of one of them.
fn rows_and_needle() -> impl Strategy<Value = (Vec<String>, String)> {
    let part = |text: &str, from: usize, to: usize| {
        let letters: Vec<char> = text.chars().collect();
        let (from, to) = (from.min(letters.len()), to.min(letters.len()));
        letters[from.min(to)..to.max(from)].iter().collect::<String>()
    };
    (
        prop::collection::vec(text(), 1..6),
        text(),
        any::<bool>(),
        0_usize..8,
        0_usize..8,
    )
        .prop_map(move |(rows, other, own, from, to)| {
            let needle = if own { part(&rows[0], from, to) } else { other };
            (rows, needle)
        })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn text_stands_for_itself((rows, needle) in rows_and_needle()) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (_, client) = SERVER.get_or_init(server);
        run(async {
            let case = unique();
            for text in &rows {
                Line { run: case.clone(), text: text.clone() }.create(client).await.map_err(failed)?;
            }
            let all = query!(Line.filter(run = &case));
            let find = async |set: QuerySet<Line>| -> Result<Vec<String>, TestCaseError> {
                let rows = set.all(client).await.map_err(failed)?;
                let mut found: Vec<String> = rows.into_iter().map(|row| row.into_inner().text).collect();
                found.sort();
                Ok(found)
            };
            let expected = |matches: &dyn Fn(&str) -> bool| {
                let mut rows: Vec<String> = rows.iter().filter(|row| matches(row)).cloned().collect();
                rows.sort();
                rows
            };
            let n = needle.as_str();
            prop_assert_eq!(find(query!(all.filter(text__contains = n))).await?, expected(&|row| row.contains(n)));
            prop_assert_eq!(find(query!(all.filter(text__startswith = n))).await?, expected(&|row| row.starts_with(n)));
            // the databases' `$` also stands before a last line break
            let ends = |row: &str| row.ends_with(n) || row.strip_suffix('\n').is_some_and(|row| row.ends_with(n));
            prop_assert_eq!(find(query!(all.filter(text__endswith = n))).await?, expected(&ends));
            prop_assert_eq!(
                find(query!(all.exclude(text__contains = n))).await?,
                expected(&|row| !row.contains(n))
            );
            if needle.is_ascii() && rows.iter().all(|row| row.is_ascii()) {
                let lower = needle.to_ascii_lowercase();
                let l = lower.as_str();
                let fold = |row: &str| row.to_ascii_lowercase();
                prop_assert_eq!(
                    find(query!(all.filter(text__icontains = n))).await?,
                    expected(&|row| fold(row).contains(l))
                );
                prop_assert_eq!(
                    find(query!(all.filter(text__istartswith = n))).await?,
                    expected(&|row| fold(row).starts_with(l))
                );
            }
            Ok(())
        })?;
    }
}
