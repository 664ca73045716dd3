//! What parts touch, what presses on them and with what force, and what moves them: marks over the line, painted with a projector.
//! Adds up what the physics tells; knows no physics.

use super::overlays::{Overlay, Projector, surface_of};
use super::session::Session;
use super::style;
use super::view::{line, paint_labels};
use bevy_egui::egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use linetwin_model::geometry::{Vec3, add, length, scale};
use linetwin_model::scene::Fidelity;
use linetwin_run::playback::Picture;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{Contact, Seen};
use linetwin_sim::view::{Colour, Moment};
use std::collections::BTreeMap;

/// An arrow of the full force, and a contact's normal [m].
const ARROW_M: f64 = 0.35;
const NORMAL_M: f64 = 0.06;
/// Steeper contacts bear weight, others press from the side: upward part of the normal [-].
const BEARS: f32 = 0.7;
/// What is less is not told in numbers: of the full force [-].
const TOLD: f64 = 0.04;

/// What one thing does to a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    pub part: PartId,
    pub other: Seen,
    /// Where, as the mean of its contacts by their force [m].
    pub at_m: Vec3,
    /// On the part [N].
    pub force_n: Vec3,
    /// One stands on the other; else it is pressed from the side.
    pub bears: bool,
}

/// Contacts added up: one press for each part and what is below it, above it or beside it.
pub fn presses(contacts: &[Contact]) -> Vec<Press> {
    let mut sums: BTreeMap<(PartId, Seen, bool), (Vec3, Vec3, f64)> = BTreeMap::new();
    for contact in contacts {
        let force_n = contact.force_n.map(f64::from);
        let weight = length(force_n);
        if weight > 0.0 {
            let sum = sums.entry((contact.part, contact.other, contact.normal[2].abs() > BEARS)).or_default();
            *sum = (add(sum.0, scale(contact.at_m.map(f64::from), weight)), add(sum.1, force_n), sum.2 + weight);
        }
    }
    let press = |((part, other, bears), (places, force_n, weight)): ((PartId, Seen, bool), (Vec3, Vec3, f64))| Press {
        part,
        other,
        at_m: scale(places, 1.0 / weight),
        force_n,
        bears,
    };
    sums.into_iter().map(press).collect()
}

/// The force of a full arrow: the next of 1, 2, 5, 10, ... that none exceeds [N].
pub fn full_force_n(presses: &[Press]) -> f64 {
    let most_n = presses.iter().map(|press| length(press.force_n)).fold(0.1, f64::max);
    let decade = 10.0_f64.powf(most_n.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * decade).into_iter().find(|full| *full >= most_n).unwrap_or(10.0 * decade)
}

/// Contacts are those of the latest moment, the picture is on its way there: marks go with their parts.
fn lag(part: PartId, latest: &Moment, shown: &Moment) -> Vec3 {
    match (latest.part(part), shown.part(part)) {
        (Some(there), Some(here)) => {
            std::array::from_fn(|axis| f64::from(here.place.position_m[axis]) - f64::from(there.place.position_m[axis]))
        }
        _ => [0.0; 3],
    }
}

fn colour_of(bears: bool) -> Color32 {
    style::colour(if bears { Colour::SKY_BLUE } else { Colour::VERMILLION })
}

pub fn paint(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let shows = |overlay: Overlay| session.settings.overlays.contains(&overlay);
    let mut legend: Vec<(Color32, String)> = Vec::new();
    let latest = &picture.latest;
    let knows_contacts = picture.stage.scene.fidelity != Fidelity::Event;
    if shows(Overlay::Fidelity) {
        paint_fidelity(painter, session, picture, projector, &mut legend);
    }
    if shows(Overlay::Contacts) {
        for contact in &latest.contacts {
            let at_m = add(contact.at_m.map(f64::from), lag(contact.part, &latest.moment, &session.moment));
            paint_contact(painter, contact, at_m, projector);
        }
        legend.push(match knows_contacts {
            true => (style::colour(Colour::YELLOW), format!("{} contacts, with their normals", latest.contacts.len())),
            false => (Color32::GRAY, "exact events know no contacts".to_string()),
        });
    }
    if shows(Overlay::Forces) {
        let presses = presses(&latest.contacts);
        let full_n = full_force_n(&presses);
        let mut told: Vec<(f64, Pos2, String, Color32)> = Vec::new();
        for press in &presses {
            let from_m = add(press.at_m, lag(press.part, &latest.moment, &session.moment));
            let force_n = length(press.force_n);
            let to_m = add(from_m, scale(press.force_n, ARROW_M / full_n));
            let Some([from, to]) = projector.segment(from_m, to_m) else { continue };
            paint_arrow(painter, from, to, colour_of(press.bears));
            if force_n > TOLD * full_n {
                told.push((if press.bears { force_n } else { 1e6 + force_n }, to, newtons(force_n), colour_of(press.bears)));
            }
        }
        // What presses from the side before what stands, and more before less.
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        let rows: Vec<_> = told.into_iter().map(|(_, at, words, colour)| (at, words, Some(colour))).collect();
        paint_labels(painter, &rows);
        match knows_contacts {
            true => legend.extend([
                (colour_of(false), "presses from the side".to_string()),
                (colour_of(true), "bears".to_string()),
                (Color32::TRANSPARENT, format!("an arrow of {ARROW_M} m is {}", newtons(full_n))),
            ]),
            false => legend.push((Color32::GRAY, "exact events know no forces".to_string())),
        }
    }
    paint_legend(painter, projector.rect, &legend);
}

