//! What there is: elements with their state, and parts in the line; searched by name.

use crate::window::events::part_name;
use crate::window::keys::Action;
use crate::window::session::Session;
use crate::window::style;
use bevy_egui::egui::{Align, Layout, RichText, ScrollArea, TextEdit, Ui};
use linetwin_sim::port::Seen;

/// Parts are told up to here; search finds the others.
const PARTS_MAX: usize = 300;

pub fn ui(ui: &mut Ui, session: &mut Session) {
    let search = TextEdit::singleline(&mut session.search).hint_text("search by name or kind").desired_width(f32::INFINITY);
    let search = ui.add(search);
    if session.seeks_search {
        if search.has_focus() {
            session.seeks_search = false;
            session.journal.tell("searching", serde_json::json!({}));
        } else {
            search.request_focus();
        }
    }
    let Some(scene) = session.scene().cloned() else { return };
    let wanted = session.search.to_lowercase();
    let fits = |name: &str, kind: &str| wanted.is_empty() || name.to_lowercase().contains(&wanted) || kind.to_lowercase().contains(&wanted);
    let mut chosen = None;
    let row = |ui: &mut Ui, thing: Seen, name: &str, kind: &str, dot| {
        let response = ui
            .horizontal(|ui| {
                style::dot(ui, dot);
                let label = ui.selectable_label(session.selected == Some(thing), name);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(RichText::new(kind).size(11.0).weak()));
                label
            })
            .inner;
        (response.clicked() || response.double_clicked()).then(|| (thing, response.double_clicked()))
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        style::section(ui, "Elements");
        let mut first = None;
        for id in scene.element_ids() {
            let element = scene.element(id);
            if fits(&element.name, &element.family) {
                first.get_or_insert(Seen::Element(id));
                let state = session.moment.states.get(id.index()).copied();
                let colour = state.map_or(ui.visuals().weak_text_color(), style::of_state);
                chosen = row(ui, Seen::Element(id), &element.name, &element.family, colour).or(chosen);
            }
        }
        style::section(ui, "Parts in the line");
        let mut shown = 0;
        for part in &session.moment.parts {
            let (name, kind) = (part_name(&scene, part.id), scene.part_types[part.part_type.index()].name.as_str());
            if !fits(&name, kind) {
                continue;
            }
            first.get_or_insert(Seen::Part(part.id));
            shown += 1;
            if shown <= PARTS_MAX {
                let colour = session.picture().map(|picture| picture.stage.scenery.look(part.part_type, part.variant).colour);
                let colour = colour.map_or(bevy_egui::egui::Color32::GRAY, style::colour);
                chosen = row(ui, Seen::Part(part.id), &name, kind, colour).or(chosen);
            }
        }
        if shown > PARTS_MAX {
            ui.weak(format!("and {} more", shown - PARTS_MAX));
        } else if shown == 0 {
            ui.weak("none");
        }
        // Enter takes the first that was found.
        if search.lost_focus() && ui.input(|input| input.key_pressed(bevy_egui::egui::Key::Enter)) {
            chosen = first.map(|thing| (thing, true));
        }
    });
    if let Some((thing, frames)) = chosen {
        session.select(Some(thing));
        if frames {
            session.act(Action::Frame);
        }
    }
}
