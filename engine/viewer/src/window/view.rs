//! The rectangle in which the line is seen: the mouse and held keys move the camera, pick and drag, and marks are painted over it.

use super::gizmo::{self, Handle};
use super::keys::{Action, WALK};
use super::overlays::{Overlay, Projector, apart, axes, box_edges, depth_m, flow_arrows, heat_colour, surface_of};
use super::pick::{Ray, middle_of, pick};
use super::session::{Drag, Session};
use super::style::{self, ALARM, AXIS_COLOURS, SELECTED};
use super::touches;
use crate::cameras::Camera;
use bevy_egui::egui::{Align2, Color32, FontId, Painter, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, pos2, vec2};
use linetwin_model::edit::{Placing, entry_at};
use linetwin_model::geometry::{Vec3, add, scale};
use linetwin_model::scene::ElementId;
use linetwin_run::playback::Picture;
use linetwin_sim::event::ElementState;
use linetwin_sim::port::Seen;

/// Angle of a drag over the picture's height [rad].
const ORBIT: f64 = 2.4;
/// Of one notch of the wheel.
const ZOOM_PER_POINT: f64 = 0.0022;
/// Way of a walk over the distance to what is gone around [1/s].
const WALK_PER_S: f64 = 0.6;

pub fn ui(ui: &mut Ui, session: &mut Session) {
    let rect = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    session.rectangle = (rect.width() >= 2.0 && rect.height() >= 2.0).then_some(rect);
    session.scale = ui.ctx().pixels_per_point();
    let Some(picture) = session.picture().cloned() else {
        let words = session.status().error.clone().unwrap_or_else(|| "putting the line together".to_string());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, FontId::proportional(16.0), ui.visuals().text_color());
        return;
    };
    if let Some(texture) = session.texture {
        ui.painter().image(texture, rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
    }
    let camera = session.camera.clone();
    let projector = Projector { camera: &camera, size: session.size(), rect, scale: session.scale };
    let grip = grip_of(session);
    let is_on_gizmo = drag_gizmo(&response, session, &projector, grip);
    if !is_on_gizmo {
        move_camera(ui, &response, session);
        select(&response, session, &picture, &projector);
    }
    let painter = ui.painter_at(rect);
    paint_overlays(&painter, session, &picture, &projector);
    paint_selection(&painter, session, &projector, grip);
    paint_problem(&painter, session, &picture, &projector);
    paint_triad(&painter, &camera, rect);
    paint_toast(&painter, session, rect);
}

/// Where the gizmo is, and whether it turns; `None`: nothing can be moved.
fn grip_of(session: &Session) -> Option<(Vec3, bool)> {
    let ((_, name), edits) = (session.selected_element()?, session.edits.as_ref()?);
    if session.looks_at_branch {
        return None;
    }
    match edits.placing(&name)? {
        Placing::Free { position_m, heading_deg } => Some((position_m, heading_deg.is_some())),
        Placing::Derived { .. } => None,
    }
}

/// `true`: the pointer is the gizmo's.
fn drag_gizmo(response: &Response, session: &mut Session, projector: &Projector<'_>, grip: Option<(Vec3, bool)>) -> bool {
    let Some((at_m, turns)) = grip else {
        session.drag = None;
        return false;
    };
    let coarse = response.ctx.input(|input| input.modifiers.shift);
    let origin = response.ctx.input(|input| input.pointer.press_origin());
    if response.drag_started_by(PointerButton::Primary)
        && let Some(origin) = origin
        && let Some(handle) = gizmo::handle_at(projector, at_m, turns, origin)
    {
        session.drag = gizmo::place_on(projector, at_m, handle, origin).map(|from| Drag { handle, from, by: 0.0 });
    }
    let Some(mut drag) = session.drag else { return false };
    if let Some(to) = response.interact_pointer_pos().and_then(|pointer| gizmo::place_on(projector, at_m, drag.handle, pointer)) {
        drag.by = gizmo::travel(drag.handle, drag.from, to, coarse);
        session.drag = Some(drag);
    }
    if response.drag_stopped() {
        session.drag = None;
        match drag.handle {
            _ if drag.by == 0.0 => {}
            Handle::Axis(axis) => session.move_selected(scale(gizmo::AXES[axis], drag.by)),
            Handle::Ring => session.turn_selected(drag.by),
        }
    }
    true
}