pub fn newtons(force_n: f64) -> String {
    match force_n {
        0.0..0.1 => format!("{force_n:.3} N"),
        0.1..10.0 => format!("{force_n:.1} N"),
        10.0..1000.0 => format!("{force_n:.0} N"),
        _ => format!("{:.1} kN", force_n / 1e3),
    }
}

/// Filled where a force goes over, a ring where the two are only near each other.
fn paint_contact(painter: &Painter, contact: &Contact, at_m: Vec3, projector: &Projector<'_>) {
    let tip_m = add(at_m, scale(contact.normal.map(f64::from), NORMAL_M));
    let (Some(at), Some([from, to])) = (projector.point(at_m), projector.segment(at_m, tip_m)) else { return };
    let colour = style::colour(Colour::YELLOW);
    if contact.force_n == [0.0; 3] {
        painter.circle_stroke(at, 2.5, Stroke::new(1.0, colour.gamma_multiply(0.6)));
        return;
    }
    painter.line_segment([from, to], Stroke::new(3.0, Color32::from_black_alpha(120)));
    painter.line_segment([from, to], Stroke::new(1.5, colour));
    painter.circle_filled(at, 3.4, Color32::from_black_alpha(160));
    painter.circle_filled(at, 2.4, colour);
}

fn paint_arrow(painter: &Painter, from: Pos2, to: Pos2, colour: Color32) {
    let way: Vec2 = to - from;
    if way.length() < 1.0 {
        return;
    }
    painter.line_segment([from, to], Stroke::new(4.0, Color32::from_black_alpha(130)));
    painter.line_segment([from, to], Stroke::new(2.2, colour));
    let (along, head) = (way.normalized(), 8.0_f32.min(way.length()));
    let aside = along.rot90() * head * 0.45;
    let back = to - along * head;
    painter.add(Shape::convex_polygon(vec![to, back + aside, back - aside], colour, Stroke::NONE));
}

fn words_of(by_contact: bool) -> (&'static str, Colour) {
    if by_contact { ("contact physics", Colour::BLUISH_GREEN) } else { ("exact events", Colour::ORANGE) }
}

fn paint_fidelity(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>, legend: &mut Vec<(Color32, String)>) {
    let scene = &picture.stage.scene;
    let mut counts: Vec<(bool, usize)> = Vec::new();
    for (id, corners) in &session.boxes {
        let by_contact = scene.is_by_contact(*id);
        match counts.iter_mut().find(|(known, _)| *known == by_contact) {
            Some((_, count)) => *count += 1,
            None => counts.push((by_contact, 1)),
        }
        let colour = style::colour(words_of(by_contact).1);
        for piece in surface_of(scene, *id, corners) {
            if let Some(points) = projector.polygon(&piece) {
                painter.add(Shape::convex_polygon(points.clone(), colour.gamma_multiply(0.55), Stroke::NONE));
            }
            for (from, to) in piece.iter().zip(piece.iter().cycle().skip(1)) {
                line(painter, projector, [*from, *to], Stroke::new(1.0, colour));
            }
        }
    }
    for (by_contact, count) in counts {
        let (words, colour) = words_of(by_contact);
        legend.push((style::colour(colour), format!("{words}: {count} elements")));
    }
}

/// What the marks mean, in the upper right corner.
fn paint_legend(painter: &Painter, rect: Rect, rows: &[(Color32, String)]) {
    if rows.is_empty() {
        return;
    }
    const HIGH: f32 = 18.0;
    let made: Vec<_> = rows
        .iter()
        .map(|(colour, words)| (*colour, painter.layout_no_wrap(words.clone(), FontId::proportional(12.0), Color32::WHITE)))
        .collect();
    let wide = made.iter().map(|(_, text)| text.size().x).fold(0.0, f32::max) + 34.0;
    let ground = Rect::from_min_size(pos2(rect.max.x - wide - 12.0, rect.min.y + 12.0), vec2(wide, HIGH * made.len() as f32 + 8.0));
    painter.rect_filled(ground, 4.0, Color32::from_rgba_unmultiplied(22, 25, 30, 215));
    for (index, (colour, text)) in made.into_iter().enumerate() {
        let middle = ground.min.y + 4.0 + HIGH * (index as f32 + 0.5);
        painter.circle_filled(pos2(ground.min.x + 14.0, middle), 4.5, colour);
        let at = Align2::LEFT_CENTER.anchor_size(pos2(ground.min.x + 26.0, middle), text.size());
        painter.galley(at.min, text, Color32::WHITE);
    }
}

