//! States of elements: a stacked bar of shares for each, and their course over time. One colour per state, everywhere,
//! from the page's style sheet.

use super::format::{percent, span};
use super::svg::{Anchor, Rect, Svg, TimeAxis, coordinate, shortened};
use linetwin_model::report::{ElementReport, GanttRow, STATE_NAMES, Series};
use std::fmt::Write;

/// Style class of a state: its name with dashes.
pub fn state_class(state: &str) -> String {
    format!("s-{}", state.replace(' ', "-"))
}

/// The states that occur, in the order of the time model.
pub fn states_seen(elements: &[ElementReport]) -> Vec<&'static str> {
    let seen = |name: &&str| elements.iter().flat_map(|element| &element.states).any(|share| share.state == **name);
    STATE_NAMES.into_iter().filter(seen).collect()
}

/// Shares of the statistics window, one bar per element that has states; `None` where none has.
pub fn state_bars(elements: &[ElementReport]) -> Option<String> {
    const ROW: f64 = 24.0;
    const LABEL: f64 = 118.0;
    const WIDTH: f64 = 480.0;
    let rows: Vec<&ElementReport> = elements.iter().filter(|element| !element.states.is_empty()).collect();
    if rows.is_empty() {
        return None;
    }
    let width = WIDTH - LABEL - 8.0;
    let mut svg = Svg::new(WIDTH, ROW * rows.len() as f64 + 22.0);
    for (index, element) in rows.iter().enumerate() {
        let y = index as f64 * ROW + 2.0;
        svg.text([LABEL - 8.0, y + 14.0], Anchor::End, "label", &shortened(&element.name, 18));
        let mut x = LABEL;
        for share in &element.states {
            let port = share.port.as_ref().map(|port| format!(" ({port})")).unwrap_or_default();
            let title = format!("{}: {}{port} {}, {}", element.name, share.state, percent(share.share), span(share.time_s));
            let rect = Rect { x, y, width: share.share * width, height: ROW - 6.0 };
            svg.rect_titled(rect, &state_class(&share.state), &title);
            // A number only where it fits, and only on colours dark enough for the page's ink.
            if rect.width > 40.0 {
                let class = format!("inside on-{}", state_class(&share.state));
                svg.text([x + rect.width / 2.0, y + 13.5], Anchor::Middle, &class, &percent(share.share));
            }
            x += rect.width;
        }
    }
    let bottom = rows.len() as f64 * ROW + 16.0;
    for (share, anchor) in [(0.0, Anchor::Start), (0.5, Anchor::Middle), (1.0, Anchor::End)] {
        svg.text([LABEL + share * width, bottom], anchor, "tick", &percent(share));
    }
    Some(svg.finish("shares of the statistics window by state"))
}

/// The states over the whole run, one row per element; `None` where there is none.
pub fn gantt(series: &Series) -> Option<String> {
    const ROW: f64 = 20.0;
    const LABEL: f64 = 130.0;
    const WIDTH: f64 = 980.0;
    if series.gantt.is_empty() || series.end_s <= 0.0 {
        return None;
    }
    let time = TimeAxis::new(series.end_s);
    let width = WIDTH - LABEL - 16.0;
    let height = ROW * series.gantt.len() as f64;
    let mut svg = Svg::new(WIDTH, height + 36.0);
    for (index, row) in series.gantt.iter().enumerate() {
        let y = index as f64 * ROW;
        svg.text([LABEL - 8.0, y + 13.0], Anchor::End, "label", &shortened(&row.element, 20));
        for state in STATE_NAMES {
            let data = intervals(row, state, series.end_s, |time_s| LABEL + time.share(time_s) * width, y + 2.0, ROW - 5.0);
            if !data.is_empty() {
                svg.path(&data, &state_class(state));
            }
        }
    }
    if series.warmup_end_s > 0.0 {
        let x = LABEL + time.share(series.warmup_end_s) * width;
        svg.rect(Rect { x: LABEL, y: 0.0, width: x - LABEL, height }, "warmup");
        svg.line([x, 0.0], [x, height], "reference");
    }
    for (instant, label) in time.ticks() {
        let x = LABEL + time.share(instant) * width;
        svg.line([x, height], [x, height + 4.0], "axis");
        svg.text([x, height + 16.0], Anchor::Middle, "tick", &label);
    }
    svg.text([LABEL + width, height + 32.0], Anchor::End, "label", &format!("simulated time [{}]", time.unit));
    Some(svg.finish("states of each element over the run"))
}

/// The boxes of one state in one row, as one path: a row may have thousands. States are drawn in the order of the time
/// model, so that a short stop lies over the work around it.
fn intervals(row: &GanttRow, state: &str, end_s: f64, x_at: impl Fn(f64) -> f64, y: f64, height: f64) -> String {
    /// Narrower than this nobody sees; a stop is widened to it, other states are left out.
    const VISIBLE: f64 = 0.3;
    let shown_when_short = matches!(state, "down" | "jammed");
    let mut data = String::new();
    for (index, _) in row.states.iter().enumerate().filter(|(_, name)| name.as_str() == state) {
        let from = x_at(row.starts_s[index]);
        let width = x_at(row.starts_s.get(index + 1).copied().unwrap_or(end_s)) - from;
        if width < VISIBLE && !shown_when_short {
            continue;
        }
        let (x, width) = (coordinate(from), coordinate(width.max(VISIBLE)));
        write!(data, "M{x} {}h{width}v{height}h-{width}z", coordinate(y)).expect("writing into a string");
    }
    data
}
