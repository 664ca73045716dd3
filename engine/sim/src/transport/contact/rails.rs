//! Guide rails as colliders: along both kinds of path, open where a device works, flared where a stretch begins. Decides
//! shapes and places; knows nothing of what they guide.

use super::hook::Surface;
use super::layout::{longest_part_m, turn_per_m};
use super::owners::Owner;
use super::world::{Builder, Piece, RADIUS_MIN_M, cuboid, pieces, pose, stretched};
use linetwin_model::Scene;
use linetwin_model::geometry::{Path, Segment, dot};
use linetwin_model::joint::end_cut;
use linetwin_model::scene::{Conveyor, DiverterDevice, ElementKind, HoldKind, Side};

const RAIL_THICKNESS_M: f64 = 0.02;
/// How far a rail reaches below the carrying surface, so that no gap is left at the belt's edge [m].
const RAIL_FOOT_M: f64 = 0.02;
/// Clearance of a rail's gap beside a device [m].
const GAP_MARGIN_M: f64 = 0.05;
/// Half the length of the gap for a clamp's jaw [m].
const CLAMP_GAP_M: f64 = 0.2;
/// Angle of the longest chord of a curved rail [rad], 3.75 degrees: ends of chords stand off the true arc by half a
/// millimetre, and less is no obstacle to a sharp corner that slides along.
const CHORD_ANGLE: f64 = std::f64::consts::PI / 48.0;
/// A stretch of rail begins with a flare at this angle [rad] that reaches this far beyond the belt's edge [m]: a part
/// that hangs over the edge, or was turned beside a device, is led in. Against a blunt end it would stand for good.
const FLARE_ANGLE: f64 = 0.35;
const FLARE_BEYOND_M: f64 = 0.04;
/// What the flare of a rail at the edge takes of the length before it [m].
const FLARE_M: f64 = 0.12;

impl Builder<'_> {
    /// All rails on the left, then those on the right, by conveyor.
    pub fn add_rails(&mut self) {
        for side in [Side::Left, Side::Right] {
            for index in 0..self.scene.conveyors.len() {
                if has_rail(&self.scene.conveyors[index], side) {
                    self.begin(Owner::Rail(self.scene.conveyors[index].element));
                    self.add_conveyor_rail(index, side);
                }
            }
        }
    }

    fn add_conveyor_rail(&mut self, index: usize, side: Side) {
        let conveyor = &self.scene.conveyors[index];
        // The end of a conveyor that joins at an angle is longer on one side than on the other.
        let path = stretched(&conveyor.path, end_cut(self.scene, conveyor) * sign_of(side) * conveyor.width_m / 2.0);
        let mut gaps = rail_gaps(self.scene, index, side);
        if !conveyor.rails.straights {
            gaps.extend(straights(&path));
        }
        let whole = Piece { from_m: 0.0, to_m: path.length() };
        for stretch in whole.without(&gaps) {
            for (segment, piece) in pieces(&path, stretch) {
                self.add_rail_piece(conveyor, side, segment, piece);
            }
            if stretch.from_m > 0.0 || is_fed_by_conveyor(self.scene, conveyor) {
                let (segment, _) = pieces(&path, stretch)[0];
                let half_m = conveyor.width_m / 2.0 - chord_stands_in_m(conveyor, side, segment);
                self.add_flare(conveyor, side, stretch.from_m, half_m);
            }
        }
    }

    fn add_rail_piece(&mut self, conveyor: &Conveyor, side: Side, segment: &Segment, piece: Piece) {
        let sign = sign_of(side);
        // Chords of an arc are tangent at their middle, so that the clear width is never less than drawn.
        let (parts, stretch) = match *segment {
            Segment::Straight { .. } => (vec![piece], 1.0),
            Segment::Arc { radius_m, .. } | Segment::Helix { radius_m, .. } => {
                let outer = if turn_per_m(segment) * sign < 0.0 { 1.0 } else { -1.0 };
                let rail_radius = (radius_m + outer * (conveyor.width_m / 2.0 + RAIL_THICKNESS_M)).max(RADIUS_MIN_M);
                (piece.split(CHORD_ANGLE * radius_m), rail_radius / radius_m)
            }
        };
        let height_m = conveyor.rails.height_m + RAIL_FOOT_M;
        for part in parts {
            let middle = segment.pose_at((part.from_m + part.to_m) / 2.0);
            let place = middle.shifted(0.0, sign * (conveyor.width_m + RAIL_THICKNESS_M) / 2.0, height_m / 2.0 - RAIL_FOOT_M);
            let half = [(part.to_m - part.from_m) / 2.0 * stretch, RAIL_THICKNESS_M / 2.0, height_m / 2.0];
            self.add_solid(Surface::plain(), conveyor.rails.material, pose(&place), cuboid(half));
        }
    }

    /// From the rail's first point backwards and outwards.
    fn add_flare(&mut self, conveyor: &Conveyor, side: Side, from_m: f64, half_m: f64) {
        let sign = sign_of(side);
        let length_m = (conveyor.width_m / 2.0 - half_m + FLARE_BEYOND_M) / libm::sin(FLARE_ANGLE);
        let height_m = conveyor.rails.height_m + RAIL_FOOT_M;
        let start = conveyor.path.pose_at(from_m).shifted(0.0, sign * half_m, height_m / 2.0 - RAIL_FOOT_M);
        let place = start.turned(-sign * FLARE_ANGLE).shifted(-length_m / 2.0, sign * RAIL_THICKNESS_M / 2.0, 0.0);
        let half = [length_m / 2.0, RAIL_THICKNESS_M / 2.0, height_m / 2.0];
        self.add_solid(Surface::plain(), conveyor.rails.material, pose(&place), cuboid(half));
    }
}

