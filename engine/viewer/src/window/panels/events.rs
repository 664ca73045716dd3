//! What happened, the newest first: alarms alone, or everything; a click goes to the time and selects where it was.

use crate::window::session::Session;
use crate::window::style::{self, clock};
use bevy_egui::egui::{RichText, ScrollArea, Ui};
use linetwin_sim::port::Seen;

pub fn ui(ui: &mut Ui, session: &mut Session) {
    ui.horizontal(|ui| {
        ui.selectable_value(&mut session.alarms_only, true, "Alarms");
        ui.selectable_value(&mut session.alarms_only, false, "All events");
        let events = &session.played().events;
        if events.since.0 > 0 {
            ui.weak(format!("since the jump to {}", clock(events.since.as_seconds())));
        }
        if events.gone > 0 {
            ui.weak(format!("{} older ones are not kept", events.gone));
        }
    });
    ui.separator();
    let alarms_only = session.alarms_only;
    let mut chosen = None;
    if alarms_only {
        let timeline = session.played().shown.timeline.clone();
        if timeline.bookmarks.is_empty() {
            ui.weak("no alarm so far");
        }
        rows(ui, timeline.bookmarks.len(), |ui, index| {
            let bookmark = &timeline.bookmarks[timeline.bookmarks.len() - 1 - index];
            let thing = bookmark.part.filter(|_| bookmark.element.is_none()).map(Seen::Part).or(bookmark.element.map(Seen::Element));
            if row(ui, bookmark.at.as_seconds(), &bookmark.words, true) {
                chosen = Some((bookmark.at, thing));
            }
        });
    } else {
        let lines = &session.played().events.lines;
        rows(ui, lines.len(), |ui, index| {
            let line = &lines[lines.len() - 1 - index];
            if row(ui, line.at.as_seconds(), &line.words, line.is_alarm) {
                chosen = Some((line.at, line.part.map(Seen::Part).or(line.element.map(Seen::Element))));
            }
        });
    }
    if let Some((at, thing)) = chosen {
        session.seek(at);
        session.select(thing);
    }
}

fn rows(ui: &mut Ui, count: usize, mut add: impl FnMut(&mut Ui, usize)) {
    let high = ui.text_style_height(&bevy_egui::egui::TextStyle::Body);
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, high, count, |ui, shown| shown.for_each(|index| add(ui, index)));
}

fn row(ui: &mut Ui, at_s: f64, words: &str, is_alarm: bool) -> bool {
    ui.horizontal(|ui| {
        let time = ui.link(RichText::new(clock(at_s)).monospace().size(12.0)).on_hover_text("go to this time");
        let text = RichText::new(words);
        ui.label(if is_alarm { text.color(style::ALARM) } else { text });
        time.clicked()
    })
    .inner
}
