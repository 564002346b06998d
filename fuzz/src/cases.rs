//! Inputs that are too large to be kept, through the same functions.

use std::thread;

const ROW: &str = r#""objectId":"a","createdAt":"2022-01-01T12:23:45.678Z""#;

/// Runs it with no more stack than a program's own threads may have.
fn on_a_stack_of(kilobytes: usize, run: fn(&[u8]), input: impl AsRef<[u8]>) {
    let input = input.as_ref().to_vec();
    let thread = thread::Builder::new().stack_size(kilobytes * 1024);
    let done = thread.spawn(move || run(&input)).expect("a thread").join();
    done.expect("no panic");
}

fn nested(open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(100_000), close.repeat(100_000))
}

#[test]
fn a_client_reads_what_nests_without_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"results\":", "}]")] {
        let whole = nested(open, "1", close);
        let cut = open.repeat(100_000);
        for deep in [&whole, &cut] {
            for field in ["settings", "unknown", "owner", "score", "ACL", "objectId"] {
                let page = format!("{{\"results\":[{{\"score\":1,{ROW},\"{field}\":{deep}}}]}}");
                on_a_stack_of(1024, crate::client_page::run, page);
            }
            on_a_stack_of(1024, crate::client_page::run, deep);
            on_a_stack_of(1024, crate::client_error::run, format!("ab{deep}"));
            on_a_stack_of(
                1024,
                crate::client_error::run,
                format!("ab{{\"code\":1,\"error\":{deep}}}"),
            );
            on_a_stack_of(1024, crate::client_batch::run, format!("1{deep}"));
            on_a_stack_of(
                1024,
                crate::client_batch::run,
                format!("1[{{\"success\":{{\"x\":{deep}}}}}]"),
            );
            on_a_stack_of(1024, crate::client_batch::run, format!("1[{{\"error\":{deep}}}]"));
            on_a_stack_of(1024, crate::client_live_frame::run, deep);
            let frame = format!("{{\"op\":\"create\",\"requestId\":1,\"object\":{{{ROW},\"x\":{deep}}}}}");
            on_a_stack_of(1024, crate::client_live_frame::run, frame);
        }
    }
}

#[test]
fn a_client_reads_what_is_long_without_end() {
    let page = |field: &str| format!("{{\"results\":[{{\"score\":1,{ROW},{field}}}]}}");
    let list = |item: &str, times: usize| format!("[{}{item}]", format!("{item},").repeat(times));
    let digits = "9".repeat(100_000);
    for input in [
        page(&format!("\"numbers\":{}", list("1", 1_000_000))),
        page(&format!("\"settings\":{}", list("null", 1_000_000))),
        page(&format!("\"playerName\":\"{}\"", "x".repeat(10_000_000))),
        page(&format!("\"ratio\":{digits}")),
        page(&format!("\"score\":{digits}")),
        page(&format!("\"ratio\":0.{digits}e{digits}")),
        page(&format!("\"{digits}\":1")),
        page(&list("\"score\":1", 100_000).replace(['[', ']'], "")),
        format!("{{\"results\":{}}}", list("1", 50_000)),
        format!("{{\"results\":{}}}", list("{\"score\":\"x\"}", 50_000)),
    ] {
        on_a_stack_of(1024, crate::client_page::run, input);
    }
}

#[test]
fn macros_read_what_nests_without_end() {
    let chain = |link: &str| format!("GameScore{}", link.repeat(100_000));
    for input in [
        nested("(", "a", ")"),
        nested("[", "a", "]"),
        nested("{", "a", "}"),
        nested("GameScore.filter(", "a = 1", ")"),
        format!("GameScore, {}", nested("Q(", "a = 1", ")")),
        format!("GameScore.filter({})", nested("!Q(", "a = 1", ")")),
        format!("GameScore.filter({}Q(a = 1))", "!".repeat(100_000)),
        format!("GameScore.order_by({}a)", "-".repeat(100_000)),
        format!("GameScore.filter({})", "a.".repeat(100_000)),
        format!("GameScore.filter(a = 1{})", " | b".repeat(100_000)),
        format!("GameScore.filter(a{} = 1)", "__b".repeat(100_000)),
        format!("GameScore.filter(a = {}b)", "&".repeat(100_000)),
        format!("GameScore.filter(a = b{})", " as i64".repeat(100_000)),
        format!("GameScore.filter(a = {}b)", "|x| ".repeat(100_000)),
        format!("GameScore::<{}", "Vec<".repeat(100_000)),
        format!("{}b", "a = ".repeat(100_000)),
        format!("{}b", "return ".repeat(100_000)),
        chain(".filter(a = 1)"),
        chain(".await"),
        chain("?"),
        chain("[..]"),
    ] {
        // as much as the compiler gives
        on_a_stack_of(8 * 1024, refused_macros, input);
    }
}

fn macros(input: &[u8]) -> impl Iterator<Item = String> {
    let text = std::str::from_utf8(input).expect("a text");
    let made = crate::query_macro::queries(text.parse().expect("tokens"));
    made.into_iter().map(|(_, made)| made.to_string())
}

fn refused_macros(input: &[u8]) {
    assert!(macros(input).all(|made| made.contains("this is nested too deep")));
}

fn read_macros(input: &[u8]) {
    assert!(macros(input).all(|made| !made.contains("this is nested too deep")));
}

#[test]
fn what_macros_take_at_most_they_can_read() {
    let nested =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(95), close.repeat(95));
    for input in [
        nested("(", "a", ")"),
        format!("GameScore.filter({})", nested("Q(", "a = 1", ")")),
        format!("GameScore.filter({})", nested("!Q(", "a = 1", ")")),
        format!("GameScore.filter(a = {})", nested("f(|x| ", "b", ")")),
        format!("GameScore.filter({}Q(a = 1))", "!".repeat(990)),
        format!("GameScore.filter(a = b{})", "+ b".repeat(490)),
        format!("GameScore.filter(Q(a = 1){})", "| Q(a = 1)".repeat(320)),
        format!("GameScore{}", ".filter(a = 1)".repeat(320)),
        format!("GameScore.filter({}a = 1)", "a.".repeat(490)),
        format!("GameScore.filter(a{} = 1)", "__b".repeat(490)),
    ] {
        on_a_stack_of(8 * 1024, read_macros, input);
    }
}
