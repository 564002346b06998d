//! What an editor shows in queries: completion, go-to-definition, hover. These tests ask rust-analyzer, and are
//! skipped where it is not installed (`rustup component add rust-analyzer`). `$0` is the cursor.

mod editor;

use editor::{Definition, Editor};

/// Each of the typed texts is completed by all of its names, and by none of the others.
fn completes(cases: &[(&str, &[&str], &[&str])]) {
    let Some(mut editor) = Editor::open() else { return };
    for (typed, names, others) in cases {
        let offered = editor.completions(&format!("let _ = {typed}"));
        let missing: Vec<_> = names.iter().filter(|name| !has(&offered, name)).collect();
        let wrong: Vec<_> = others.iter().filter(|name| has(&offered, name)).collect();
        assert!(
            missing.is_empty() && wrong.is_empty(),
            "{typed}\nmissing: {missing:?}\nwrong: {wrong:?}\noffered: {offered:?}"
        );
    }
}

fn has(offered: &[String], name: &str) -> bool {
    offered.iter().any(|offer| offer == name)
}

#[test]
fn lookups_complete() {
    completes(&[
        (
            "query!(GameScore.filter(score__g$0))",
            &["score__gt", "score__gte"],
            &["filter", "score__startswith"],
        ),
        ("query!(GameScore.filter(sc$0))", &["score"], &[]),
        (
            "query!(GameScore.filter($0))",
            &["score", "score__gt"],
            &["filter"],
        ),
        ("query!(GameScore.exclude(score__g$0 = 5))", &["score__gte"], &[]),
        (
            "query!(GameScore.filter(player_name__st$0 = \"J\"))",
            &["player_name__startswith"],
            &[],
        ),
        (
            "query!(GameScore.filter(created_at__$0))",
            &["created_at__gt"],
            &[],
        ),
        ("q!(GameScore, score__g$0)", &["score__gte"], &[]),
        (
            "{ let fair = query!(GameScore); query!(fair.filter(sc$0)) }",
            &["score"],
            &[],
        ),
    ]);
}

#[test]
fn each_kind_of_field_has_its_lookups() {
    completes(&[
        (
            "query!(GameScore.filter(skills__$0))",
            &[
                "skills__all",
                "skills__contained_by",
                "skills__startswith_all",
                "skills__in",
                "skills__exists",
            ],
            &["skills__gt", "skills__near"],
        ),
        (
            "query!(GameScore.filter(levels__$0 = [1]))",
            &["levels__all"],
            &["levels__startswith_all"],
        ),
        (
            "query!(GameScore.filter(location__$0))",
            &[
                "location__near",
                "location__within_km",
                "location__within_box",
                "location__within_polygon",
            ],
            &["location__gt", "location__all", "location__intersects"],
        ),
        (
            "query!(GameScore.filter(area__in$0))",
            &["area__intersects"],
            &["area__near"],
        ),
        (
            "query!(GameScore.filter(player_name__se$0))",
            &["player_name__search"],
            &[],
        ),
        (
            "query!(GameScore.filter(fans__$0))",
            &["fans__in", "fans__ne"],
            &["fans__isnull", "fans__gt"],
        ),
        ("query!(GameScore.filter(fans.na$0))", &["name"], &["score"]),
        ("query!(GameScore.filter(created_at__gt = ag$0))", &["ago"], &[]),
        ("query!(GameScore.filter(score = 1)).sel$0", &["select"], &[]),
    ]);
}

#[test]
fn a_condition_completes_wherever_it_stands() {
    completes(&[
        ("query!(GameScore.filter(score = 1, pl$0))", &["player_name"], &[]),
        (
            "query!(GameScore.filter(score = 1, $0))",
            &["player_name"],
            &["filter"],
        ),
        (
            "query!(GameScore.filter(Q(score = 1) | !Q(ch$0)))",
            &["cheat_mode"],
            &[],
        ),
        (
            "query!(GameScore.filter(sc$0).order_by(score)[..10])",
            &["score__gte"],
            &[],
        ),
        (
            "query!(GameScore.filter(score = 1).exclude(ch$0 = true))",
            &["cheat_mode"],
            &[],
        ),
    ]);
}