fn move_camera(ui: &Ui, response: &Response, session: &mut Session) {
    let (size, rect) = (session.size(), response.rect);
    let over = f64::from(rect.height().max(1.0));
    let moved = response.drag_delta();
    let (right, up) = (f64::from(moved.x) / over, f64::from(-moved.y) / over);
    if response.dragged_by(PointerButton::Primary) {
        session.orbit.turn(-right * ORBIT, -up * ORBIT);
    } else if response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle) {
        session.orbit.shift(-right, -up, size);
    }
    let Some(pointer) = response.hover_pos() else { return };
    let (wheel, held, seconds) = ui.ctx().input(|input| {
        let held = WALK.iter().filter(|(key, _)| input.key_down(*key) && !input.modifiers.any()).map(|(_, way)| *way);
        (input.smooth_scroll_delta().y, held.fold([0.0; 3], add), f64::from(input.stable_dt.min(0.1)))
    });
    if wheel != 0.0 {
        let towards = [f64::from(pointer.x - rect.center().x) / over, f64::from(rect.center().y - pointer.y) / over];
        session.orbit.zoom((f64::from(wheel) * ZOOM_PER_POINT).exp(), towards, size);
    }
    if held != [0.0; 3] && !ui.ctx().egui_wants_keyboard_input() {
        session.orbit.walk(held.map(|way| way * WALK_PER_S * seconds));
    }
}

fn select(response: &Response, session: &mut Session, picture: &Picture, projector: &Projector<'_>) {
    if !(response.clicked() || response.double_clicked()) {
        return;
    }
    let Some(pointer) = response.interact_pointer_pos() else { return };
    let ray = Ray::through(projector.camera, projector.pixel(pointer), projector.size);
    let met = pick(&picture.stage.scenery, &session.moment, &ray).map(|(thing, _)| thing);
    session.select(met);
    if response.double_clicked() && met.is_some() {
        session.act(Action::Frame);
    }
}

pub fn line(painter: &Painter, projector: &Projector<'_>, ends: [Vec3; 2], stroke: Stroke) {
    if let Some(ends) = projector.segment(ends[0], ends[1]) {
        painter.line_segment(ends, stroke);
    }
}

fn paint_overlays(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let (scene, scenery) = (&picture.stage.scene, &picture.stage.scenery);
    let shows = |overlay: Overlay| session.settings.overlays.contains(&overlay);
    if shows(Overlay::Heat) {
        paint_heat(painter, session, picture, projector);
    }
    if shows(Overlay::Flow) {
        for arrow in flow_arrows(scene, &session.moment) {
            let Some(points) = projector.polygon(&arrow) else { continue };
            painter.line(points.clone(), Stroke::new(4.0, Color32::from_black_alpha(140)));
            painter.line(points, Stroke::new(2.2, style::colour(linetwin_sim::view::Colour::SKY_BLUE)));
        }
    }
    if shows(Overlay::Colliders)
        && let Some(wires) = &session.wires
    {
        let stroke = Stroke::new(1.0, style::colour(linetwin_sim::view::Colour::REDDISH_PURPLE));
        wires.lines(scenery, &session.moment).into_iter().for_each(|ends| line(painter, projector, ends, stroke));
        for part in &session.moment.parts {
            if let Some(corners) = super::pick::box_about(scenery, &session.moment, Seen::Part(part.id)) {
                box_edges(&corners).into_iter().for_each(|ends| line(painter, projector, ends, stroke));
            }
        }
    }
    if shows(Overlay::Axes) {
        for (from, to, axis) in axes(scene, 0.35) {
            line(painter, projector, [from, to], Stroke::new(2.0, AXIS_COLOURS[axis]));
        }
    }
    touches::paint(painter, session, picture, projector);
    if shows(Overlay::Jams) {
        paint_jams(painter, session, picture, projector);
    }
    if shows(Overlay::Names) {
        paint_names(painter, session, picture, projector);
    }
    touches::paint_forced(painter, session, picture, projector);
}

