//! How the line does: its figures now, curves over time (of a what-if beside them), and what every element does with its time.

use super::inspector::state_bar;
use crate::window::session::{Played, Session};
use crate::window::style;
use bevy_egui::egui::{Color32, Grid, RichText, ScrollArea, Ui, Vec2b, vec2};
use egui_plot::{Line, LineStyle, Plot, PlotPoints, VLine};
use linetwin_model::report::KpiReport;
use linetwin_run::playback::CurvePoint;
use linetwin_sim::port::Seen;
use linetwin_sim::view::Colour;

pub fn ui(ui: &mut Ui, session: &mut Session) {
    let report = session.played().shown.report.clone();
    let Some(report) = report else {
        ui.weak("nothing is measured yet");
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        figures(ui, &report, session);
        curves(ui, session);
        shares(ui, &report, session);
    });
}

fn tile(ui: &mut Ui, name: &str, value: String, unit: &str) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.label(RichText::new(name).size(11.0).weak());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label(RichText::new(value).size(18.0).strong());
            ui.label(RichText::new(unit).size(11.0).weak());
        });
    });
}

fn figures(ui: &mut Ui, report: &KpiReport, session: &Session) {
    if report.window.duration_s <= 0.0 {
        ui.weak(format!("statistics begin at {:.0} s, after the warm-up", report.window.start_s));
    }
    let line = &report.line;
    let percent = |share: Option<f64>| share.map_or("-".to_string(), |share| format!("{:.1}", share * 100.0));
    let tiles = [
        ("throughput", format!("{:.0}", line.throughput_per_h), "parts/h"),
        ("good parts", line.good.to_string(), ""),
        ("in the line now", line.wip.at_end.to_string(), "parts"),
        ("WIP, mean", format!("{:.1}", line.wip.mean), "parts"),
        ("OEE", percent(line.oee.as_ref().and_then(|oee| oee.oee)), "%"),
        ("lead time, median", line.lead_time.p50_s.map_or("-".to_string(), |seconds| format!("{seconds:.1}")), "s"),
        ("jams", line.jams.jams.to_string(), ""),
        ("energy", format!("{:.1}", line.energy.electrical_j / 1e3), "kJ"),
    ];
    let columns = ((ui.available_width() / 110.0) as usize).clamp(1, 4);
    Grid::new("figures").num_columns(columns).spacing([12.0, 8.0]).min_col_width(96.0).show(ui, |ui| {
        for (index, (name, value, unit)) in tiles.into_iter().enumerate() {
            tile(ui, name, value, unit);
            if (index + 1) % columns == 0 {
                ui.end_row();
            }
        }
    });
    if let Some(constraint) = &line.constraint {
        ui.label(RichText::new(format!("constraint: {} ({})", constraint.element, constraint.method)).size(12.0));
    }
    if let Some(recorded) = session.picture().and_then(|picture| picture.stage.recorded.clone()) {
        let words =
            format!("recorded over the whole run: {:.0} parts/h, {} good parts", recorded.line.throughput_per_h, recorded.line.good);
        ui.label(RichText::new(words).size(12.0).weak());
    }
}

/// One measure over time.
struct Curve {
    title: &'static str,
    unit: &'static str,
    /// Between a point and the one before it.
    value: fn(&CurvePoint, &CurvePoint) -> Option<f64>,
}

const CURVES: [Curve; 3] = [
    Curve { title: "Throughput", unit: "parts/h", value: |now, before| now.throughput_per_h(before) },
    Curve { title: "Parts in the line", unit: "parts", value: |now, _| Some(now.wip as f64) },
    Curve { title: "OEE since the statistics start", unit: "%", value: |now, _| now.oee.map(|oee| oee * 100.0) },
];

/// Throughput over less than this is mostly chance [s].
const OVER_S: f64 = 30.0;