#[test]
fn paths_complete_behind_a_pointer_and_an_embedded_struct() {
    completes(&[
        (
            "query!(GameScore.filter(player.na$0))",
            &["name", "name__startswith"],
            &["score"],
        ),
        ("query!(GameScore.filter(player.$0))", &["name"], &["score"]),
        (
            "query!(GameScore.filter(player.team.ti$0 = \"A\"))",
            &["title"],
            &["name"],
        ),
        (
            "query!(GameScore.filter(place.ci$0))",
            &["city__icontains"],
            &["score"],
        ),
        (
            "query!(GameScore.order_by(-place.ci$0))",
            &["city"],
            &["city__icontains"],
        ),
        (
            "query!(GameScore.select_related(player.te$0))",
            &["team"],
            &["score"],
        ),
    ]);
}

#[test]
fn fields_complete_without_lookups_where_only_a_field_can_stand() {
    completes(&[
        (
            "query!(GameScore.order_by(-sc$0))",
            &["score", "created_at"],
            &["score__gt"],
        ),
        ("query!(GameScore.order_by($0))", &["score"], &["score__gt"]),
        (
            "query!(GameScore.select_related(pl$0))",
            &["player"],
            &["player__ne"],
        ),
        ("GameScore::F.sc$0", &["score"], &["score__gt"]),
    ]);
}

#[test]
fn methods_complete() {
    completes(&[
        (
            "query!(GameScore.fil$0)",
            &["filter", "exclude"],
            &["score", "fields", "lookups"],
        ),
        (
            "query!(GameScore.filter(score = 1).$0)",
            &["order_by", "all"],
            &["score"],
        ),
        (
            "query!(GameScore.filter(score = 1).ord$0(score))",
            &["order_by"],
            &[],
        ),
        ("query!(GameScore[..3].$0)", &["all"], &["filter"]),
        ("object.set_sc$0", &["set_score", "increment_score"], &[]),
    ]);
}

#[test]
fn values_are_ordinary_expressions() {
    completes(&[
        (
            "query!(GameScore.filter(score__gte = mini$0))",
            &["minimum"],
            &["score__gte", "__parse_qs"],
        ),
        (
            "query!(GameScore.filter(score__gte = $0))",
            &["minimum"],
            &["score__gte"],
        ),
        (
            "query!(GameScore.filter(score__gte = minimum.ab$0))",
            &["abs"],
            &["minimum"],
        ),
        (
            "query!(GameScore.filter(score = 1).limit(mini$0))",
            &["minimum"],
            &[],
        ),
    ]);
}

#[test]
fn a_name_in_a_query_has_one_definition() {
    let Some(mut editor) = Editor::open() else { return };
    let model = |line: &str, name: &str| Definition {
        file: "src/lib.rs".into(),
        line: line.into(),
        name: name.into(),
    };
    let score = || model("pub score: i64,", "score");
    let name = || model("pub name: String,", "name");
    for (typed, definition) in [
        ("query!(GameScore.filter(score__gt$0e = 1000))", score()),
        ("query!(GameScore.filter(sco$0re = 1000))", score()),
        ("q!(GameScore, score__lt$0 = 1000)", score()),
        ("query!(GameScore.order_by(-sco$0re))", score()),
        ("query!(GameScore.filter(player.na$0me = \"Ann\"))", name()),
        ("query!(GameScore.filter(player__na$0me = \"Ann\"))", name()),
        (
            "query!(GameScore.filter(player__name__starts$0with = \"A\"))",
            name(),
        ),
        (
            "query!(GameScore.filter(pla$0yer.name = \"Ann\"))",
            model("pub player: Pointer<Player>,", "player"),
        ),
        (
            "query!(GameScore.select_related(player.te$0am))",
            model("pub team: Pointer<Team>,", "team"),
        ),
        (
            "query!(Game$0Score.filter(score = 1))",
            model("pub struct GameScore {", "GameScore"),
        ),
    ] {
        assert_eq!(
            editor.definitions(&format!("let _ = {typed}")),
            [definition],
            "{typed}"
        );
    }
}

#[test]
fn a_stored_condition_and_a_value_lead_to_their_variables() {
    let Some(mut editor) = Editor::open() else { return };
    for (typed, line) in [
        (
            "let fair = q!(GameScore, score = 1);\nlet _ = query!(GameScore.filter(fa$0ir))",
            "let fair = q!(GameScore, score = 1);",
        ),
        (
            "let fair = query!(GameScore);\nlet _ = query!(fa$0ir.filter(score = 1))",
            "let fair = query!(GameScore);",
        ),
        (
            "let fair = 5;\nlet _ = query!(GameScore.filter(score = fa$0ir))",
            "let fair = 5;",
        ),
    ] {
        let definitions = editor.definitions(typed);
        let lines: Vec<_> = definitions.iter().map(|definition| &definition.line).collect();
        assert_eq!(lines, [line], "{typed}");
    }
}