fn paint_heat(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let Some(report) = &session.played().shown.report else { return };
    let mut labels: Vec<(Pos2, String, f64)> = Vec::new();
    for (id, corners) in &session.boxes {
        let Some(element) = report.elements.get(id.index()).filter(|element| !element.states.is_empty()) else { continue };
        let share = element.states.iter().find(|share| share.state == "processing").map_or(0.0, |share| share.share);
        let [r, g, b] = heat_colour(share);
        for piece in surface_of(&picture.stage.scene, *id, corners) {
            if let Some(points) = projector.polygon(&piece) {
                painter.add(Shape::convex_polygon(points, Color32::from_rgba_unmultiplied(r, g, b, 190), Stroke::NONE));
            }
        }
        let top = scale(add(corners[4], corners[7]), 0.5);
        if let Some(at) = projector.point(top) {
            labels.push((at, format!("{:.0} %", share * 100.0), depth_m(projector.camera, top)));
        }
    }
    labels.sort_by(|a, b| a.2.total_cmp(&b.2));
    let rows: Vec<(Pos2, String, Option<Color32>)> = labels.into_iter().map(|(at, words, _)| (at, words, None)).collect();
    paint_labels(painter, &rows);
    let window = &report.window;
    paint_legend(
        painter,
        projector.rect,
        if window.duration_s > 0.0 { "busy".to_string() } else { format!("busy: from {:.0} s on", window.start_s) },
    );
}

/// What the colours of the heat map mean.
fn paint_legend(painter: &Painter, rect: Rect, words: String) {
    let (wide, high) = (140.0, 10.0);
    let at = pos2(rect.max.x - wide - 16.0, rect.max.y - 40.0);
    painter.rect_filled(Rect::from_min_size(at - vec2(8.0, 18.0), vec2(wide + 16.0, high + 40.0)), 4.0, Color32::from_black_alpha(150));
    painter.text(at - vec2(0.0, 3.0), Align2::LEFT_BOTTOM, words, FontId::proportional(11.0), Color32::WHITE);
    for step in 0..28 {
        let [r, g, b] = heat_colour(f64::from(step) / 27.0);
        let left = at.x + wide * step as f32 / 28.0;
        painter.rect_filled(Rect::from_min_size(pos2(left, at.y), vec2(wide / 28.0 + 0.5, high)), 0.0, Color32::from_rgb(r, g, b));
    }
    for (share, align) in [(0.0, Align2::LEFT_TOP), (1.0, Align2::RIGHT_TOP)] {
        painter.text(
            at + vec2(wide * share, high + 2.0),
            align,
            format!("{:.0} %", share * 100.0),
            FontId::proportional(10.0),
            Color32::WHITE,
        );
    }
}

fn paint_jams(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let mut rows = Vec::new();
    for (id, corners) in &session.boxes {
        let state = session.moment.states.get(id.index()).copied().unwrap_or(ElementState::Idle);
        if matches!(state, ElementState::Jammed | ElementState::Down) {
            box_edges(corners).into_iter().for_each(|ends| line(painter, projector, ends, Stroke::new(2.0, style::of_state(state))));
            if let Some(at) = projector.point(scale(add(corners[4], corners[7]), 0.5)) {
                rows.push((at, format!("{}: {}", picture.stage.scene.element(*id).name, state.name()), Some(style::of_state(state))));
            }
        }
    }
    for (_, part) in session.played().events.jams.keys() {
        if let Some(corners) = super::pick::box_about(&picture.stage.scenery, &session.moment, Seen::Part(*part)) {
            box_edges(&corners).into_iter().for_each(|ends| line(painter, projector, ends, Stroke::new(2.5, ALARM)));
        }
    }
    paint_labels(painter, &rows);
}

