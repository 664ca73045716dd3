//! How the end of a side conveyor is shaped where it joins a host at an angle: cut along the host's edge, so that no gap is
//! left between the two and none lies on the other. Knows geometry, not how a part gets across.

use crate::geometry::dot;
use crate::scene::{Conveyor, ElementKind, Scene};

/// A cut so small is a right angle [-]; cosines of right angles are not exactly 0.
const LEAST_CUT: f64 = 1e-6;

/// How much further the end of a conveyor lies per metre to the left of its centre line [-]: the cotangent of the angle at
/// which it joins a host, 0 where it ends squarely.
pub fn end_cut(scene: &Scene, conveyor: &Conveyor) -> f64 {
    let Some(port) = scene.successor(conveyor.out_port).map(|port| scene.port(port)) else { return 0.0 };
    let ElementKind::Merge(merge) = &scene.element(port.element).kind else { return 0.0 };
    let window = scene.spot(merge.window);
    let edge = scene.conveyor(window.host).path.pose_at(window.at_m).forward;
    let cut = dot(edge, port.pose.forward) / dot(edge, port.pose.left);
    if cut.abs() < LEAST_CUT { 0.0 } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read};

    /// A tangent of an angle in degrees.
    const TOLERANCE: f64 = 1e-9;

    #[test]
    fn the_end_is_longer_on_the_side_that_the_host_runs_to() {
        for (side, angle_deg, expected) in [("Left", 45, 1.0), ("Right", 45, -1.0), ("Left", 30, 3.0_f64.sqrt()), ("Right", 90, 0.0)] {
            let text = format!(
                r#"(schema: 1, name: "joint", parts: {{"box": Part(Box((0.3, 0.2, 0.2)), 2)}}, line: {{
                    "a": Source(part: "box", rate_per_h: 100, before: "host"),
                    "host": Belt(from_m: (0, 0, 0.8), length_m: 8, heading_deg: 70, width_m: 0.5, speed_mps: 0.5),
                    "merge": Merge(on: "host", at_m: 4, side: {side}, angle_deg: {angle_deg}),
                    "b": Source(part: "box", rate_per_h: 100, before: "side"),
                    "side": Belt(before: "merge.side", length_m: 2, width_m: 0.4, speed_mps: 0.5),
                    "end": Sink(after: "host")}})"#
            );
            let reading = read("joint.ron", &text, &ReadOptions::default(), &|path| Err(std::io::Error::other(path.to_owned())));
            let scene = reading.scene.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
            let cuts: Vec<f64> = scene.conveyors.iter().map(|conveyor| end_cut(&scene, conveyor)).collect();
            assert_eq!(cuts[0], 0.0, "the host ends squarely");
            assert!((cuts[1] - expected).abs() < TOLERANCE, "{side} {angle_deg}: {}", cuts[1]);
            // Both corners of the cut end lie on the host's edge.
            let (side, host) = (&scene.conveyors[1], &scene.conveyors[0]);
            for left in [-0.2, 0.2] {
                let corner = side.path.end().shifted(cuts[1] * left, left, 0.0).position;
                assert!((host.path.locate(corner, 4.0).left.abs() - 0.25).abs() < TOLERANCE);
            }
        }
    }
}
