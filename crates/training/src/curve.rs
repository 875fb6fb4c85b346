//! Precision against recall as a picture.

use std::fmt::Write;

use crate::score::{self, ACTIONS, Judged};

const COLOURS: [&str; 4] = ["#3b6ea5", "#b4562f", "#4f7f4a", "#7a5195"];
const SIDE: f64 = 420.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 16.0;

/// One line of the picture.
pub struct Line<'a> {
    /// What it is measured on.
    pub name: &'a str,
    /// What the model found.
    pub model: &'a [Judged],
    /// What the rules found, a single point.
    pub rules: &'a [Judged],
}

/// An SVG of action items: a line for each, a ring where suggestions begin, a disc where Oz is sure, a square for the rules.
#[must_use]
pub fn picture(lines: &[Line<'_>]) -> String {
    let (width, height) = (LEFT + SIDE + 16.0, TOP + SIDE + 44.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    grid(&mut svg);
    for (n, line) in lines.iter().enumerate() {
        draw(&mut svg, line, COLOURS[n % COLOURS.len()], n);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where a recall and a precision lie; the picture begins at one half of each.
fn place(recall: f64, precision: f64) -> (f64, f64) {
    let along = |share: f64| ((share - 0.5) * 2.0).clamp(0.0, 1.0) * SIDE;
    (LEFT + along(recall), TOP + SIDE - along(precision))
}

fn grid(svg: &mut String) {
    for tenth in 5..=10_u8 {
        let share = f64::from(tenth) / 10.0;
        let (x, y) = place(share, share);
        let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
        put(
            svg,
            format_args!(
                "<path d=\"M{x:.1} {TOP}V{bottom}M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>\n\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{share:.1}</text>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{share:.1}</text>\n",
                bottom + 16.0,
                LEFT - 6.0,
                y + 4.0
            ),
        );
    }
    let (middle, below) = (LEFT + SIDE / 2.0, TOP + SIDE + 34.0);
    put(svg, format_args!("<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">recall</text>\n"));
    let (x, y) = (14.0, TOP + SIDE / 2.0);
    let turned = format!("transform=\"rotate(-90 {x} {y})\"");
    put(svg, format_args!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" {turned}>precision</text>\n"));
}

fn draw(svg: &mut String, line: &Line<'_>, colour: &str, n: usize) {
    let at = |least: f32| {
        let quality = score::of_kinds(line.model, &ACTIONS, least);
        place(quality.recall, quality.precision)
    };
    let sure = (0..100_u8).map(|n| f32::from(n) / 100.0);
    let points: Vec<String> = sure.map(at).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let path = points.join(" ");
    put(
        svg,
        format_args!("<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n"),
    );
    let thresholds = extraction::thresholds();
    for (least, fill) in [(thresholds.suggest_action, "#fff"), (thresholds.auto_action, colour)] {
        let (x, y) = at(least);
        put(
            svg,
            format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\"/>\n"
            ),
        );
    }
    let rules = score::of_kinds(line.rules, &ACTIONS, 0.0);
    let (x, y) = place(rules.recall, rules.precision);
    put(
        svg,
        format_args!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" fill=\"{colour}\"/>\n",
            x - 4.0,
            y - 4.0
        ),
    );
    let y = TOP + SIDE - 12.0 - 18.0 * n as f64;
    put(svg, format_args!("<text x=\"{}\" y=\"{y}\" fill=\"{colour}\">{}</text>\n", LEFT + 12.0, line.name));
}

/// A string takes everything.
fn put(svg: &mut String, part: std::fmt::Arguments<'_>) {
    let _never_fails = svg.write_fmt(part);
}
