//! A moment between two: what a picture shows while the simulation is on its way from one to the next. Only for the eye.

use linetwin_model::Time;
use linetwin_sim::view::{DriveMoment, Moment, Mover, Place};

/// What goes farther between two pictures has not gone there but was put there [m].
const JUMP_M: f32 = 1.0;

/// `share` 0: `from`, 1: `to`. Grains stay as in `to`: their way is drawn by the adapter. Whatever is only in one of them is as in `to`.
pub fn between(from: &Moment, to: &Moment, share: f64) -> Moment {
    let mut shown = to.clone();
    if share >= 1.0 || from.now >= to.now {
        return shown;
    }
    let part = share as f32;
    shown.now = from.now + Time((to.now.since(from.now).0 as f64 * share) as u64);
    for now in &mut shown.parts {
        if let Some(before) = from.part(now.id) {
            now.place = blended(&before.place, &now.place, part);
        }
    }
    for (now, before) in shown.movers.iter_mut().zip(&from.movers) {
        // What comes into the picture or leaves it does so at once.
        if before.scale == now.scale {
            *now = Mover { place: blended(&before.place, &now.place, part), ..*now };
        }
    }
    for (now, before) in shown.drives.iter_mut().zip(&from.drives) {
        *now = DriveMoment { way_m: before.way_m + (now.way_m - before.way_m) * share, ..*now };
    }
    shown
}

fn point_between(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    let far = (0..3).any(|axis| (to[axis] - from[axis]).abs() > JUMP_M);
    if far { to } else { std::array::from_fn(|axis| from[axis] + (to[axis] - from[axis]) * share) }
}

fn blended(from: &Place, to: &Place, share: f32) -> Place {
    // A turn and its negative are the same: the shorter way.
    let cosine: f32 = (0..4).map(|k| from.rotation[k] * to.rotation[k]).sum();
    let sign = if cosine < 0.0 { -1.0 } else { 1.0 };
    let raw: [f32; 4] = std::array::from_fn(|k| from.rotation[k] * (1.0 - share) + sign * to.rotation[k] * share);
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    let rotation = if length > 0.5 { raw.map(|value| value / length) } else { to.rotation };
    Place { position_m: point_between(from.position_m, to.position_m, share), rotation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::scene::{ElementId, PartTypeId};
    use linetwin_sim::parts::PartId;
    use linetwin_sim::view::ShownPart;

    fn moment(now: u64, parts: &[(u32, f32)]) -> Moment {
        let part = |&(serial, x): &(u32, f32)| ShownPart {
            id: PartId { source: ElementId(0), serial },
            part_type: PartTypeId(0),
            variant: 0,
            place: Place { position_m: [x, 0.0, 0.0], ..Place::default() },
            scale: [1.0; 3],
            inside: None,
        };
        Moment { now: Time(now), parts: parts.iter().map(part).collect(), ..Moment::default() }
    }

    #[test]
    fn parts_are_on_their_way_and_newcomers_and_jumps_are_where_they_are() {
        let (from, to) = (moment(100, &[(1, 0.0), (2, 0.0)]), moment(200, &[(1, 0.4), (2, 7.0), (3, 5.0)]));
        let shown = between(&from, &to, 0.25);
        assert_eq!(shown.now, Time(125));
        let x: Vec<f32> = shown.parts.iter().map(|part| part.place.position_m[0]).collect();
        assert!((x[0] - 0.1).abs() < 1e-6 && x[1] == 7.0 && x[2] == 5.0, "{x:?}");
        assert_eq!(between(&from, &to, 1.0), to);
        assert_eq!(between(&to, &from, 0.5), from, "backwards nothing is blended");
    }

    #[test]
    fn a_turn_takes_the_shorter_way() {
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let (from, to) = (Place::default(), Place { rotation: [0.0, 0.0, -half, -half], ..Place::default() });
        let middle = blended(&from, &to, 0.5).turned([1.0, 0.0, 0.0]);
        assert!((middle[0] - half).abs() < 1e-5 && (middle[1] - half).abs() < 1e-5, "{middle:?}");
    }
}
