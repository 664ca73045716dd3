//! The way of a conveyor, piece by piece, and where it then runs. Knows nothing about what places it.

use super::Checker;
use super::values::{self, Sign};
use super::views::{ConveyorView, Way};
use crate::geometry::{Path, Pose, Segment, Vec3, sub};
use crate::spec::PieceSpec;
use std::f64::consts::PI;

/// A spiral turns no further [deg]: a hundred turns.
pub(super) const MOST_TURNS_DEG: f64 = 36_000.0;

/// A piece of a conveyor's way, wherever it begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    Straight { length_m: f64, pitch: f64 },
    Arc { radius_m: f64, angle: f64 },
    Helix { radius_m: f64, angle: f64, rise_m: f64 },
}

impl Checker<'_, '_> {
    /// With both ends given, nothing else may say how long or steep it is.
    pub(super) fn refuse_beside_to(&mut self, element: usize, view: &ConveyorView<'_>) {
        let said: Vec<&str> = match view.way {
            Way::Straight { length_m, rise_m, slope_deg } => [("length_m", length_m), ("rise_m", rise_m), ("slope_deg", slope_deg)]
                .into_iter()
                .filter(|(_, value)| value.is_some())
                .map(|(name, _)| name)
                .collect(),
            Way::Zones { length_m, path, .. } => [("length_m", length_m.is_some()), ("path", !path.is_empty())]
                .into_iter()
                .filter(|(_, said)| *said)
                .map(|(name, _)| name)
                .collect(),
            Way::Arc { .. } | Way::Helix { .. } => Vec::new(),
        };
        for field in said {
            let problem =
                self.error("given-twice", &self.field(element, field), format!("`{field}` beside `to_m`: the place is given twice"));
            self.push(problem.help(format!("take `{field}` or `to_m` away")));
        }
    }

    /// The way of a conveyor whose end does not lie at `to_m`.
    pub(super) fn pieces(&mut self, element: usize, view: &ConveyorView<'_>) -> Option<Vec<Piece>> {
        match view.way {
            Way::Straight { length_m, rise_m, slope_deg } => {
                if rise_m.is_some() && slope_deg.is_some() {
                    let problem = self.error(
                        "given-twice",
                        &self.field(element, "slope_deg"),
                        "`slope_deg` beside `rise_m`: the slope is given twice",
                    );
                    self.push(problem.help("take one of them away"));
                }
                let length_m = self.needed_length(element, length_m, "length_m")?;
                let pitch = match (rise_m, slope_deg) {
                    (Some(rise), _) if rise.abs() >= length_m => {
                        let problem = self.error(
                            "out-of-range",
                            &self.field(element, "rise_m"),
                            format!("it rises {rise} m over a length of {length_m} m"),
                        );
                        self.push(problem.allowed(format!("less than {length_m} m")));
                        return None;
                    }
                    (Some(rise), _) => libm::asin(rise / length_m),
                    (None, Some(slope)) => slope * PI / 180.0,
                    (None, None) => 0.0,
                };
                Some(vec![Piece::Straight { length_m, pitch }])
            }
            Way::Arc { radius_m, angle_deg } => {
                (radius_m > 0.0 && angle_deg != 0.0).then(|| vec![Piece::Arc { radius_m, angle: angle_deg * PI / 180.0 }])
            }
            Way::Helix { radius_m, angle_deg, rise_m } => {
                let sensible = radius_m > 0.0 && angle_deg != 0.0 && angle_deg.abs() <= MOST_TURNS_DEG && rise_m.is_finite();
                sensible.then(|| helix(radius_m, angle_deg * PI / 180.0, rise_m))
            }
            Way::Zones { length_m, path, .. } => {
                // An empty path of a loop is reported with its values.
                if path.is_empty() && super::circuit::is_loop(&self.spec.line[element]) {
                    return None;
                }
                if path.is_empty() {
                    let length_m = self.needed_length(element, length_m, "length_m` or `path")?;
                    return Some(vec![Piece::Straight { length_m, pitch: 0.0 }]);
                }
                if length_m.is_some() {
                    let problem =
                        self.error("given-twice", &self.field(element, "length_m"), "`length_m` beside `path`: the length is given twice");
                    self.push(problem.help("take one of them away"));
                }
                self.path_pieces(element, path)
            }
        }
    }

