//! The line as Bevy draws it: put up when there is another one, moved from moment to moment, seen through the session's camera in the
//! rectangle between the panels.

use super::session::Session;
use crate::drawing::outline;
use crate::picture::{Quality, Range, Stage, aim};
use bevy::camera::Viewport;
use bevy::prelude::*;
use bevy::window::{PrimaryWindow, WindowCloseRequested};
use linetwin_model::Time;
use std::sync::Arc;

/// What is drawn now.
#[derive(Resource)]
pub struct Drawn {
    quality: Quality,
    stage: Option<Stage>,
    /// Which scene, and when: what is the same needs no touch.
    shown: Option<(u64, Time)>,
    pub is_lost: bool,
}

impl Drawn {
    pub fn new(quality: Quality) -> Drawn {
        Drawn { quality, stage: None, shown: None, is_lost: false }
    }
}

/// Takes what there is to show, and has it drawn.
pub fn show(world: &mut World) {
    world.resource_scope::<Session, ()>(|world, mut session| {
        world.resource_scope::<Drawn, ()>(|world, mut drawn| {
            session.count_frame();
            session.take();
            draw(&mut session, &mut drawn, world);
        });
    });
}

fn draw(session: &mut Session, drawn: &mut Drawn, world: &mut World) {
    // Without a place to be seen at there is nothing to frame.
    let Some(picture) = session.picture().cloned().filter(|_| session.rectangle.is_some()) else { return };
    let generation = (session.looks_at_branch, picture.stage.generation);
    let is_other = session.staged.is_none_or(|staged| staged != generation);
    if is_other || drawn.is_lost || drawn.stage.is_none() {
        raise(session, drawn, world, !is_other);
        session.staged = Some(generation);
    }
    let now = (u64::from(generation.1) << 1 | u64::from(generation.0), session.moment.now);
    if drawn.shown != Some(now)
        && let Some(stage) = &mut drawn.stage
    {
        stage.show(&session.moment, world);
        drawn.shown = Some(now);
    }
    look(session, drawn, world);
}

/// Another line: the first, the scene was changed, or the device is another one.
fn raise(session: &mut Session, drawn: &mut Drawn, world: &mut World, keeps_view: bool) {
    let Some(picture) = session.picture().cloned() else { return };
    let mut old = world.query_filtered::<Entity, Or<(With<Mesh3d>, With<Camera3d>, With<DirectionalLight>)>>();
    let old: Vec<Entity> = old.iter(world).collect();
    old.into_iter().for_each(|entity| _ = world.despawn(entity));
    let is_first = session.staged.is_none();
    let mut stage = Stage::new(Arc::new(picture.stage.scenery.clone()), world);
    if is_first && !keeps_view {
        session.look_from(1);
    }
    let points = outline(&picture.stage.scenery, &session.moment);
    let camera = session.orbit.camera(session.size());
    stage.light(Range::of(&camera, &points), &points, &drawn.quality, world);
    *drawn = Drawn { stage: Some(stage), ..Drawn::new(std::mem::replace(&mut drawn.quality, Quality::of(true))) };
}

/// Camera, shadows and fog follow the hand.
fn look(session: &mut Session, drawn: &Drawn, world: &mut World) {
    let Some(picture) = session.picture().cloned() else { return };
    let size = session.size();
    let camera = session.orbit.camera(size);
    let [low, high] = picture.stage.scenery.bounds_m;
    let corners: Vec<[f64; 3]> =
        (0..8_usize).map(|which| std::array::from_fn(|axis| f64::from([low[axis], high[axis]][which >> axis & 1]))).collect();
    aim(&camera, size, Range::of(&camera, &corners), &drawn.quality, world);
    session.camera = camera;
    let viewport = session.rectangle.map(|rectangle| Viewport {
        physical_position: UVec2::new((rectangle.min.x * session.scale).max(0.0) as u32, (rectangle.min.y * session.scale).max(0.0) as u32),
        physical_size: UVec2::new(size.width_px, size.height_px),
        ..default()
    });
    let mut windows = world.query_filtered::<&Window, With<PrimaryWindow>>();
    let window = windows.single(world).ok().map(|window| UVec2::new(window.physical_width(), window.physical_height()));
    // A viewport that reaches beyond its window is refused by the driver: while a window is being made smaller, nothing is drawn.
    let fits = |viewport: &Viewport| {
        window.is_some_and(|window| (viewport.physical_position + viewport.physical_size).cmple(window).all())
            && size.width_px > 1
            && size.height_px > 1
    };
    let viewport = viewport.filter(fits);
    let mut cameras = world.query_filtered::<&mut Camera, With<Camera3d>>();
    for mut seen in cameras.iter_mut(world) {
        seen.is_active = viewport.is_some();
        seen.viewport.clone_from(&viewport);
    }
}

/// Closing the window asks, where something is unsaved.
pub fn closing(mut requests: MessageReader<WindowCloseRequested>, mut session: ResMut<Session>) {
    if requests.read().next().is_some() {
        session.act(super::keys::Action::Quit);
    }
}
