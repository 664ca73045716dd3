//! The bar above: menus, transport controls, time.

use crate::cameras::built_in_names;
use crate::window::forces::told;
use crate::window::keys::{Action, BINDINGS};
use crate::window::overlays::Overlay;
use crate::window::session::{SPEEDS, Session};
use crate::window::settings::{Tab, usual_dock};
use crate::window::style::{self, clock};
use bevy_egui::egui::{Button, ComboBox, RichText, Ui, vec2};
use linetwin_run::playback::{Mode, Speed};

pub fn ui(ui: &mut Ui, session: &mut Session) {
    ui.horizontal(|ui| {
        menus(ui, session);
        ui.separator();
        transport(ui, session);
        ui.separator();
        times(ui, session);
        if session.branch.is_some() {
            ui.separator();
            branch(ui, session);
        }
        if !session.status().hand.is_empty() {
            ui.separator();
            hand(ui, session);
        }
    });
}

/// The keys of an action.
fn keys(action: Action) -> String {
    BINDINGS.iter().find(|binding| binding.action == action).map_or(String::new(), super::super::keys::Binding::keys)
}

fn item(ui: &mut Ui, session: &mut Session, words: &str, action: Action, enabled: bool) {
    if ui.add_enabled(enabled, Button::new(words).shortcut_text(keys(action))).clicked() {
        session.act(action);
    }
}

fn menus(ui: &mut Ui, session: &mut Session) {
    ui.menu_button("File", |ui| {
        let can_edit = session.edits.is_some();
        let (can_undo, can_redo) = session.edits.as_ref().map_or((false, false), |edits| (edits.can_undo(), edits.can_redo()));
        item(ui, session, "Save", Action::Save, can_edit);
        item(ui, session, "Reload", Action::Reload, can_edit);
        ui.separator();
        item(ui, session, "Undo", Action::Undo, can_undo);
        item(ui, session, "Redo", Action::Redo, can_redo);
        ui.separator();
        item(ui, session, "Screenshot", Action::Screenshot, true);
        item(ui, session, "Quit", Action::Quit, true);
    });
    ui.menu_button("View", |ui| {
        item(ui, session, "Frame", Action::Frame, true);
        item(ui, session, "Follow", Action::Follow, session.selected.is_some());
        let own = session.scene().map_or(Vec::new(), |scene| scene.cameras.iter().map(|camera| camera.name.clone()).collect());
        ui.menu_button("Cameras", |ui| {
            for (index, name) in built_in_names().map(str::to_string).chain(own).enumerate() {
                if ui.add(Button::new(name).shortcut_text(keys(Action::Look(index + 1)))).clicked() {
                    session.look_from(index + 1);
                }
            }
        });
        ui.separator();
        for overlay in Overlay::ALL {
            let mut on = session.settings.overlays.contains(&overlay);
            ui.horizontal(|ui| {
                if ui.checkbox(&mut on, overlay.title()).changed() {
                    session.act(Action::Show(overlay));
                }
                ui.weak(keys(Action::Show(overlay)));
            });
        }
        ui.separator();
        ui.menu_button("Panels", |ui| {
            for tab in Tab::ALL.into_iter().filter(|tab| *tab != Tab::Line) {
                let place = session.settings.dock.find_tab(&tab);
                let mut on = place.is_some();
                if ui.checkbox(&mut on, tab.title()).changed() {
                    match place {
                        Some(place) => _ = session.settings.dock.remove_tab(place),
                        None => session.settings.dock.push_to_first_leaf(tab),
                    }
                }
            }
            if ui.button("As they were at first").clicked() {
                session.settings.dock = usual_dock();
            }
        });
        item(ui, session, if session.settings.dark { "Light" } else { "Dark" }, Action::Theme, true);
        item(ui, session, "Larger text", Action::Larger, true);
        item(ui, session, "Smaller text", Action::Smaller, true);
    });
    ui.menu_button("Help", |ui| item(ui, session, "Keys", Action::Help, true));
}

fn transport(ui: &mut Ui, session: &mut Session) {
    let button = |ui: &mut Ui, sign: &str, words: &str, action: Action| {
        let button = Button::new(RichText::new(sign).size(15.0)).min_size(vec2(30.0, 26.0));
        ui.add(button).on_hover_text(format!("{words} ({})", keys(action))).clicked().then_some(action)
    };
    let plays = session.is_playing();
    let pressed = [
        button(ui, "⏮", "Back to the beginning", Action::ToBegin),
        button(ui, if plays { "⏸" } else { "▶" }, if plays { "Pause" } else { "Play" }, Action::TogglePlay),
        button(ui, "⏭", "One step", Action::Step),
    ];
    pressed.into_iter().flatten().for_each(|action| session.act(action));
    let now = session.status().speed;
    ComboBox::from_id_salt("speed").selected_text(speed_words(now)).width(64.0).show_ui(ui, |ui| {
        let all = SPEEDS.map(Speed::Times).into_iter().chain([Speed::AsFastAsPossible]);
        for speed in all {
            if ui.selectable_label(speed == now, speed_words(speed)).clicked() {
                session.set_speed(speed);
            }
        }
    });
}

fn speed_words(speed: Speed) -> String {
    match speed {
        Speed::Times(times) => format!("{times}x"),
        Speed::AsFastAsPossible => "max".to_string(),
    }
}

fn times(ui: &mut Ui, session: &Session) {
    let status = session.status();
    ui.label(RichText::new(clock(status.now.as_seconds())).monospace().size(16.0).strong());
    if let Some(end) = status.end {
        ui.weak(format!("of {}", clock(end.as_seconds())));
    }
    let (words, colour) = match status.mode {
        Mode::Paused => ("paused".to_string(), ui.visuals().weak_text_color()),
        Mode::Playing if status.real_time_factor > 0.0 => (format!("running at {:.2}x", status.real_time_factor), style::ACCENT),
        Mode::Playing => ("running".to_string(), style::ACCENT),
        Mode::Seeking { to } => (format!("on the way to {}", clock(to.as_seconds())), style::SELECTED),
        Mode::Failed => ("stopped".to_string(), style::ALARM),
    };
    ui.colored_label(colour, words);
}

/// A line with a hand on it is another one than was opened.
fn hand(ui: &mut Ui, session: &mut Session) {
    let hand = session.status().hand.clone();
    let step = session.scene().map(|scene| scene.step);
    let lines: Vec<String> = hand
        .iter()
        .map(|input| {
            let at = step.map_or(String::new(), |step| clock(step.time_of(input.step).as_seconds()));
            format!("{at}  {} {}", input.point, input.force.map_or("released".to_string(), told))
        })
        .collect();
    ui.label(RichText::new("what-if: forced by hand").color(style::FORCED).strong()).on_hover_text(lines.join("\n"));
    if ui.button("Take back").on_hover_text("to this time of the line without a hand on it").clicked() {
        session.let_go();
    }
}

fn branch(ui: &mut Ui, session: &mut Session) {
    let base = ui.selectable_label(!session.looks_at_branch, "base");
    let words = session.branch.as_ref().map_or(String::new(), |branch| branch.changes.join(", "));
    let what_if = ui.selectable_label(session.looks_at_branch, "what-if").on_hover_text(words);
    if base.clicked() || what_if.clicked() {
        session.looks_at_branch = what_if.clicked();
        session.select(None);
    }
    if ui.button("Close what-if").clicked() {
        session.close_branch();
    }
}