    fn needed_length(&mut self, element: usize, length_m: Option<f64>, what: &str) -> Option<f64> {
        if length_m.is_none() {
            let message = format!("`{}` has no length", self.name(element));
            let problem = crate::diagnostic::Diagnostic::error("no-length", self.at.name_span(&self.element_path(element)), message);
            self.push(problem.allowed(format!("`{what}`, or `from_m` and `to_m`")));
        }
        length_m.filter(|length| *length > 0.0)
    }

    fn path_pieces(&mut self, element: usize, path: &[PieceSpec]) -> Option<Vec<Piece>> {
        let before = self.diagnostics.len();
        let mut pieces = Vec::new();
        for (index, piece) in path.iter().enumerate() {
            let at = self.field(element, "path").index(index);
            let (radius_m, angle_deg, side) = match *piece {
                PieceSpec::Ahead { length_m } => {
                    self.number(&at.name("length_m"), length_m, Sign::Positive, Some(values::CONVEYOR_LENGTH));
                    pieces.push(Piece::Straight { length_m, pitch: 0.0 });
                    continue;
                }
                PieceSpec::Left { radius_m, angle_deg } => (radius_m, angle_deg, 1.0),
                PieceSpec::Right { radius_m, angle_deg } => (radius_m, angle_deg, -1.0),
            };
            self.number(&at.name("radius_m"), radius_m, Sign::Positive, Some(values::RADIUS));
            self.number(&at.name("angle_deg"), angle_deg, Sign::Positive, None);
            pieces.push(Piece::Arc { radius_m, angle: side * angle_deg * PI / 180.0 });
        }
        let wrong = self.diagnostics[before..].iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error);
        (!wrong).then_some(pieces)
    }
}

/// The half turns of a helix, all alike.
fn helix(radius_m: f64, angle: f64, rise_m: f64) -> Vec<Piece> {
    let count = (angle.abs() / PI - 1e-9).ceil().max(1.0);
    vec![Piece::Helix { radius_m, angle: angle / count, rise_m: rise_m / count }; count as usize]
}

/// A path of these pieces that begins at `position` towards `heading` [rad].
pub(super) fn lay(pieces: &[Piece], mut position: Vec3, mut heading: f64) -> Path {
    let mut segments = Vec::new();
    for piece in pieces {
        let segment = match *piece {
            Piece::Straight { length_m, pitch } => Segment::Straight { start: Pose::new(position, heading, pitch), length_m },
            Piece::Arc { radius_m, angle } => {
                let start = Pose::new(position, heading, 0.0);
                heading += angle;
                Segment::Arc { start, radius_m, angle }
            }
            Piece::Helix { radius_m, angle, rise_m } => {
                let start = Pose::new(position, heading, 0.0);
                heading += angle;
                Segment::Helix { start, radius_m, angle, rise_m }
            }
        };
        position = segment.pose_at(segment.length()).position;
        segments.push(segment);
    }
    Path { segments }
}

/// A path of these pieces that ends at `end`.
pub(super) fn lay_to(pieces: &[Piece], end: Pose) -> Path {
    let trial = lay(pieces, [0.0; 3], 0.0).end();
    let heading = end.heading() - trial.heading();
    let (sin, cos) = (libm::sin(heading), libm::cos(heading));
    let [x, y, z] = trial.position;
    lay(pieces, sub(end.position, [x * cos - y * sin, x * sin + y * cos, z]), heading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::length;

    /// Sums of a few sines and products of metres.
    const TOLERANCE_M: f64 = 1e-9;

    #[test]
    fn a_path_laid_backwards_ends_where_it_should() {
        let pieces = [
            Piece::Straight { length_m: 2.0, pitch: 0.1 },
            Piece::Arc { radius_m: 0.9, angle: -1.2 },
            Piece::Straight { length_m: 1.0, pitch: 0.0 },
        ];
        let end = Pose::new([3.0, -1.0, 0.8], 2.4, 0.0);
        let path = lay_to(&pieces, end);
        assert!(length(sub(path.end().position, end.position)) < TOLERANCE_M);
        assert!(length(sub(path.end().forward, end.forward)) < TOLERANCE_M);
    }
}
