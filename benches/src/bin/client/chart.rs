//! The ratios as a picture, for the README.

use std::fmt::Write;
use std::fs;

use parse_orm_benches::Result;

use crate::contender::{Contender, here};
use crate::report::Report;

/// Who has a bar.
const BARS: [(Contender, &str); 3] = [
    (Contender::ParseOrm, "ours"),
    (Contender::ParseRs, "rust"),
    (Contender::Js, "js"),
];

const WIDTH: f64 = 960.0;
/// Where the bars begin and end.
const LEFT: f64 = 430.0;
const RIGHT: f64 = 890.0;
const BAR: f64 = 11.0;
/// Between two jobs.
const SPACE: f64 = 12.0;
const TOP: f64 = 64.0;
/// The ends of the scale, whose steps are powers of ten.
const LEAST: f64 = 0.1;
const MOST: f64 = 100.0;

/// Draws the chart beside the README.
pub(crate) fn write(report: &Report) -> Result<()> {
    Ok(fs::write(here().join("chart.svg"), drawn(report))?)
}

/// Where a ratio is on the scale.
fn place(ratio: f64) -> f64 {
    let part = (ratio / LEAST).log10() / (MOST / LEAST).log10();
    LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
}

fn drawn(report: &Report) -> String {
    let mut body = String::new();
    let mut y = TOP;
    // writing to a String cannot fail
    for job in report.compared() {
        let bars = BARS
            .iter()
            .filter_map(|(contender, class)| Some((report.ratio(job, *contender)?, class)));
        let bars: Vec<_> = bars.collect();
        let height: f64 = bars.iter().map(|_| BAR).sum();
        let middle = y + height / 2.0;
        let _ = writeln!(
            body,
            r#"<text class="job" x="{:.0}" y="{:.1}">{}</text>"#,
            LEFT - 12.0,
            middle + 4.0,
            job.title.replace('`', ""),
        );
        for (ratio, class) in bars {
            let end = place(ratio);
            let _ = writeln!(
                body,
                r#"<rect class="{class}" x="{LEFT:.0}" y="{y:.1}" width="{:.1}" height="{:.1}"/><text class="number" x="{:.1}" y="{:.1}">{}</text>"#,
                end - LEFT,
                BAR - 2.0,
                end + 5.0,
                y + BAR - 3.0,
                shown(ratio),
            );
            y += BAR;
        }
        y += SPACE;
    }
    let mut scale = String::new();
    for (ratio, class) in [(0.1, "grid"), (1.0, "one"), (10.0, "grid"), (100.0, "grid")] {
        let x = place(ratio);
        let _ = writeln!(
            scale,
            r#"<line class="{class}" x1="{x:.1}" y1="{:.0}" x2="{x:.1}" y2="{y:.0}"/><text class="scale" x="{x:.1}" y="{:.0}">{ratio}</text>"#,
            TOP - 8.0,
            TOP - 13.0,
        );
    }
    let mut legend = String::new();
    for ((contender, class), x) in BARS.iter().zip([0.0, 130.0, 260.0]) {
        let x = LEFT + x;
        let name = match contender {
            Contender::Js => "JavaScript SDK",
            other => other.name(),
        };
        let _ = writeln!(
            legend,
            r#"<rect class="{class}" x="{x:.0}" y="12" width="12" height="12"/><text class="name" x="{:.0}" y="22">{name}</text>"#,
            x + 18.0,
        );
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0} {y:.0}" width="{WIDTH:.0}" height="{y:.0}" role="img" aria-label="Processor time of whole processes, of that of hand-written code">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #1f2328 }}
.job {{ text-anchor: end }}
.scale {{ text-anchor: middle; font-size: 10px; fill: #6e7781 }}
.number {{ font-size: 10px; fill: #6e7781 }}
.grid {{ stroke: #d0d7de }}
.one {{ stroke: #6e7781; stroke-dasharray: 3 3 }}
.ours {{ fill: #0969da }}
.rust {{ fill: #bc6c25 }}
.js {{ fill: #8b949e }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3 }}
  .scale, .number {{ fill: #9198a1 }}
  .grid {{ stroke: #3d444d }}
  .one {{ stroke: #9198a1 }}
  .ours {{ fill: #4493f8 }}
  .rust {{ fill: #d29922 }}
  .js {{ fill: #6e7681 }}
}}
</style>
{legend}<text class="job" x="{:.0}" y="22">1 = written by hand; less is better</text>
{scale}{body}</svg>
"#,
        LEFT - 12.0,
    )
}

/// Two digits that count.
fn shown(ratio: f64) -> String {
    if ratio < 9.95 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.0}")
    }
}