/// What is forced stands over the line in words, whatever else is shown: by a hand or by the scene's own disturbances.
pub fn paint_forced(painter: &Painter, session: &Session, picture: &Picture, projector: &Projector<'_>) {
    let mut by_element: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((name, signal), point) in picture.stage.points.iter().zip(&picture.latest.points) {
        if let Some(force) = point.force {
            by_element.entry(signal.element(&picture.stage.scene)).or_default().push(format!("{name} {}", super::forces::told(force)));
        }
    }
    let mut rows = Vec::new();
    for (element, words) in by_element {
        let Some(corners) = session.boxes.get(&element) else { continue };
        for ends in super::overlays::box_edges(corners) {
            line(painter, projector, ends, Stroke::new(2.0, style::FORCED));
        }
        if let Some(at) = projector.point(scale(add(corners[4], corners[7]), 0.5)) {
            rows.push((at + vec2(0.0, -40.0), format!("forced: {}", words.join(", ")), Some(style::FORCED)));
        }
    }
    paint_labels(painter, &rows);
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::scene::ElementId;

    const PART: PartId = PartId { source: ElementId(0), serial: 1 };

    fn contact(other: Seen, at_m: [f32; 3], normal: [f32; 3], force_n: [f32; 3]) -> Contact {
        Contact { part: PART, other, at_m, normal, force_n }
    }

    /// A box of mass m that rides on a belt is borne with m g and nothing else; one that a smooth blade stops is dragged by the belt with
    /// mu m g, which the blade holds against.
    #[test]
    fn what_is_shown_on_a_belt_and_on_a_blade_is_weight_and_friction() {
        const MASS_KG: f64 = 5.0;
        const FRICTION: f64 = 0.4;
        const SCENE: &str = r#"Scene(schema: 1, name: "forces", materials: {"card on belt": (friction: 0.4), "card on rail": (friction: 0)},
            parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.1)), mass_kg: 5, material: "card")},
            line: {
                "infeed": Source(part: "box", interarrival_s: 1, limit: 1, before: "belt"),
                "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
                "gate": Stop(on: "belt", at_m: 2.5, hold_s: 60),
                "dock": Sink(after: "belt"),
            })"#;
        let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let scene = linetwin_model::read::read("forces.ron", SCENE, &Default::default(), &nothing).scene.expect("it is a scene");
        let mut simulation = linetwin_sim::Simulation::new(scene.into(), Default::default());
        let scene = simulation.scene().clone();
        // By each thing that presses, as a mean over half a second [N].
        let mut told = |from_s: f64| {
            const STEPS: usize = 60;
            simulation.run_until(linetwin_model::Time::from_seconds(from_s));
            let mut sums: BTreeMap<(String, bool), Vec3> = BTreeMap::new();
            for _ in 0..STEPS {
                simulation.step();
                for press in presses(&simulation.contacts()) {
                    let sum = sums.entry((super::super::session::name_of(&scene, press.other), press.bears)).or_default();
                    *sum = add(*sum, scale(press.force_n, 1.0 / STEPS as f64));
                }
            }
            sums
        };
        let (weight_n, drag_n) = (MASS_KG * 9.81, FRICTION * MASS_KG * 9.81);
        let near = |found: Option<&Vec3>, expected: Vec3| {
            let found = found.copied().unwrap_or_default();
            assert!(length(linetwin_model::geometry::sub(found, expected)) < 0.01 * weight_n, "{found:?} N, expected {expected:?} N");
        };
        let rides = told(2.0);
        near(rides.get(&("belt".to_string(), true)), [0.0, 0.0, weight_n]);
        assert_eq!(rides.len(), 1, "{rides:?}");
        let held = told(8.0);
        near(held.get(&("belt".to_string(), true)), [drag_n, 0.0, weight_n]);
        near(held.get(&("gate".to_string(), false)), [-drag_n, 0.0, 0.0]);
        assert_eq!(held.len(), 2, "{held:?}");
    }

    #[test]
    fn contacts_add_up_to_what_bears_and_what_presses() {
        let (belt, wall) = (Seen::Element(ElementId(1)), Seen::Element(ElementId(2)));
        let up = [0.0, 0.0, 1.0];
        let contacts = [
            contact(belt, [0.0, 0.0, 0.8], up, [1.0, 0.0, 6.0]),
            contact(belt, [0.3, 0.0, 0.8], up, [1.0, 0.0, 6.0]),
            contact(belt, [0.3, 0.2, 0.8], up, [0.0; 3]),
            contact(wall, [0.3, 0.1, 0.9], [-1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]),
        ];
        let found = presses(&contacts);
        assert_eq!(found.len(), 2);
        let (below, beside) = (found[0], found[1]);
        assert!(below.bears && below.other == belt && below.force_n == [2.0, 0.0, 12.0], "{below:?}");
        assert!((below.at_m[0] - 0.15).abs() < 1e-6, "{below:?}");
        assert!(!beside.bears && beside.other == wall && beside.force_n == [-2.0, 0.0, 0.0], "{beside:?}");
        assert_eq!(full_force_n(&found), 20.0);
        assert_eq!([newtons(0.05), newtons(4.04), newtons(44.1), newtons(1_500.0)], ["0.050 N", "4.0 N", "44 N", "1.5 kN"]);
    }
}