#[test]
fn a_method_leads_to_parse_orm() {
    let Some(mut editor) = Editor::open() else { return };
    let definitions = editor.definitions("let _ = query!(GameScore.fil$0ter(score = 1))");
    assert_eq!(definitions.len(), 1, "{definitions:?}");
    assert_eq!(definitions[0].name, "filter");
    assert!(
        definitions[0].file.starts_with("parse-orm/src/query/"),
        "{definitions:?}"
    );
}

#[test]
fn the_documentation_of_a_field_is_shown_on_its_lookups() {
    let Some(mut editor) = Editor::open() else { return };
    for (typed, documentation) in [
        (
            "query!(GameScore.filter(score__gt$0e = 1000))",
            "The points at the final whistle.",
        ),
        (
            "query!(GameScore.order_by(-sco$0re))",
            "The points at the final whistle.",
        ),
        (
            "query!(GameScore.filter(player.na$0me = \"Ann\"))",
            "What the others call them.",
        ),
        (
            "query!(GameScore.filter(place__ci$0ty = \"Bern\"))",
            "The nearest town.",
        ),
    ] {
        let shown = editor.hover(&format!("let _ = {typed}"));
        assert!(shown.contains(documentation), "{typed}\n{shown}");
    }
}

#[test]
fn the_type_of_a_query_is_known() {
    let Some(mut editor) = Editor::open() else { return };
    for (query, ty) in [
        (
            "query!(GameScore.filter(score__gte = minimum).order_by(-score))",
            "QuerySet<GameScore>",
        ),
        (
            "query!(GameScore.exclude(cheat_mode = true)[10..20])",
            "Slice<GameScore>",
        ),
        (
            "query!(GameScore.select_related(player)).first(client).await?",
            "Option<Object<GameScore>>",
        ),
        ("q!(GameScore, score = 1)", "Q<GameScore>"),
    ] {
        let shown = editor.hover(&format!("let fo$0und = {query}"));
        assert!(shown.contains(&format!("let found: {ty}\n")), "{query}\n{shown}");
    }
}

#[test]
fn only_what_is_wrong_is_a_problem() {
    let Some(mut editor) = Editor::open() else { return };
    for right in [
        "query!(GameScore.filter(score__gte = 1000, cheat_mode = false).exclude(score__in = [1, 2]))",
        "query!(GameScore.filter(player.name__startswith = \"J\", player__team__title = \"A\"))",
        "query!(GameScore.filter(Q(score__lt = 5) | Q(score__gt = 150), !Q(place.city = \"Bern\")))",
        "query!(GameScore.order_by(-score, place.city).select_related(player.team)[1..10])",
        "{ let fair = q!(GameScore, score = 1); query!(GameScore.filter(fair, score__gt = minimum)) }",
        "query!(GameScore.filter(score = 1)).first(client).await?",
        "query!(GameScore.filter(skills__all = [\"a\"], created_at__gt = ago(\"2 weeks\"), fans.name = \"Ann\"))",
        "query!(GameScore.filter(player__in = query!(Player.filter(name = \"Ann\"))))",
    ] {
        let problems = editor.problems(&format!("let _ = {right}"));
        assert!(problems.is_empty(), "{right}: {problems:?}");
    }
    for wrong in [
        "query!(GameScore.filter(score__gte = ))",
        "query!(GameScore.filter(score 5))",
    ] {
        let problems = editor.problems(&format!("let _ = {wrong}"));
        assert!(!problems.is_empty(), "{wrong} is no problem");
    }
}

#[test]
fn changes_complete() {
    completes(&[
        ("query!(GameScore.update(sc$0))", &["score"], &[]),
        ("query!(GameScore.update(sc$0 += 1))", &["score"], &[]),
        (
            "query!(GameScore.update(cheat_mode = true, sc$0))",
            &["score"],
            &[],
        ),
        ("query!(GameScore.update(score = F(sc$0) + 1))", &["score"], &[]),
        ("query!(GameScore.update(score = min$0))", &["minimum"], &[]),
        ("query!(GameScore.update(score.incr$0))", &["increment"], &[]),
        ("query!(GameScore.update(score += 1).ru$0)", &["run"], &[]),
    ]);
}
