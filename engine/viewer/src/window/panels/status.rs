//! The bar below: what is played, where it stands, how it goes.

use crate::window::session::Session;
use crate::window::style;
use bevy_egui::egui::{Align, Layout, RichText, Ui};

pub fn ui(ui: &mut Ui, session: &mut Session) {
    let status = session.status().clone();
    let small = |words: String| RichText::new(words).size(11.5);
    ui.horizontal(|ui| {
        let name = session.file.file_name().unwrap_or_default().display().to_string();
        let unsaved = if session.has_unsaved_edits() { " (unsaved edits)" } else { "" };
        ui.label(small(format!("{name}{unsaved}")));
        if !status.invalid_conditions.is_empty() {
            ui.colored_label(style::ALARM, small(format!("invalid: {}", status.invalid_conditions[0].kind)));
        }
        for problem in [&status.error, &status.device_failure].into_iter().flatten() {
            ui.colored_label(style::ALARM, small(problem.clone()));
        }
        if let Some(step) = status.contradicts_record_after {
            ui.colored_label(style::ALARM, small(format!("differs from the record after step {step}")));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(small("? keys".to_string()));
            ui.separator();
            ui.label(small(format!("{} frames/s", session.frame_rate())));
            ui.separator();
            ui.label(small(format!("{} parts", session.moment.parts.len())));
            if !session.moment.grains.is_empty() {
                ui.separator();
                ui.label(small(format!("{} grains", session.moment.grains.len())));
            }
            ui.separator();
            let hash = status.state_hash.to_string();
            ui.label(small(format!("step {}   state {}", status.step, &hash[..8]))).on_hover_text(format!("hash of the state: {hash}"));
            let behind_s = status.behind.as_seconds();
            if behind_s > 1.0 {
                ui.separator();
                ui.label(small(format!("{behind_s:.0} s behind")))
                    .on_hover_text("simulated time that this machine lacked at the speed asked for");
            }
        });
    });
}