fn paint_names(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let mut found: Vec<(f64, Pos2, ElementId)> = Vec::new();
    for (id, corners) in session.boxes.iter().filter(|(id, _)| session.selected != Some(Seen::Element(**id))) {
        let top = scale(add(corners[4], corners[7]), 0.5);
        if let Some(at) = projector.point(top) {
            found.push((depth_m(projector.camera, top), at, *id));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows: Vec<(Pos2, String, Option<Color32>)> = found
        .into_iter()
        .map(|(_, at, id)| {
            let state = session.moment.states.get(id.index()).copied();
            (at, picture.stage.scene.element(id).name.clone(), state.map(style::of_state))
        })
        .collect();
    paint_labels(painter, &rows);
}

/// Each on its own ground; where two would lie on each other, only the first.
pub fn paint_labels(painter: &Painter, rows: &[(Pos2, String, Option<Color32>)]) {
    let made: Vec<_> = rows
        .iter()
        .map(|(at, words, dot)| {
            let text = painter.layout_no_wrap(words.clone(), FontId::proportional(12.0), Color32::WHITE);
            let size = text.size() + vec2(if dot.is_some() { 24.0 } else { 12.0 }, 6.0);
            (Rect::from_center_size(*at - vec2(0.0, 12.0), size), text, *dot)
        })
        .collect();
    let shown = apart(&made.iter().map(|(rect, ..)| *rect).collect::<Vec<_>>());
    for ((rect, text, dot), _) in made.into_iter().zip(shown).filter(|(_, shown)| *shown) {
        painter.rect_filled(rect, 4.0, Color32::from_rgba_unmultiplied(22, 25, 30, 215));
        let mut left = rect.min.x + 6.0;
        if let Some(colour) = dot {
            painter.circle_filled(pos2(left + 4.0, rect.center().y), 4.0, colour);
            left += 12.0;
        }
        painter.galley(pos2(left, rect.min.y + 3.0), text, Color32::WHITE);
    }
}

fn paint_selection(painter: &Painter, session: &Session, projector: &Projector<'_>, grip: Option<(Vec3, bool)>) {
    let Some(corners) = session.marked() else { return };
    for ends in box_edges(&corners) {
        line(painter, projector, ends, Stroke::new(3.5, Color32::from_black_alpha(90)));
        line(painter, projector, ends, Stroke::new(1.6, SELECTED));
    }
    if let (Some(scene), Some(selected)) = (session.scene(), session.selected)
        && let Some(at) = projector.point(scale(add(corners[4], corners[7]), 0.5))
    {
        let state = if let Seen::Element(id) = selected { session.moment.states.get(id.index()).copied() } else { None };
        paint_labels(painter, &[(at - vec2(0.0, 14.0), super::session::name_of(scene, selected), state.map(style::of_state))]);
    }
    let Some((at_m, turns)) = grip else { return };
    // While it is dragged: where it will be.
    if let Some(drag) = session.drag {
        let moved = |point: Vec3| match drag.handle {
            Handle::Axis(axis) => add(point, scale(gizmo::AXES[axis], drag.by)),
            Handle::Ring => {
                let (sin, cos) = drag.by.to_radians().sin_cos();
                let [x, y] = [point[0] - at_m[0], point[1] - at_m[1]];
                [at_m[0] + cos * x - sin * y, at_m[1] + sin * x + cos * y, point[2]]
            }
        };
        for ends in box_edges(&corners.map(moved)) {
            line(painter, projector, ends, Stroke::new(1.5, style::ACCENT));
        }
    }
    for (handle, points) in gizmo::lines(projector, at_m, turns) {
        let is_dragged = session.drag.is_some_and(|drag| drag.handle == handle);
        let colour = if is_dragged { SELECTED } else { handle_colour(handle) };
        for pair in points.windows(2) {
            line(painter, projector, [pair[0], pair[1]], Stroke::new(3.0, colour));
        }
        if let (Handle::Axis(_), Some([from, to])) = (handle, projector.segment(points[0], points[1])) {
            painter.arrow(to - (to - from).normalized() * 0.1, (to - from).normalized() * 9.0, Stroke::new(3.0, colour));
        }
    }
    if let (Some(drag), Some(at)) = (session.drag, projector.point(at_m)) {
        let words = match drag.handle {
            Handle::Axis(axis) => format!("{} {:+.2} m", ["x", "y", "z"][axis], drag.by),
            Handle::Ring => format!("{:+.0} deg", drag.by),
        };
        paint_labels(painter, &[(at + vec2(0.0, 34.0), words, None)]);
    }
}

fn handle_colour(handle: Handle) -> Color32 {
    match handle {
        Handle::Axis(axis) => AXIS_COLOURS[axis],
        Handle::Ring => AXIS_COLOURS[2],
    }
}

/// What is wrong with the scene's file, where it can be seen: a banner, and a mark on the element that the text speaks of.
fn paint_problem(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let Some(trouble) = session.base.shown.trouble.clone().filter(|_| !session.looks_at_branch) else { return };
    let mut words = vec![trouble.what.clone()];
    for problem in trouble.diagnostics.iter().take(3) {
        let (row, column) = trouble.sources.line_column(problem.span.file, problem.span.start);
        let file = trouble.sources.file(problem.span.file);
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or(&file.name);
        words.push(format!("{name}:{row}:{column}: {}", problem.message));
        let named = entry_at(&file.name, &file.text, problem.span.start).and_then(|(_, name)| picture.stage.scene.element_named(&name));
        if let Some(corners) = named.and_then(|id| session.boxes.get(&id)) {
            box_edges(corners).into_iter().for_each(|ends| line(painter, projector, ends, Stroke::new(2.0, ALARM)));
            if let Some(at) = projector.point(middle_of(corners)) {
                paint_labels(painter, &[(at, format!("line {row}: {}", problem.message), Some(ALARM))]);
            }
        }
    }
    let more = trouble.diagnostics.len().saturating_sub(3);
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    let wide = projector.rect.width() - 48.0;
    let text = painter.layout(words.join("\n"), FontId::proportional(13.0), Color32::WHITE, wide);
    let rect = Rect::from_min_size(projector.rect.min + vec2(12.0, 12.0), text.size() + vec2(24.0, 14.0));
    painter.rect_filled(rect, 4.0, Color32::from_rgb(140, 58, 0));
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(4.0, rect.height())), 0.0, SELECTED);
    painter.galley(rect.min + vec2(14.0, 7.0), text, Color32::WHITE);
}

