//! Pictures over time and of distributions: throughput, WIP, levels, hourly output, lead times, losses. Each takes what
//! was measured and gives an SVG; knows nothing about the page around it.

use super::format::{number, percent, span};
use super::svg::{Anchor, Axis, Rect, Svg, TimeAxis, coordinate, shortened};
use linetwin_model::report::{Histogram, HourlyOutput, LossKind, Waterfall};
use std::fmt::Write;

/// Half a desktop page: the text stays legible on a phone, which shows it at three quarters.
const WIDTH: f64 = 480.0;
const TEXT_HEIGHT: f64 = 12.0;

/// The rectangle between the axes.
struct Plot {
    svg: Svg,
    area: Rect,
    y: Axis,
}

impl Plot {
    fn new(height: f64, y: Axis, y_label: &str) -> Self {
        let area = Rect { x: 46.0, y: 24.0, width: WIDTH - 46.0 - 12.0, height: height - 24.0 - 34.0 };
        let mut plot = Plot { svg: Svg::new(WIDTH, height), area, y };
        plot.svg.text([2.0, 12.0], Anchor::Start, "label", y_label);
        for tick in y.ticks() {
            let at = plot.y_at(tick);
            plot.svg.line([area.x, at], [area.x + area.width, at], "grid");
            plot.svg.text([area.x - 6.0, at + 4.0], Anchor::End, "tick", &format!("{tick:.*}", y.decimals()));
        }
        plot
    }

    fn x_at(&self, share: f64) -> f64 {
        self.area.x + share * self.area.width
    }

    fn y_at(&self, value: f64) -> f64 {
        self.area.y + (1.0 - self.y.share(value)) * self.area.height
    }

    fn bottom(&self) -> f64 {
        self.area.y + self.area.height
    }

    fn x_tick(&mut self, share: f64, label: &str) {
        let x = self.x_at(share);
        self.svg.line([x, self.bottom()], [x, self.bottom() + 4.0], "axis");
        self.svg.text([x, self.bottom() + 4.0 + TEXT_HEIGHT], Anchor::Middle, "tick", label);
    }

    fn x_axis(&mut self, label: &str) {
        let bottom = self.bottom();
        self.svg.line([self.area.x, bottom], [self.area.x + self.area.width, bottom], "axis");
        self.svg.text([self.area.x + self.area.width, bottom + 30.0], Anchor::End, "label", label);
    }

    fn time_axis(&mut self, time: TimeAxis) {
        for (instant, label) in time.ticks() {
            self.x_tick(time.share(instant), &label);
        }
        self.x_axis(&format!("simulated time [{}]", time.unit));
    }

    /// A level to compare with; its label ends at `share` of the width.
    fn reference(&mut self, value: f64, label: &str, share: f64) {
        let y = self.y_at(value);
        self.svg.line([self.area.x, y], [self.area.x + self.area.width, y], "reference");
        self.svg.text([self.x_at(share) - 2.0, y - 4.0], Anchor::End, "note", label);
    }

    fn shade_warmup(&mut self, time: TimeAxis, warmup_end_s: f64) {
        if warmup_end_s > 0.0 {
            let width = time.share(warmup_end_s) * self.area.width;
            self.svg.rect(Rect { width, ..self.area }, "warmup");
            if width > 50.0 {
                self.svg.text([self.area.x + 4.0, self.area.y + TEXT_HEIGHT], Anchor::Start, "note", "warm-up");
            }
        }
    }

    /// A stepped line through one value per bucket, with what is below it tinted.
    fn buckets(&mut self, time: TimeAxis, bucket_s: f64, values: &[f64], class: &str) {
        let mut line = String::new();
        for (index, value) in values.iter().enumerate() {
            let (from, to) = (index as f64 * bucket_s, (index as f64 + 1.0) * bucket_s);
            let (x0, x1, y) = (self.x_at(time.share(from)), self.x_at(time.share(to)), self.y_at(*value));
            let command = if index == 0 { 'M' } else { 'L' };
            write!(line, "{command}{} {}H{}", coordinate(x0), coordinate(y), coordinate(x1)).expect("writing into a string");
        }
        if line.is_empty() {
            return;
        }
        let end = self.x_at(time.share(values.len() as f64 * bucket_s));
        let fill = format!("{line}L{} {}H{}Z", coordinate(end), coordinate(self.bottom()), coordinate(self.area.x));
        self.svg.path(&fill, &format!("area {class}"));
        self.svg.path(&line, &format!("line {class}"));
    }
}

/// One quantity over the run.
pub struct TimeChart<'a> {
    /// Of the quantity, with unit.
    pub label: &'a str,
    pub class: &'a str,
    pub values: &'a [f64],
    pub bucket_s: f64,
    pub end_s: f64,
    pub warmup_end_s: f64,
    /// A level to compare with.
    pub reference: Option<(f64, &'a str)>,
    pub height: f64,
}

/// Means of `group` neighbours, for a rate whose buckets hold too few parts to be read.
pub fn grouped(values: &[f64], group: usize) -> Vec<f64> {
    values.chunks(group.max(1)).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64).collect()
}

impl TimeChart<'_> {
    pub fn draw(&self) -> String {
        let time = TimeAxis::new(self.end_s);
        let largest = self.values.iter().copied().chain(self.reference.map(|(value, _)| value)).fold(0.0, f64::max);
        let mut plot = Plot::new(self.height, Axis::from_zero(largest, 4), self.label);
        plot.shade_warmup(time, self.warmup_end_s);
        plot.buckets(time, self.bucket_s, self.values, self.class);
        if let Some((value, label)) = self.reference {
            plot.reference(value, label, 1.0);
        }
        plot.time_axis(time);
        plot.svg.finish(&format!("{} over simulated time", self.label))
    }
}