fn sign_of(side: Side) -> f64 {
    if side == Side::Left { 1.0 } else { -1.0 }
}

fn has_rail(conveyor: &Conveyor, side: Side) -> bool {
    if side == Side::Left { conveyor.rails.left } else { conveyor.rails.right }
}

fn straights(path: &Path) -> impl Iterator<Item = Piece> + '_ {
    let mut offset_m = 0.0;
    path.segments.iter().filter_map(move |segment| {
        let piece = Piece { from_m: offset_m, to_m: offset_m + segment.length() };
        offset_m = piece.to_m;
        matches!(segment, Segment::Straight { .. }).then_some(piece)
    })
}

/// How far the ends of an inner rail's chords stand into the curve [m].
fn chord_stands_in_m(conveyor: &Conveyor, side: Side, segment: &Segment) -> f64 {
    match *segment {
        Segment::Arc { radius_m, .. } | Segment::Helix { radius_m, .. } if turn_per_m(segment) * sign_of(side) > 0.0 => {
            (radius_m - conveyor.width_m / 2.0).max(RADIUS_MIN_M) * (1.0 / libm::cos(CHORD_ANGLE / 2.0) - 1.0)
        }
        _ => 0.0,
    }
}

/// Whether a conveyor goes on as this one: also behind a rail a flare takes what the last chord of a curve stands off.
/// At the side of a pusher it would stand on the host.
fn is_fed_by_conveyor(scene: &Scene, conveyor: &Conveyor) -> bool {
    let leaves = |feeder: &Conveyor, port| feeder.out_port == port || feeder.back_port == Some(port);
    let feeds = |feeder: &Conveyor| scene.edges.iter().any(|edge| leaves(feeder, edge.from) && edge.to == conveyor.in_port);
    scene.conveyors.iter().any(feeds)
}

/// Where a side of a conveyor has no rail: at pushers, diverters, merges and clamps.
fn rail_gaps(scene: &Scene, index: usize, side: Side) -> Vec<Piece> {
    // The flare of what follows stands beyond the gap.
    let around = |at_m: f64, half_m: f64| Piece { from_m: at_m - half_m - GAP_MARGIN_M, to_m: at_m + half_m + GAP_MARGIN_M + FLARE_M };
    let mut gaps = Vec::new();
    for pusher in scene.pushers.iter().filter(|pusher| pusher.host.index() == index) {
        let drive = scene.drives.iter().find(|drive| drive.conveyor == pusher.host && pusher.at_m <= drive.end_m);
        let carried_m = pusher.stroke_s * drive.map_or(0.0, |drive| drive.speed_mps.abs());
        let longest_m = longest_part_m(scene, scene.conveyors[index].element);
        let wide = if pusher.side == side { pusher.length_m.max(longest_m + carried_m) } else { pusher.length_m };
        gaps.push(around(pusher.at_m, wide / 2.0));
    }
    for diverter in scene.diverters.iter().filter(|diverter| diverter.host.index() == index) {
        if diverter.side != side {
            // An arm that rests there is the rail.
            if let DiverterDevice::SwingArm { .. } = diverter.device {
                let (from_m, to_m) = (diverter.start_m, diverter.start_m + diverter.arm_m());
                gaps.push(around(f64::midpoint(from_m, to_m), (to_m - from_m) / 2.0));
            }
            continue;
        }
        let port = scene.port(diverter.out_port);
        let path = &scene.conveyors[index].path;
        let along_m = path.locate(port.pose.position, path.nearest_along(port.pose.position)).along;
        gaps.push(around(along_m, port.width_m / 2.0));
    }
    for spot in scene.spots.iter().filter(|spot| spot.host.index() == index && spot.hold == Some(HoldKind::Clamp)) {
        gaps.push(around(spot.at_m, CLAMP_GAP_M));
    }
    for element in &scene.elements {
        let ElementKind::Merge(merge) = &element.kind else { continue };
        if scene.spot(merge.window).host.index() != index {
            continue;
        }
        for port in element.ports.iter().map(|&port| scene.port(port)) {
            let path = &scene.conveyors[index].path;
            let found = path.locate(port.pose.position, path.nearest_along(port.pose.position));
            // A side conveyor that joins at an angle opens the rail by its width over the sine of that angle.
            let across = dot(port.pose.forward, path.pose_at(found.along).left).abs().max(0.25);
            if (found.left > 0.0) == (side == Side::Left) {
                gaps.push(around(found.along, port.width_m / across / 2.0));
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::geometry::Pose;

    #[test]
    fn rails_of_curves_leave_the_straights_of_a_path_open() {
        let start = Pose::new([0.0; 3], 0.0, 0.0);
        let straight = Segment::Straight { start, length_m: 2.0 };
        let arc = Segment::Arc { start: straight.pose_at(2.0), radius_m: 1.0, angle: 1.0 };
        let path = Path { segments: vec![straight, arc] };
        let gaps: Vec<Piece> = straights(&path).collect();
        let left = Piece { from_m: 0.0, to_m: path.length() }.without(&gaps);
        assert_eq!(left, vec![Piece { from_m: 2.0, to_m: 3.0 }]);
    }
}
