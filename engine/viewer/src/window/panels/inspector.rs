//! What is selected: its state now, what it did, its fields, which can be edited, and its history.

use crate::window::keys::Action;
use crate::window::session::{Session, name_of};
use crate::window::style::{self, clock, name_and_unit};
use bevy_egui::egui::{Color32, Grid, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, pos2, vec2};
use linetwin_model::edit::{Change, Placing};
use linetwin_model::report::{ElementReport, StateShare};
use linetwin_model::scene::{ElementId, Input, InputSource, Scene};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::Seen;
use serde_json::json;

/// Lines of history.
const HISTORY_MAX: usize = 60;

pub fn ui(ui: &mut Ui, session: &mut Session) {
    let (Some(scene), Some(selected)) = (session.scene().cloned(), session.selected) else {
        ui.weak("Click an element or a part in the line, or in the list, to see it here.");
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        match selected {
            Seen::Element(id) => of_element(ui, session, &scene, id),
            Seen::Part(id) => of_part(ui, session, &scene, id),
            Seen::Floor => {}
        }
        history(ui, session, selected);
    });
}

fn heading(ui: &mut Ui, session: &mut Session, name: &str, kind: &str) {
    ui.label(RichText::new(name).heading());
    ui.horizontal(|ui| {
        ui.weak(kind);
        if ui.small_button("Frame").clicked() {
            session.act(Action::Frame);
        }
        let mut follows = session.follows;
        if ui.toggle_value(&mut follows, RichText::new("Follow").size(11.0)).changed() {
            session.act(Action::Follow);
        }
    });
}

fn row(ui: &mut Ui, name: &str, value: impl Into<String>) {
    ui.weak(name);
    ui.label(value.into());
    ui.end_row();
}

fn grid(id: &str) -> Grid {
    Grid::new(id).num_columns(2).spacing([14.0, 4.0]).min_col_width(96.0)
}

fn of_element(ui: &mut Ui, session: &mut Session, scene: &Scene, id: ElementId) {
    let element = scene.element(id);
    heading(ui, session, &element.name, &element.family);
    if let Some(state) = session.moment.states.get(id.index()).copied() {
        ui.horizontal(|ui| {
            style::dot(ui, style::of_state(state));
            ui.label(state.name());
            if let Some(since) = session.played().events.state_since.get(&id) {
                ui.weak(format!("since {}", clock(since.as_seconds())));
            }
        });
    }
    let report = session.played().shown.report.clone();
    if let Some(report) = report.as_ref().and_then(|report| report.elements.get(id.index())) {
        did(ui, report);
    }
    super::signals::ui(ui, session, id, &element.name);
    fields(ui, session, scene, id);
}

fn did(ui: &mut Ui, report: &ElementReport) {
    style::section(ui, "Since the statistics start");
    if !report.states.is_empty() {
        state_bar(ui, &report.states, 14.0);
        for share in report.states.iter().filter(|share| share.share > 0.0005) {
            ui.horizontal(|ui| {
                style::dot(ui, style::of_state_named(&share.state));
                let port = share.port.as_ref().map_or(String::new(), |port| format!(" ({port})"));
                ui.label(format!("{}{port}", share.state));
                ui.weak(format!("{:.1} %   {:.1} s", share.share * 100.0, share.time_s));
            });
        }
        ui.add_space(4.0);
    }
    grid("did").show(ui, |ui| {
        row(ui, "parts in / out", format!("{} / {}", report.parts_in, report.parts_out));
        if report.level_max > 0 {
            row(ui, "parts on it", format!("{:.2} mean, {} most", report.level_mean, report.level_max));
        }
        if report.cycles > 0 {
            row(ui, "cycles", report.cycles.to_string());
        }
        if let Some(oee) = report.oee.as_ref().and_then(|oee| oee.oee) {
            row(ui, "OEE", format!("{:.1} %", oee * 100.0));
        }
        for (name, count) in
            [("rejected", report.rejected), ("scrapped", report.scrapped), ("turned away", report.turned_away), ("stops", report.stops)]
        {
            if count > 0 {
                row(ui, name, count.to_string());
            }
        }
        if let Some(jams) = report.jams.as_ref().filter(|jams| jams.jams > 0) {
            row(ui, "jams", jams.jams.to_string());
        }
        if report.energy.electrical_j > 0.0 {
            row(ui, "energy", format!("{:.1} kJ", report.energy.electrical_j / 1e3));
        }
    });
}

/// Shares of states, side by side.
pub fn state_bar(ui: &mut Ui, states: &[StateShare], high: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), high), Sense::hover());
    let mut left = rect.min.x;
    for share in states {
        let right = (left + rect.width() * share.share as f32).min(rect.max.x);
        ui.painter().rect_filled(
            Rect::from_min_max(pos2(left, rect.min.y), pos2(right, rect.max.y)),
            0.0,
            style::of_state_named(&share.state),
        );
        left = right;
    }
    let told: Vec<String> = states.iter().map(|share| format!("{}  {:.1} %", share.state, share.share * 100.0)).collect();
    response.on_hover_text(told.join("\n"));
}