fn points_of(played: &Played, curve: &Curve, from_s: f64) -> Vec<[f64; 2]> {
    let points: Vec<&CurvePoint> = played.shown.timeline.points().collect();
    let found = points.iter().enumerate().filter_map(|(index, now)| {
        let at_s = now.at.as_seconds();
        let earlier = points[..index].iter().rev().find(|point| at_s - point.at.as_seconds() >= OVER_S).or(points[..index].first())?;
        Some([at_s, (curve.value)(now, earlier)?])
    });
    found.filter(|[at_s, _]| *at_s >= from_s).collect()
}

fn curves(ui: &mut Ui, session: &Session) {
    let now_s = session.status().now.as_seconds();
    let warmup_s = session.scene().map_or(0.0, |scene| scene.warmup.as_seconds());
    for curve in &CURVES {
        let base = points_of(&session.base, curve, 0.0);
        let branch = session.branch.as_ref().map(|branch| points_of(&branch.played, curve, branch.begin.as_seconds()));
        if base.is_empty() && branch.as_ref().is_none_or(Vec::is_empty) {
            continue;
        }
        style::section(ui, &format!("{} [{}]", curve.title, curve.unit));
        let weak = ui.visuals().weak_text_color();
        if branch.is_some() {
            ui.horizontal(|ui| {
                for (colour, words) in [(style::ACCENT, "base"), (style::colour(Colour::ORANGE), "what-if")] {
                    style::dot(ui, colour);
                    ui.label(RichText::new(words).size(11.0));
                }
            });
        }
        let plot = Plot::new(curve.title)
            .height(96.0)
            .allow_drag(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .include_y(0.0)
            .set_margin_fraction(vec2(0.01, 0.08))
            .y_axis_min_width(34.0)
            .x_axis_formatter(|mark, _| format!("{:.0} s", mark.value))
            .show_background(false)
            .show_grid(Vec2b::new(false, true));
        plot.show(ui, |plot| {
            if warmup_s > 0.0 {
                plot.vline(VLine::new("warm-up ends", warmup_s).color(weak.gamma_multiply(0.6)).style(LineStyle::dotted_dense()));
            }
            plot.vline(VLine::new("now", now_s).color(weak));
            plot.line(Line::new("base", PlotPoints::from(base)).color(style::ACCENT).width(1.8));
            if let Some(branch) = branch {
                plot.line(Line::new("what-if", PlotPoints::from(branch)).color(style::colour(Colour::ORANGE)).width(1.8));
            }
        });
    }
}

fn shares(ui: &mut Ui, report: &KpiReport, session: &mut Session) {
    let rows: Vec<_> = report.elements.iter().enumerate().filter(|(_, element)| !element.states.is_empty()).collect();
    if rows.is_empty() {
        return;
    }
    style::section(ui, "What elements do with their time");
    let mut chosen = None;
    Grid::new("shares").num_columns(3).spacing([8.0, 3.0]).show(ui, |ui| {
        for (index, element) in rows {
            let busy = element.states.iter().find(|share| share.state == "processing").map_or(0.0, |share| share.share);
            if ui
                .add(bevy_egui::egui::Label::new(RichText::new(&element.name).size(12.0)).truncate().sense(bevy_egui::egui::Sense::click()))
                .clicked()
            {
                chosen = Some(index);
            }
            ui.label(RichText::new(format!("{:.0} %", busy * 100.0)).monospace().size(11.0)).on_hover_text("busy");
            state_bar(ui, &element.states, 12.0);
            ui.end_row();
        }
    });
    legend(ui, report);
    if let Some(index) = chosen {
        session.select(Some(Seen::Element(linetwin_model::scene::ElementId::from_index(index))));
    }
}

/// The states that occur.
fn legend(ui: &mut Ui, report: &KpiReport) {
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        for state in linetwin_sim::event::ElementState::ALL {
            if report.elements.iter().flat_map(|element| &element.states).any(|share| share.state == state.name()) {
                style::dot(ui, style::of_state(state));
                ui.label(RichText::new(state.name()).size(11.0).color(Color32::PLACEHOLDER));
            }
        }
    });
}
