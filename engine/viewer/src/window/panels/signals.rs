//! The I/O points of the selected element: what each says, and a hand that forces it.

use crate::window::forces::{Wire, told};
use crate::window::session::Session;
use crate::window::style;
use bevy_egui::egui::{Button, Grid, RichText, TextEdit, Ui, vec2};
use linetwin_model::scene::ElementId;
use linetwin_sim::io::{IoDirection, IoValue, Signal};

pub fn ui(ui: &mut Ui, session: &mut Session, element: ElementId, name: &str) {
    let wires = session.wires(element);
    if wires.is_empty() {
        return;
    }
    style::section(ui, "Signals");
    let can_force = session.can_force();
    if !can_force {
        ui.label(RichText::new("A recorded run stays as it was: branch from here to force a signal there.").size(11.0).weak());
    }
    let mut asked = None;
    Grid::new("signals").num_columns(3).spacing([10.0, 4.0]).show(ui, |ui| {
        for wire in &wires {
            row(ui, session, wire, name, can_force, &mut asked);
            ui.end_row();
        }
    });
    if let Some((point, force)) = asked {
        session.force(&point, force);
    }
}

type Asked = Option<(String, Option<IoValue>)>;

fn row(ui: &mut Ui, session: &mut Session, wire: &Wire, element: &str, can_force: bool, asked: &mut Asked) {
    let short = wire.name.strip_prefix(element).map_or(wire.name.as_str(), |rest| rest.trim_start_matches(['.', ' ']));
    let is_forced = wire.now.force.is_some();
    let way = match wire.signal.direction() {
        IoDirection::Output => "an output: from the controller to the device",
        IoDirection::Input => "an input: from the device to the controller",
    };
    let unit = if matches!(wire.signal, Signal::Speed(_)) { " [m/s]" } else { "" };
    let words = RichText::new(format!("{short}{unit}"));
    ui.label(if is_forced { words.color(style::FORCED).strong() } else { words.weak() }).on_hover_text(format!("{}\n{way}", wire.name));
    let own = if wire.signal.is_pulse() && !is_forced { "pulses".to_string() } else { told(wire.now.own) };
    match wire.now.force {
        Some(force) => ui
            .label(RichText::new(format!("{} (forced)", told(force))).color(style::FORCED).strong())
            .on_hover_text(format!("without the force: {own}")),
        None => ui.label(own),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        if let Signal::Speed(_) = wire.signal {
            speed(ui, session, wire, can_force, asked);
        } else {
            for (words, value) in [("on", true), ("off", false)] {
                // A pulse names a part, which nobody outside can make up.
                if value && wire.signal.is_pulse() {
                    continue;
                }
                let on = wire.now.force == Some(IoValue::Bool(value));
                let button = Button::new(RichText::new(words).size(11.0)).selected(on).min_size(vec2(26.0, 18.0));
                if ui.add_enabled(can_force, button).on_hover_text("force it").clicked() {
                    *asked = Some((wire.name.clone(), Some(IoValue::Bool(value))));
                }
            }
        }
        let button = Button::new(RichText::new("release").size(11.0)).min_size(vec2(26.0, 18.0));
        if is_forced && ui.add_enabled(can_force, button).on_hover_text("let go of it").clicked() {
            *asked = Some((wire.name.clone(), None));
            session.typed.remove(&wire.name);
        }
    });
}

fn speed(ui: &mut Ui, session: &mut Session, wire: &Wire, can_force: bool, asked: &mut Asked) {
    let known = told(wire.now.force.unwrap_or(wire.now.own));
    let mut typed = session.typed.get(&wire.name).unwrap_or(&known).clone();
    // What has no drive cannot be told to turn.
    let edit = ui.add_enabled(can_force && wire.now.own != IoValue::Number(0.0), TextEdit::singleline(&mut typed).desired_width(52.0));
    if edit.changed() {
        session.typed.insert(wire.name.clone(), typed.clone());
    }
    if edit.lost_focus() && session.typed.remove(&wire.name).is_some() && typed != known {
        match typed.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => *asked = Some((wire.name.clone(), Some(IoValue::Number(number)))),
            _ => session.toast(format!("`{typed}` is no speed in m/s: {} stays as it is", wire.name), true),
        }
    }
}
