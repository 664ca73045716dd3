//! The time that there is, from the beginning to the end: where it stands, what is known, alarms; a drag goes to any moment.

use crate::window::keys::Action;
use crate::window::session::Session;
use crate::window::style::{self, ALARM, clock};
use bevy_egui::egui::{Align2, Color32, FontId, Rect, Sense, Stroke, Ui, pos2, vec2};
use linetwin_model::Time;
use linetwin_run::playback::{Bookmark, BookmarkKind};
use linetwin_sim::view::Colour;

/// Alarms are under the pointer when so near [points].
const NEAR: f32 = 5.0;

pub fn colour_of(kind: BookmarkKind) -> Color32 {
    match kind {
        BookmarkKind::Jam => style::colour(Colour::ORANGE),
        BookmarkKind::Drop | BookmarkKind::Incident => style::colour(Colour::REDDISH_PURPLE),
        BookmarkKind::Misroute => style::colour(Colour::SKY_BLUE),
        BookmarkKind::Failure | BookmarkKind::Invalid => ALARM,
        BookmarkKind::Stall => style::colour(Colour::BLUE),
    }
}

pub fn ui(ui: &mut Ui, session: &mut Session) {
    ui.horizontal(|ui| {
        let button = ui.button("Branch from here").on_hover_text("goes on from this moment with other numbers, beside this line (B)");
        if button.clicked() {
            session.act(Action::Branch);
        }
        let wide = (ui.available_width() - 4.0).max(20.0);
        bar(ui, session, wide);
    });
}

fn bar(ui: &mut Ui, session: &mut Session, wide: f32) {
    let (whole, response) = ui.allocate_exact_size(vec2(wide, 34.0), Sense::click_and_drag());
    let track = Rect::from_min_max(whole.min + vec2(6.0, 4.0), pos2(whole.max.x - 6.0, whole.min.y + 18.0));
    let status = session.status().clone();
    let begin_s = status.begin.as_seconds();
    // Without an end there is always some way to go.
    let known_s = status.known_until.as_seconds().max(status.now.as_seconds());
    let end_s = status.end.map_or_else(|| nice_end(known_s), Time::as_seconds).max(begin_s + 1.0);
    let x_of = |at_s: f64| track.min.x + track.width() * ((at_s - begin_s) / (end_s - begin_s)).clamp(0.0, 1.0) as f32;
    let time_at = |x: f32| begin_s + f64::from(((x - track.min.x) / track.width()).clamp(0.0, 1.0)) * (end_s - begin_s);
    let painter = ui.painter_at(whole);
    let visuals = ui.visuals().clone();
    painter.rect_filled(track, 3.0, visuals.extreme_bg_color);
    painter.rect_filled(Rect::from_min_max(track.min, pos2(x_of(known_s), track.max.y)), 3.0, visuals.widgets.inactive.bg_fill);
    painter.rect_filled(
        Rect::from_min_max(track.min, pos2(x_of(status.now.as_seconds()), track.max.y)),
        3.0,
        style::ACCENT.gamma_multiply(0.55),
    );
    let step_s = tick_s(end_s - begin_s, track.width());
    let mut at_s = (begin_s / step_s).ceil() * step_s;
    while at_s <= end_s {
        let x = x_of(at_s);
        painter.line_segment([pos2(x, track.max.y), pos2(x, track.max.y + 3.0)], Stroke::new(1.0, visuals.weak_text_color()));
        let align = if x + 30.0 > whole.max.x {
            Align2::RIGHT_TOP
        } else if x - 30.0 < whole.min.x {
            Align2::LEFT_TOP
        } else {
            Align2::CENTER_TOP
        };
        painter.text(pos2(x, track.max.y + 2.0), align, short(at_s), FontId::proportional(10.0), visuals.weak_text_color());
        at_s += step_s;
    }
    let timeline = session.played().shown.timeline.clone();
    let mut last_x = f32::NEG_INFINITY;
    for bookmark in &timeline.bookmarks {
        let x = x_of(bookmark.at.as_seconds());
        // Of many at one pixel, one is seen.
        if x - last_x >= 1.0 {
            painter.line_segment([pos2(x, track.min.y), pos2(x, track.max.y)], Stroke::new(2.0, colour_of(bookmark.kind)));
            last_x = x;
        }
    }
    if let Some(step) = session.scene().map(|scene| scene.step) {
        for input in status.hand.iter() {
            let x = x_of(step.time_of(input.step).as_seconds());
            painter.line_segment([pos2(x, track.min.y - 4.0), pos2(x, track.max.y)], Stroke::new(2.0, style::FORCED));
        }
    }
    if let Some(branch) = session.branch.as_ref().filter(|_| !session.looks_at_branch) {
        let x = x_of(branch.begin.as_seconds());
        painter.line_segment([pos2(x, track.min.y - 4.0), pos2(x, track.max.y)], Stroke::new(1.5, style::colour(Colour::ORANGE)));
    }
    let x = x_of(status.now.as_seconds());
    painter.line_segment([pos2(x, track.min.y - 3.0), pos2(x, track.max.y + 3.0)], Stroke::new(2.0, visuals.strong_text_color()));
    painter.circle_filled(pos2(x, track.min.y - 1.0), 4.0, visuals.strong_text_color());
    let Some(pointer) = response.hover_pos().or(response.interact_pointer_pos()) else { return };
    let near = timeline.bookmarks.iter().filter(|bookmark| (x_of(bookmark.at.as_seconds()) - pointer.x).abs() < NEAR);
    let near: Vec<&Bookmark> = near.take(8).collect();
    if response.clicked() || response.dragged() {
        let at = match near.first().filter(|_| response.clicked()) {
            Some(bookmark) => bookmark.at,
            None => Time::from_seconds(time_at(pointer.x)),
        };
        session.seek(at);
    }
    let mut words = vec![clock(time_at(pointer.x))];
    words.extend(near.iter().map(|bookmark| format!("{}  {}", clock(bookmark.at.as_seconds()), bookmark.words)));
    response.on_hover_text_at_pointer(words.join("\n"));
}

/// The next round time after what is known, with some way to go [s].
fn nice_end(known_s: f64) -> f64 {
    const ENDS_S: [f64; 12] = [60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 57_600.0, 86_400.0];
    ENDS_S.into_iter().find(|end_s| *end_s > known_s * 1.1).unwrap_or_else(|| (known_s * 1.1 / 86_400.0).ceil() * 86_400.0)
}

/// Between two ticks, so that their times can be read [s].
fn tick_s(span_s: f64, wide: f32) -> f64 {
    const STEPS_S: [f64; 14] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14_400.0, 86_400.0];
    let least_s = span_s * 64.0 / f64::from(wide.max(64.0));
    STEPS_S.into_iter().find(|step_s| *step_s >= least_s).unwrap_or_else(|| (least_s / 86_400.0).ceil() * 86_400.0)
}

fn short(at_s: f64) -> String {
    let whole = at_s.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02} h", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_way_to_go_and_ticks_can_be_read() {
        for known_s in [0.0, 59.0, 3_000.0, 90_000.0, 1e6] {
            let end_s = nice_end(known_s);
            assert!(end_s > known_s, "{known_s}: {end_s}");
            let ticks = end_s / tick_s(end_s, 800.0);
            assert!((1.0..13.0).contains(&ticks), "{end_s}: {ticks}");
        }
        assert_eq!((short(30.0), short(90.0), short(7_260.0)), ("30 s".to_string(), "1:30".to_string(), "2:01 h".to_string()));
    }
}
