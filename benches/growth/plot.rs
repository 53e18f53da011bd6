//! Plots as SVG: lines over an axis of counts and one of nanoseconds.
//!
//! The rule: lines are told apart by marks and words, not by colour alone. The ground is drawn too, so that a plot can be read on
//! a light page and on a dark one.

use std::fmt::Write as _;

/// The picture's size.
const SIZE: (f64, f64) = (720.0, 400.0);
/// Where the lines may be: left, right, top, bottom.
const FRAME: (f64, f64, f64, f64) = (64.0, 700.0, 80.0, 344.0);

/// A class for each line, in this order.
const STYLE: &str = "text{font:13px sans-serif;fill:#24292f}.title{font-weight:bold;font-size:15px}.ground{fill:#fff}\
    .grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}.a{stroke:#0550ae}.b{stroke:#bc4c00}.c{stroke:#116329}.d{stroke:#8250df}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.grid{stroke:#30363d}\
    .a{stroke:#79c0ff}.b{stroke:#ffa657}.c{stroke:#7ee787}.d{stroke:#d2a8ff}}";
const CLASSES: [&str; 4] = ["a", "b", "c", "d"];

/// How counts are spread over their axis.
#[derive(Clone, Copy)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// A plot.
pub(crate) struct Plot {
    title: &'static str,
    counted: &'static str,
    scale: Scale,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Plot {
    /// One without lines.
    pub(crate) const fn new(title: &'static str, counted: &'static str, scale: Scale) -> Self {
        Self { title, counted, scale, lines: Vec::new() }
    }

    /// Adds a point to a line, at most four of them; counts come in their order.
    pub(crate) fn add(&mut self, line: &str, count: usize, nanoseconds: f64) {
        let point = (count as f64, nanoseconds);
        match self.lines.iter_mut().find(|(name, _)| name == line) {
            Some((_, points)) => points.push(point),
            None => self.lines.push((line.to_owned(), vec![point])),
        }
    }

    /// The picture.
    pub(crate) fn svg(&self) -> String {
        let (left, right, top, bottom) = FRAME;
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let spread = |count: f64| match self.scale {
            Scale::Linear => count,
            Scale::Logarithmic => count.log10(),
        };
        let (first, last) =
            points().fold((f64::MAX, f64::MIN), |(first, last), (count, _)| (first.min(*count), last.max(*count)));
        let (begin, end) = (spread(first), spread(last));
        let step = step(points().fold(0.0, |most, (_, nanoseconds)| nanoseconds.max(most)));
        let across = |count: f64| left + (right - left) * (spread(count) - begin) / (end - begin);
        // Five steps reach beyond the slowest.
        let up = |nanoseconds: f64| bottom - (bottom - top) * nanoseconds / (5.0 * step);

        let (width, height) = SIZE;
        let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">");
        let mut draw = |element: std::fmt::Arguments<'_>| svg.write_fmt(format_args!("\n{element}")).expect("a string takes it");
        draw(format_args!("<title>{}</title><style>{STYLE}</style>", self.title));
        draw(format_args!("<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>"));
        draw(format_args!("<text class=\"title\" x=\"{left}\" y=\"24\">{}, ns</text>", self.title));
        for nanoseconds in (0_u8..=5).map(|number| f64::from(number) * step) {
            let at = up(nanoseconds);
            draw(format_args!("<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/>"));
            draw(format_args!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{nanoseconds}</text>", left - 8.0, at + 4.0));
        }
        let mut counts: Vec<f64> = points().map(|(count, _)| *count).collect();
        counts.sort_by(f64::total_cmp);
        counts.dedup();
        let mut said = f64::MIN;
        for count in counts {
            let at = across(count);
            draw(format_args!("<path class=\"grid\" d=\"M{at:.1} {top}V{bottom}\"/>"));
            // Where counts are too near each other the smallest is said.
            if at - said < 30.0 {
                continue;
            }
            said = at;
            draw(format_args!("<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", bottom + 20.0, short(count)));
        }
        draw(format_args!(
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(left, right),
            bottom + 42.0,
            self.counted
        ));
        for (number, ((name, points), class)) in (0_u8..).zip(self.lines.iter().zip(CLASSES)) {
            let places: Vec<(f64, f64)> = points.iter().map(|(count, nanoseconds)| (across(*count), up(*nanoseconds))).collect();
            let way: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            draw(format_args!("<path class=\"line {class}\" d=\"M{}\"/>", way.join("L")));
            let key = left + 8.0 + 156.0 * f64::from(number);
            for (x, y) in places.into_iter().chain([(key, 52.0)]) {
                draw(format_args!("<path class=\"line {class}\" d=\"{}\"/>", mark(number, x, y)));
            }
            draw(format_args!("<text x=\"{}\" y=\"56\">{name}</text>", key + 12.0));
        }
        svg + "\n</svg>\n"
    }
}

/// The least of 1, 2 and 5 times a power of ten of which five reach `most`.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most.max(1.0) / 5.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| 5.0 * step >= most).unwrap_or(10.0 * power)
}

/// A ring, a square, a triangle or a cross around a point.
fn mark(number: u8, x: f64, y: f64) -> String {
    let (left, top) = (x - 4.0, y - 4.0);
    match number {
        0 => format!("M{left:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"),
        1 => format!("M{left:.1} {top:.1}h8v8h-8z"),
        2 => format!("M{x:.1} {top:.1}l5 8h-10z"),
        _ => format!("M{left:.1} {top:.1}l8 8m0 -8l-8 8"),
    }
}

/// A count as an axis says it.
fn short(count: f64) -> String {
    let of = |unit: f64| (count / unit * 100.0).round() / 100.0;
    match count {
        1e6.. => format!("{} M", of(1e6)),
        1e4.. => format!("{} k", of(1e3)),
        _ => count.to_string(),
    }
}