/// Good parts per full hour with their quantiles; `None` where no hour is full.
pub fn hourly(hourly: &HourlyOutput) -> Option<String> {
    let hours = hourly.full_hours.len();
    if hours == 0 {
        return None;
    }
    let largest = hourly.full_hours.iter().copied().max().unwrap_or(0) as f64;
    let mut plot = Plot::new(230.0, Axis::from_zero(largest, 4), "good parts per hour [1/h]");
    let slot = 1.0 / hours as f64;
    let every = hours.div_ceil(12);
    for (index, parts) in hourly.full_hours.iter().enumerate() {
        let left = plot.x_at(index as f64 * slot);
        let width = plot.area.width * slot;
        let top = plot.y_at(*parts as f64);
        let bar = Rect { x: left + width * 0.1, y: top, width: width * 0.8, height: plot.bottom() - top };
        plot.svg.rect_titled(bar, "bar c-blue", &format!("hour {}: {parts}", index + 1));
        if index % every == 0 {
            plot.x_tick((index as f64 + 0.5) * slot, &(index + 1).to_string());
        }
    }
    // Side by side: the three often lie close together.
    for (value, label, share) in [(hourly.p5, "p5", 0.4), (hourly.p50, "p50", 0.7), (hourly.p95, "p95", 1.0)] {
        if let Some(value) = value {
            plot.reference(value as f64, &format!("{label}: {value}"), share);
        }
    }
    plot.x_axis("hour after the warm-up");
    Some(plot.svg.finish("good parts in each full hour"))
}

/// Lead times of the good parts; `None` without any.
pub fn histogram(histogram: &Histogram, median_s: Option<f64>) -> Option<String> {
    if histogram.counts.iter().all(|count| *count == 0) || histogram.width_s <= 0.0 {
        return None;
    }
    let largest = histogram.counts.iter().copied().max().unwrap_or(0) as f64;
    let mut plot = Plot::new(230.0, Axis::from_zero(largest, 4), "good parts");
    let (start, width) = (histogram.start_s, histogram.width_s);
    let end = start + width * histogram.counts.len() as f64;
    for (index, count) in histogram.counts.iter().enumerate() {
        let from = index as f64 / histogram.counts.len() as f64;
        let bin = plot.area.width / histogram.counts.len() as f64;
        let top = plot.y_at(*count as f64);
        let bar = Rect { x: plot.x_at(from) + 0.5, y: top, width: (bin - 1.0).max(0.5), height: plot.bottom() - top };
        let low = start + width * index as f64;
        plot.svg.rect_titled(bar, "bar c-blue", &format!("{} to {}: {count}", span(low), span(low + width)));
    }
    let (unit_s, unit) = if end > 7_200.0 {
        (3_600.0, "h")
    } else if end > 300.0 {
        (60.0, "min")
    } else {
        (1.0, "s")
    };
    let axis = Axis { min: start / unit_s, max: end / unit_s, ..Axis::from_zero((end - start) / unit_s, 6) };
    for tick in axis.ticks() {
        plot.x_tick(axis.share(tick), &format!("{tick:.*}", axis.decimals()));
    }
    if let Some(median) = median_s.filter(|median| (start..=end).contains(median)) {
        let x = plot.x_at((median - start) / (end - start));
        plot.svg.line([x, plot.area.y], [x, plot.bottom()], "reference");
        plot.svg.text([x + 4.0, plot.area.y - 5.0], Anchor::Start, "note", &format!("median {}", span(median)));
    }
    plot.x_axis(&format!("lead time [{unit}]"));
    Some(plot.svg.finish("histogram of lead times"))
}

/// From planned time to the ideal time of the good parts, loss by loss.
pub fn waterfall(waterfall: &Waterfall) -> String {
    const ROW: f64 = 22.0;
    const LABEL: f64 = 150.0;
    const VALUE: f64 = 112.0;
    let planned = waterfall.planned_s.max(f64::MIN_POSITIVE);
    let width = WIDTH - LABEL - VALUE;
    let mut svg = Svg::new(WIDTH, ROW * (waterfall.losses.len() as f64 + 2.0) + 4.0);
    let mut row = 0.0;
    let mut bar = |from_s: f64, to_s: f64, class: &str, name: &str| {
        let (low, high) = (from_s.min(to_s).max(0.0) / planned, (from_s.max(to_s) / planned).min(1.0));
        let y = row * ROW + 2.0;
        row += 1.0;
        svg.text([LABEL - 8.0, y + 14.0], Anchor::End, "label", &shortened(name, 24));
        let rect = Rect { x: LABEL + low * width, y, width: ((high - low) * width).max(0.5), height: ROW - 5.0 };
        let time = span((to_s - from_s).abs());
        svg.rect_titled(rect, class, &format!("{name}: {time}"));
        let share = percent((to_s - from_s).abs() / planned);
        svg.text([WIDTH - 2.0, y + 14.0], Anchor::End, "tick", &format!("{time} ({share})"));
    };
    bar(0.0, planned, "bar c-grey", "planned time");
    let mut left = planned;
    for loss in &waterfall.losses {
        let class = match loss.kind {
            LossKind::Availability => "bar c-vermillion",
            LossKind::Performance => "bar c-orange",
            LossKind::Quality => "bar c-purple",
        };
        bar(left, left - loss.time_s, class, &loss.name);
        left -= loss.time_s;
    }
    bar(0.0, waterfall.net_s, "bar c-green", "good parts, ideal");
    svg.finish(&format!("losses at {}, net {} of {}", waterfall.element, number(waterfall.net_s), number(planned)))
}