/// Which way is which, in the lower left corner.
fn paint_triad(painter: &Painter, camera: &Camera, rect: Rect) {
    let at = pos2(rect.min.x + 38.0, rect.max.y - 38.0);
    let mut axes: Vec<(usize, [f64; 3])> = (0..3).map(|axis| (axis, [camera.right[axis], camera.up[axis], camera.forward[axis]])).collect();
    axes.sort_by(|a, b| b.1[2].total_cmp(&a.1[2]));
    for (axis, [x, y, _]) in axes {
        let tip = at + vec2(x as f32, -y as f32) * 24.0;
        painter.line_segment([at, tip], Stroke::new(2.0, AXIS_COLOURS[axis]));
        painter.text(
            tip + vec2(x as f32, -y as f32) * 8.0,
            Align2::CENTER_CENTER,
            ["x", "y", "z"][axis],
            FontId::proportional(11.0),
            AXIS_COLOURS[axis],
        );
    }
}

fn paint_toast(painter: &Painter, session: &mut Session, rect: Rect) {
    if session.toast.as_ref().is_some_and(|toast| toast.until < std::time::Instant::now()) {
        session.toast = None;
    }
    let Some(toast) = &session.toast else { return };
    let text = painter.layout(toast.words.clone(), FontId::proportional(13.0), Color32::WHITE, (rect.width() - 80.0).max(40.0));
    let size = text.size() + vec2(28.0, 14.0);
    let at = Rect::from_center_size(pos2(rect.center().x, rect.max.y - 28.0 - size.y / 2.0), size);
    painter.rect_filled(at, 4.0, if toast.is_bad { Color32::from_rgb(140, 58, 0) } else { Color32::from_rgb(28, 32, 38) });
    painter.galley(at.min + vec2(14.0, 7.0), text, Color32::WHITE);
}
