//! A small canvas that writes SVG, and axes with round ticks. Colours are classes of the page's style sheet, so that
//! dark, light and paper need no second picture; that is also why no plotting library draws here: those fix colours
//! and know neither state bars nor flows. Knows nothing about factories.

use std::fmt::{Display, Write};

pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A coordinate: a hundredth of a unit is less than any screen shows.
struct Coordinate(f64);

impl Display for Coordinate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Minus zero would be another text for the same place.
        write!(f, "{}", if rounded == 0.0 { 0.0 } else { rounded })
    }
}

pub fn coordinate(value: f64) -> impl Display {
    Coordinate(value)
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// At most `limit` characters, with an ellipsis where some are left out.
pub fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit { text.to_string() } else { text.chars().take(limit - 1).chain(['\u{2026}']).collect() }
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Svg { width, height, body: String::new() }
    }

    /// Writes into a string, which cannot fail.
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.body.write_fmt(text).expect("writing into a string");
    }

    pub fn rect(&mut self, rect: Rect, class: &str) {
        self.rect_titled(rect, class, "");
    }

    /// With a text that shows when the pointer rests on it; none where that is empty.
    pub fn rect_titled(&mut self, rect: Rect, class: &str, title: &str) {
        let (x, y, width, height) = (coordinate(rect.x), coordinate(rect.y), coordinate(rect.width), coordinate(rect.height));
        self.push(format_args!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\""));
        self.close_titled("rect", title);
    }

    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], class: &str) {
        let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(coordinate);
        self.push(format_args!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    pub fn path(&mut self, data: &str, class: &str) {
        self.push(format_args!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    /// A band along a curve, `width` thick.
    pub fn band(&mut self, data: &str, class: &str, width: f64, title: &str) {
        let width = coordinate(width);
        self.push(format_args!("<path class=\"{class}\" stroke-width=\"{width}\" d=\"{data}\""));
        self.close_titled("path", title);
    }

    fn close_titled(&mut self, tag: &str, title: &str) {
        if title.is_empty() {
            self.push(format_args!("/>"));
        } else {
            self.push(format_args!("><title>{}</title></{tag}>", escape(title)));
        }
    }

    pub fn circle(&mut self, centre: [f64; 2], radius: f64, class: &str) {
        let [x, y, radius] = [centre[0], centre[1], radius].map(coordinate);
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }

    pub fn text(&mut self, at: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let [x, y] = at.map(coordinate);
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", escape(text)));
    }

    /// The picture with `label` for those who cannot see it.
    pub fn finish(self, label: &str) -> String {
        let (width, height, body) = (coordinate(self.width), coordinate(self.height), self.body);
        format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">{body}</svg>", escape(label))
    }
}

/// A linear axis from zero or a given start to a round end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub min: f64,
    pub max: f64,
    pub tick: f64,
}

impl Axis {
    /// From zero to a round number at or above `max`, with about `ticks` ticks.
    pub fn from_zero(max: f64, ticks: u32) -> Self {
        let tick = round_step(max.max(f64::MIN_POSITIVE) / f64::from(ticks));
        let max = if max > 0.0 { (max / tick).ceil() * tick } else { 1.0 };
        Axis { min: 0.0, max, tick: if max > 0.0 { tick.min(max) } else { max } }
    }

    /// Where `value` lies along the axis, 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        if self.max > self.min { (value - self.min) / (self.max - self.min) } else { 0.0 }
    }

    pub fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let Axis { min, max, tick } = *self;
        let first = (min / tick).ceil();
        (0..200).map(move |index| (first + f64::from(index)) * tick).take_while(move |value| *value <= max + tick * 1e-6)
    }

    /// Decimals that tell two ticks apart.
    pub fn decimals(&self) -> usize {
        [1.0, 0.1, 0.01, 0.001].iter().position(|unit| self.tick >= unit * 0.999).unwrap_or(4)
    }
}

/// 1, 2 or 5 times a power of ten, at or above `step`.
fn round_step(step: f64) -> f64 {
    if !(step > 1e-12 && step < 1e15) {
        return 1.0;
    }
    // By loops, not logarithms: the same bits on every platform.
    let mut power = 1.0;
    while power > step {
        power /= 10.0;
    }
    while power * 10.0 <= step {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|round| *round >= step * 0.999_999).unwrap_or(power * 10.0)
}

/// An axis of time: its ticks are round in the unit that it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    pub end_s: f64,
    pub tick_s: f64,
    pub unit_s: f64,
    pub unit: &'static str,
}

impl TimeAxis {
    pub fn new(end_s: f64) -> Self {
        const STEPS_S: [f64; 17] = [
            1.0,
            2.0,
            5.0,
            10.0,
            30.0,
            60.0,
            120.0,
            300.0,
            600.0,
            1_800.0,
            3_600.0,
            7_200.0,
            14_400.0,
            43_200.0,
            86_400.0,
            604_800.0,
            2_592_000.0,
        ];
        let tick_s = STEPS_S.into_iter().find(|step| end_s / step <= 7.0).unwrap_or(31_536_000.0);
        let (unit_s, unit) = match end_s {
            end if end < 180.0 => (1.0, "s"),
            end if end < 3.0 * 3_600.0 => (60.0, "min"),
            end if end < 4.0 * 86_400.0 => (3_600.0, "h"),
            _ => (86_400.0, "d"),
        };
        TimeAxis { end_s: end_s.max(1e-9), tick_s, unit_s, unit }
    }

    pub fn share(&self, time_s: f64) -> f64 {
        (time_s / self.end_s).clamp(0.0, 1.0)
    }

    /// Instants with their labels.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> + use<> {
        let axis = *self;
        (0..200)
            .map(move |index| f64::from(index) * axis.tick_s)
            .take_while(move |time| *time <= axis.end_s * 1.000_001)
            .map(move |time| (time, super::format::number(time / axis.unit_s)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_or_above_the_largest_value_on_a_round_number() {
        for max in [0.9, 7.0, 1_130.0, 100.0, 0.0, 3e-5, 8e8] {
            let axis = Axis::from_zero(max, 5);
            assert!(axis.max >= max && axis.ticks().count() <= 7 && axis.ticks().count() >= 2, "{max}: {axis:?}");
        }
        let axis = TimeAxis::new(3_600.0);
        assert_eq!(axis.ticks().map(|(_, label)| label).collect::<Vec<_>>(), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(axis.unit, "min");
    }

    #[test]
    fn what_a_user_named_cannot_break_the_picture() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text([0.0, -0.0001], Anchor::Start, "label", "<script>\"&");
        assert_eq!(
            svg.finish("a\"b"),
            "<svg viewBox=\"0 0 10 10\" role=\"img\" aria-label=\"a&quot;b\"><text class=\"label\" x=\"0\" y=\"0\" \
             text-anchor=\"start\">&lt;script&gt;&quot;&amp;</text></svg>"
        );
        assert_eq!(shortened("abcdef", 4), "abc\u{2026}");
    }
}