fn of_part(ui: &mut Ui, session: &mut Session, scene: &Scene, id: PartId) {
    let name = name_of(scene, Seen::Part(id));
    let Some(part) = session.moment.part(id).copied() else {
        ui.label(RichText::new(name).heading());
        ui.weak("It is not in the line at this time.");
        return;
    };
    let part_type = &scene.part_types[part.part_type.index()];
    heading(ui, session, &name, &part_type.name);
    let speed = session.picture().and_then(|picture| {
        let (before, now) = (&picture.previous.moment, &picture.latest.moment);
        let seconds = now.now.since(before.now).as_seconds();
        let (from, to) = (before.part(id)?.place.position_m, now.part(id)?.place.position_m);
        let way = (0..3).map(|axis| f64::from(to[axis] - from[axis]).powi(2)).sum::<f64>().sqrt();
        (seconds > 0.0).then(|| way / seconds)
    });
    let size = session.picture().map(|picture| {
        let [low, high] = picture.stage.scenery.meshes[picture.stage.scenery.look(part.part_type, part.variant).mesh].bounds();
        std::array::from_fn::<f32, 3, _>(|axis| (high[axis] - low[axis]) * part.scale[axis])
    });
    grid("part").show(ui, |ui| {
        let [x, y, z] = part.place.position_m;
        row(ui, "place", format!("{x:.3}, {y:.3}, {z:.3} m"));
        if let Some(speed) = speed {
            row(ui, "speed", format!("{speed:.3} m/s"));
        }
        if let Some([l, w, h]) = size {
            row(ui, "size", format!("{l:.3} x {w:.3} x {h:.3} m"));
        }
        if let Some(holder) = part.inside {
            row(ui, "inside", name_of(scene, Seen::Part(holder)));
        }
    });
    if let Some(holder) = part.inside
        && ui.button("Select what holds it").clicked()
    {
        session.select(Some(Seen::Part(holder)));
    }
}

/// What stands before the field's name in a path: `belt 1.` or `"b.1".`.
fn prefix_of(name: &str) -> String {
    if name.contains(['.', '=', '"']) { format!("{}.", serde_json::to_string(name).unwrap_or_default()) } else { format!("{name}.") }
}

fn fields(ui: &mut Ui, session: &mut Session, scene: &Scene, id: ElementId) {
    let name = &scene.element(id).name;
    let prefix = prefix_of(name);
    let inputs: Vec<&Input> = scene.inputs.iter().filter(|input| input.path.starts_with(&prefix)).collect();
    style::section(ui, "Fields");
    let can_edit = session.edits.is_some() && !session.looks_at_branch;
    if can_edit && let Some(Placing::Derived { reason }) = session.edits.as_ref().and_then(|edits| edits.placing(name)) {
        ui.label(RichText::new(reason).size(11.0).weak());
    }
    let mut set = None;
    let mut removed = None;
    grid("fields").show(ui, |ui| {
        for input in inputs {
            let (words, unit) = name_and_unit(&input.path[prefix.len()..]);
            let source = match &input.source {
                InputSource::File(place) => place.clone(),
                InputSource::Override => "set on the command line".to_string(),
                InputSource::Default => "not written: the default".to_string(),
            };
            let unit = if unit.is_empty() { String::new() } else { format!(" [{unit}]") };
            ui.label(RichText::new(format!("{words}{unit}")).weak()).on_hover_text(format!("{}\n{source}", input.path));
            if !can_edit {
                ui.label(&input.value);
                ui.end_row();
                continue;
            }
            let mut typed = session.typed.get(&input.path).unwrap_or(&input.value).clone();
            let is_default = input.source == InputSource::Default;
            let colour = if is_default { ui.visuals().weak_text_color() } else { ui.visuals().text_color() };
            let wide = ui.available_width().max(70.0);
            let edit =
                ui.add(TextEdit::singleline(&mut typed).desired_width(wide).text_color(colour).font(bevy_egui::egui::TextStyle::Monospace));
            if edit.changed() {
                session.typed.insert(input.path.clone(), typed.clone());
            }
            if edit.lost_focus() && typed != input.value && session.typed.contains_key(&input.path) {
                let takes_back = ui.input(|input| input.key_pressed(bevy_egui::egui::Key::Escape));
                if takes_back {
                    session.typed.remove(&input.path);
                } else {
                    set = Some((input.path.clone(), typed));
                }
            }
            if !is_default {
                edit.context_menu(|ui| {
                    if ui.button("Remove from the file: back to the default").clicked() {
                        removed = Some(input.path.clone());
                    }
                });
            }
            ui.end_row();
        }
    });
    if let Some((path, value)) = set
        && !session.set_field(&path, &value)
    {
        // As it was; the reason is shown over the line.
        session.typed.remove(&path);
    }
    if let Some(path) = removed {
        session.edit(json!({ "removed": path }), |editor, load| editor.apply(&[Change::remove(path)], load));
    }
}

fn history(ui: &mut Ui, session: &mut Session, selected: Seen) {
    style::section(ui, "History");
    let events = &session.played().events;
    let found: Vec<(linetwin_model::Time, String, bool)> = events
        .lines
        .iter()
        .rev()
        .filter(|line| line.concerns(selected))
        .take(HISTORY_MAX)
        .map(|line| (line.at, line.words.clone(), line.is_alarm))
        .collect();
    if found.is_empty() {
        ui.weak(format!("nothing since {}", clock(events.since.as_seconds())));
    }
    for (at, words, is_alarm) in found {
        ui.horizontal_wrapped(|ui| {
            if ui.link(RichText::new(clock(at.as_seconds())).monospace().size(11.0)).on_hover_text("go to this time").clicked() {
                session.seek(at);
            }
            let colour = if is_alarm { style::ALARM } else { ui.visuals().text_color() };
            ui.label(RichText::new(words).size(12.0).color(if is_alarm { colour } else { Color32::PLACEHOLDER }));
        });
    }
}
