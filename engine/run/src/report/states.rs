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
    let least_s = VISIBLE / width * series.end_s;
    for (index, row) in series.gantt.iter().enumerate() {
        let y = index as f64 * ROW;
        svg.text([LABEL - 8.0, y + 13.0], Anchor::End, "label", &shortened(&row.element, 20));
        let drawn = legible(row, series.end_s, least_s);
        for state in STATE_NAMES {
            let data = boxes(&drawn, state, |time_s| LABEL + time.share(time_s) * width, y + 2.0, ROW - 5.0);
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

/// Narrower than this nobody sees.
const VISIBLE: f64 = 0.3;

/// From, to [s], state.
type Interval<'a> = (f64, f64, &'a str);

/// The intervals of a row that can be seen: of those too short, neighbours are drawn together as the state that held longest
/// among them, and each stop besides.
fn legible(row: &GanttRow, end_s: f64, least_s: f64) -> Vec<Interval<'_>> {
    let ends_s = row.starts_s.iter().skip(1).copied().chain([end_s]);
    let mut drawn = Vec::new();
    let mut short: Vec<Interval<'_>> = Vec::new();
    for ((&from_s, to_s), state) in row.starts_s.iter().zip(ends_s).zip(&row.states) {
        let is_short = to_s - from_s < least_s;
        if !is_short || short.first().is_some_and(|first| from_s - first.0 >= least_s) {
            drawn.extend(together(&mut short));
        }
        let interval = (from_s, to_s, state.as_str());
        if is_short {
            short.push(interval);
        }
        if !is_short || matches!(interval.2, "down" | "jammed") {
            drawn.push(interval);
        }
    }
    drawn.extend(together(&mut short));
    drawn
}

fn together<'a>(short: &mut Vec<Interval<'a>>) -> Option<Interval<'a>> {
    let held_s = |state: &str| short.iter().filter(|interval| interval.2 == state).map(|(from_s, to_s, _)| to_s - from_s).sum::<f64>();
    let longest = short.iter().map(|interval| interval.2).max_by(|a, b| held_s(a).total_cmp(&held_s(b)))?;
    let whole = (short.first()?.0, short.last()?.1, longest);
    short.clear();
    Some(whole)
}

/// The boxes of one state in one row, as one path: a row may have thousands. States are drawn in the order of the time
/// model, so that a short stop lies over the work around it.
fn boxes(drawn: &[Interval<'_>], state: &str, x_at: impl Fn(f64) -> f64, y: f64, height: f64) -> String {
    let mut data = String::new();
    for &(from_s, to_s, _) in drawn.iter().filter(|interval| interval.2 == state) {
        let from = x_at(from_s);
        let (x, width) = (coordinate(from), coordinate((x_at(to_s) - from).max(VISIBLE)));
        write!(data, "M{x} {}h{width}v{height}h-{width}z", coordinate(y)).expect("writing into a string");
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_intervals_are_drawn_together_and_leave_no_hole() {
        let row = GanttRow {
            element: "capper".to_owned(),
            starts_s: vec![0.0, 10.0, 10.2, 10.3, 10.5, 10.6, 30.0],
            states: ["starved", "processing", "idle", "processing", "down", "processing", "idle"].map(str::to_owned).to_vec(),
            merged_to_s: None,
        };
        let drawn = legible(&row, 31.0, 1.0);
        assert_eq!(
            drawn,
            [(0.0, 10.0, "starved"), (10.5, 10.6, "down"), (10.0, 10.6, "processing"), (10.6, 30.0, "processing"), (30.0, 31.0, "idle")]
        );
    }
}
