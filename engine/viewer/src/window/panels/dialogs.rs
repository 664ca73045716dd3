//! What opens over the panels: the keys, what to do with unsaved edits, and what a what-if is to change.

use crate::window::keys::{BINDINGS, MOUSE};
use crate::window::session::{BranchDraft, Session};
use crate::window::style::ALARM;
use bevy_egui::egui::{self, Align2, ComboBox, Context, Grid, RichText, ScrollArea, TextEdit, Ui, vec2};
use linetwin_model::scene::Input;
use linetwin_run::playback::FORKABLE;

/// Escape closes what is open; `false`: nothing was.
pub fn close(session: &mut Session) -> bool {
    let dialogs = &mut session.dialogs;
    let was_open = dialogs.help || dialogs.quit || dialogs.branch.is_some();
    (dialogs.help, dialogs.quit, dialogs.branch) = (false, false, None);
    was_open
}

pub fn ui(context: &Context, session: &mut Session) {
    keys(context, session);
    branch(context, session);
    quit(context, session);
}

fn window(title: &str) -> egui::Window<'_> {
    egui::Window::new(title).collapsible(false).resizable(false).anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
}

fn keys(context: &Context, session: &mut Session) {
    let mut open = session.dialogs.help;
    if !open {
        return;
    }
    let high = (context.content_rect().height() - 120.0).max(80.0);
    window("Keys").open(&mut open).show(context, |ui| {
        ScrollArea::vertical().max_height(high).show(ui, |ui| {
            ui.horizontal_top(|ui| {
                let groups = ["Play", "Look", "Overlays", "Edit", "Window"];
                for column in [&groups[..2], &groups[2..]] {
                    ui.vertical(|ui| {
                        for group in column {
                            let rows =
                                BINDINGS.iter().filter(|binding| binding.group == *group).map(|binding| (binding.keys(), binding.words));
                            sheet(ui, group, rows.collect());
                        }
                        if column.contains(&"Edit") {
                            sheet(ui, "Mouse", MOUSE.iter().map(|(keys, words)| ((*keys).to_string(), *words)).collect());
                        }
                    });
                    ui.add_space(24.0);
                }
            });
        });
    });
    session.dialogs.help = open;
}

/// Keys that mean the same stand together.
fn sheet(ui: &mut Ui, title: &str, rows: Vec<(String, &str)>) {
    let mut joined: Vec<(String, &str)> = Vec::new();
    for (keys, words) in rows {
        match joined.iter_mut().find(|(_, known)| *known == words) {
            Some((known, _)) => *known = format!("{known}  {keys}"),
            None => joined.push((keys, words)),
        }
    }
    ui.add_space(6.0);
    ui.label(RichText::new(title).strong());
    Grid::new(title).num_columns(2).spacing([16.0, 3.0]).min_col_width(90.0).show(ui, |ui| {
        for (keys, words) in joined {
            ui.label(RichText::new(keys).monospace().size(12.0));
            ui.label(words);
            ui.end_row();
        }
    });
}

fn branch(context: &Context, session: &mut Session) {
    let Some(mut draft) = session.dialogs.branch.take() else { return };
    let (mut open, mut goes) = (true, false);
    let fields = session.scene().map_or(Vec::new(), |scene| forkable(&scene.inputs));
    window("Branch from here").open(&mut open).show(context, |ui| {
        ui.set_max_width(460.0);
        ui.label("The line goes on from this moment with these fields changed, beside the one that goes on as it was.");
        ui.label(RichText::new("What can change is what is drawn anew each time: rates, work, failures, repairs.").size(11.0).weak());
        ui.add_space(6.0);
        Grid::new("changes").num_columns(3).spacing([8.0, 6.0]).show(ui, |ui| {
            ui.weak("field");
            ui.weak("value");
            ui.end_row();
            let mut dropped = None;
            for (index, [path, value]) in draft.changes.iter_mut().enumerate() {
                let chosen = if path.is_empty() { "choose a field" } else { path.as_str() };
                ComboBox::from_id_salt(("field", index)).selected_text(chosen).width(240.0).show_ui(ui, |ui| {
                    for (known, now) in &fields {
                        if ui.selectable_label(path == known, known).clicked() {
                            (*path, *value) = (known.clone(), now.clone());
                        }
                    }
                });
                ui.add_sized([150.0, 22.0], TextEdit::singleline(value));
                if ui.small_button("x").on_hover_text("drop this change").clicked() {
                    dropped = Some(index);
                }
                ui.end_row();
            }
            if let Some(index) = dropped {
                draft.changes.remove(index);
            }
        });
        if ui.small_button("Another change").clicked() {
            draft.changes.push(Default::default());
        }
        if let Some(error) = &draft.error {
            ui.colored_label(ALARM, error);
        }
        ui.add_space(6.0);
        goes = ui.button("Branch").clicked() || ui.input(|input| input.key_pressed(egui::Key::Enter));
    });
    if goes {
        draft.error = None;
        let written = draft.changes.iter().filter(|[path, _]| !path.trim().is_empty());
        session.branch_with(written.map(|[path, value]| format!("{}={}", path.trim(), value.trim())).collect());
    }
    session.dialogs.branch = open.then_some(BranchDraft { ..draft });
}

/// Fields that a what-if can change, as they are.
fn forkable(inputs: &[Input]) -> Vec<(String, String)> {
    let may = |input: &&Input| input.path.rsplit('.').any(|name| FORKABLE.contains(&name));
    inputs.iter().filter(may).map(|input| (input.path.clone(), input.value.clone())).collect()
}

fn quit(context: &Context, session: &mut Session) {
    if !session.dialogs.quit {
        return;
    }
    window("Unsaved edits").show(context, |ui| {
        ui.label("The scene was edited, and the edits are not in its file.");
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if ui.button("Save and quit").clicked() {
                session.quits = session.save();
                session.dialogs.quit = session.quits;
            }
            if ui.button("Quit without saving").clicked() {
                session.quits = true;
            }
            if ui.button("Stay").clicked() {
                session.dialogs.quit = false;
            }
        });
    });
}
