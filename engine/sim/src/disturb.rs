//! Disturbances that the scene says happen: as commands to I/O points, step by step. A function of scene and step alone, so that a run
//! that is saved and goes on feels the same. Knows nothing about what the line makes of them.

use crate::io::{Command, Io, IoValue};
use linetwin_model::Scene;
use linetwin_model::scene::{DisturbanceKind, ElementId, Happening};

/// What is commanded before a step.
pub fn commands(scene: &Scene, io: &Io, step: u64) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut points: Vec<String> = Vec::new();
    let turns = |happening: &&Happening| [happening.at, happening.until].iter().any(|at| scene.step.step_at_or_after(*at) == step);
    for happening in scene.happenings.iter().filter(turns) {
        points.extend(points_of(scene, io, happening).into_iter().map(|(point, _)| point));
    }
    points.sort();
    points.dedup();
    for point in points {
        // Of several that last, the one that is written first counts.
        let lasts = |happening: &&Happening| {
            let span = [happening.at, happening.until].map(|at| scene.step.step_at_or_after(at));
            (span[0]..span[1]).contains(&step)
        };
        let lasting = scene.happenings.iter().filter(lasts).flat_map(|happening| points_of(scene, io, happening));
        let force = lasting.into_iter().find(|(other, _)| *other == point).map(|(_, value)| IoValue::Bool(value));
        commands.push(Command { step, sequence: commands.len() as u32, point, force });
    }
    commands
}

/// The points that a happening forces, and to what; those that there are.
fn points_of(scene: &Scene, io: &Io, happening: &Happening) -> Vec<(String, bool)> {
    let point = |element: ElementId, name: &str| format!("{}.{name}", scene.element(element).name);
    let all = match &happening.kind {
        DisturbanceKind::StuckEye { eye, blocked } => vec![(point(*eye, "blocked"), *blocked)],
        DisturbanceKind::Late { source } => vec![(point(*source, "enable"), false)],
        DisturbanceKind::PowerDip { on } if on.is_empty() => scene.element_ids().map(|element| (point(element, "enable"), false)).collect(),
        DisturbanceKind::PowerDip { on } => on.iter().map(|element| (point(*element, "enable"), false)).collect(),
        DisturbanceKind::Friction { .. } | DisturbanceKind::OffSize { .. } => Vec::new(),
    };
    all.into_iter().filter(|(name, _)| io.points().iter().any(|known| known.name == *name)).collect()
}
