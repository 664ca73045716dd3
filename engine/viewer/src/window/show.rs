//! The line as Bevy draws it: put up when there is another one, moved from moment to moment, seen through the session's camera in the
//! rectangle between the panels.

use super::session::Session;
use crate::arguments::Size;
use crate::cameras::Camera as Seen;
use crate::drawing::outline;
use crate::picture::{Quality, Range, SKY, Stage, aim};
use bevy::camera::RenderTarget;
use bevy::image::ImageSampler;
use bevy::prelude::*;
use bevy::render::render_resource::TextureFormat;
use bevy::window::WindowCloseRequested;
use bevy_egui::{EguiTextureHandle, EguiUserTextures};
use linetwin_model::Time;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What has not changed for so long stands.
const STILL_AFTER: Duration = Duration::from_millis(300);
/// And is drawn for so long: what is put up in one frame is uploaded in the next.
const DRAWN_FOR: Duration = Duration::from_millis(700);
/// What is put up in one frame is uploaded in the second and drawn beside the third; the fourth begins when it is on the screen.
const SEEN_IN_FRAME: u32 = 4;
/// Pixels of the window for one of a coarse picture, along each side.
const COARSE: u32 = 2;

/// What is drawn now.
#[derive(Resource)]
pub struct Drawn {
    quality: Quality,
    /// What the line is drawn on, and how large that is.
    target: Handle<Image>,
    pixels: Option<Size>,
    stage: Option<Stage>,
    /// Which scene, and when: what is the same needs no touch.
    shown: Option<(u64, Time)>,
    /// From where, and how large it is seen.
    seen: Option<(Seen, Size)>,
    changed_at: Instant,
    drawn_until: Instant,
    /// Frames since there was something to draw.
    frames: u32,
}

impl Drawn {
    pub fn new(quality: Quality) -> Drawn {
        let now = Instant::now();
        Drawn {
            quality,
            target: Handle::default(),
            pixels: None,
            stage: None,
            shown: None,
            seen: None,
            changed_at: now,
            drawn_until: now,
            frames: 0,
        }
    }
}

/// A place for the picture that panels can show.
pub fn put_up_target(
    mut images: ResMut<Assets<Image>>,
    mut textures: ResMut<EguiUserTextures>,
    mut drawn: ResMut<Drawn>,
    mut session: ResMut<Session>,
) {
    drawn.target = images.add(Image::new_target_texture(1, 1, TextureFormat::Rgba8UnormSrgb, None));
    session.texture = Some(textures.add_image(EguiTextureHandle::Strong(drawn.target.clone())));
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
    if is_other || drawn.stage.is_none() {
        raise(session, drawn, world, !is_other);
        session.staged = Some(generation);
    }
    let now = (u64::from(generation.1) << 1 | u64::from(generation.0), session.moment.now);
    if drawn.shown != Some(now)
        && let Some(stage) = &mut drawn.stage
    {
        stage.show_on_way(&session.moment, session.grains_from.as_ref(), world);
        drawn.shown = Some(now);
        drawn.changed_at = Instant::now();
    }
    look(session, drawn, world);
    drawn.frames = drawn.frames.saturating_add(1);
    if drawn.frames == SEEN_IN_FRAME {
        session.tell_pictured();
    }
}

/// Another line: the first, or the scene was changed.
fn raise(session: &mut Session, drawn: &mut Drawn, world: &mut World, keeps_view: bool) {
    let Some(picture) = session.picture().cloned() else { return };
    let mut old = world.query_filtered::<Entity, Or<(With<Mesh3d>, With<Camera3d>, With<DirectionalLight>)>>();
    let old: Vec<Entity> = old.iter(world).collect();
    old.into_iter().for_each(|entity| _ = world.despawn(entity));
    let is_first = session.staged.is_none();
    let mut stage = Stage::new(Arc::new(picture.stage.scenery.clone()), drawn.quality, world);
    if is_first && !keeps_view {
        session.look_from(1);
    }
    let points = outline(&picture.stage.scenery, &session.moment);
    let camera = session.orbit.camera(session.size());
    stage.light(Range::of(&camera, &points), &points, world);
    let mut cameras = world.query_filtered::<Entity, With<Camera3d>>();
    let cameras: Vec<Entity> = cameras.iter(world).collect();
    for camera in cameras {
        // Before the panels, which show it.
        world.entity_mut(camera).insert((
            RenderTarget::Image(drawn.target.clone().into()),
            Camera { order: -1, clear_color: ClearColorConfig::Custom(SKY), ..default() },
        ));
    }
    (drawn.stage, drawn.shown, drawn.seen, drawn.pixels) = (Some(stage), None, None, None);
}

/// Camera, shadows and fog follow the hand. Nothing is drawn again that has not changed; on a processor what moves is drawn with half as
/// many pixels along each side, and sharply when it stands.
fn look(session: &mut Session, drawn: &mut Drawn, world: &mut World) {
    let Some(picture) = session.picture().cloned() else { return };
    let size = session.size();
    let camera = session.orbit.camera(size);
    let now = Instant::now();
    if drawn.seen.as_ref().is_none_or(|seen| *seen != (camera.clone(), size)) {
        drawn.seen = Some((camera.clone(), size));
        drawn.changed_at = now;
    }
    let is_still = now >= drawn.changed_at + STILL_AFTER;
    let divisor = if drawn.quality.is_plain && !is_still { COARSE } else { 1 };
    let pixels = Size { width_px: size.width_px.div_ceil(divisor), height_px: size.height_px.div_ceil(divisor) };
    if drawn.pixels.replace(pixels) != Some(pixels) {
        let mut target = Image::new_target_texture(pixels.width_px, pixels.height_px, TextureFormat::Rgba8UnormSrgb, None);
        target.sampler = ImageSampler::linear();
        _ = world.resource_mut::<Assets<Image>>().insert(&drawn.target, target);
        drawn.drawn_until = now + DRAWN_FOR;
    }
    if !is_still {
        drawn.drawn_until = now + DRAWN_FOR;
    }
    let [low, high] = picture.stage.scenery.bounds_m;
    let corners: Vec<[f64; 3]> =
        (0..8_usize).map(|which| std::array::from_fn(|axis| f64::from([low[axis], high[axis]][which >> axis & 1]))).collect();
    aim(&camera, size, Range::of(&camera, &corners), &drawn.quality, world);
    session.camera = camera;
    let is_active = session.rectangle.is_some() && now <= drawn.drawn_until;
    let mut cameras = world.query_filtered::<&mut Camera, With<Camera3d>>();
    cameras.iter_mut(world).for_each(|mut seen| seen.is_active = is_active);
}

/// Closing the window asks, where something is unsaved.
pub fn closing(mut requests: MessageReader<WindowCloseRequested>, mut session: ResMut<Session>) {
    if requests.read().next().is_some() {
        session.act(super::keys::Action::Quit);
    }
}
