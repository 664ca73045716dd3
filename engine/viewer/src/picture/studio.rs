//! A picture without a window: draws into an image and reads it back. Nothing here waits for a clock; the same moment gives the same
//! picture on the same adapter.

use super::PicturePlugin;
use super::adapter::{self, Adapter};
use super::light::{self, Quality, Range};
use super::stage::Stage;
use crate::arguments::Size;
use crate::cameras::Camera;
use crate::drawing::extent;
use crate::failure::Failure;
use bevy::app::{SubApps, TerminalCtrlCHandlerPlugin};
use bevy::camera::RenderTarget;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::render::render_resource::{PollType, TextureFormat};
use bevy::render::renderer::RenderDevice;
use bevy::render::settings::RenderCreation;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::window::ExitCondition;
use bevy::winit::WinitPlugin;
use linetwin_sim::view::{Moment, Scenery};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Frames that are drawn before the first picture: what is spawned in one is uploaded in the next.
const WARM_UP_FRAMES: usize = 3;
/// A picture that has not come back by then never will.
const FRAMES_MAX: usize = 60;

pub struct Studio {
    pub(super) apps: SubApps,
    pub(super) stage: Stage,
    size: Size,
    quality: Quality,
    scenery: Arc<Scenery>,
    target: Handle<Image>,
    is_lit: bool,
}

impl Studio {
    pub fn open(scenery: &Scenery, size: Size, software: bool) -> Result<Self, Failure> {
        let adapter = adapter::open(software)?;
        let quality = Quality::of(software || adapter.is_software);
        Ok(Studio::with(scenery, size, adapter, quality))
    }

    pub fn with(scenery: &Scenery, size: Size, adapter: Adapter, quality: Quality) -> Self {
        let mut app = App::new();
        let plugins = DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(RenderPlugin {
                render_creation: RenderCreation::Manual(adapter.resources),
                synchronous_pipeline_compilation: true,
                ..default()
            })
            .set(LogPlugin { filter: "error".to_string(), ..default() })
            .disable::<TerminalCtrlCHandlerPlugin>()
            // It would want a display.
            .disable::<WinitPlugin>()
            // One frame after the other.
            .disable::<PipelinedRenderingPlugin>();
        // A second studio finds the log of the first.
        let is_logged = bevy::log::tracing::dispatcher::has_been_set();
        app.add_plugins(if is_logged { plugins.disable::<LogPlugin>() } else { plugins }).add_plugins(PicturePlugin { quality });
        app.finish();
        app.cleanup();
        let mut apps = std::mem::take(app.sub_apps_mut());
        let world = apps.main.world_mut();
        let target = Image::new_target_texture(size.width_px, size.height_px, TextureFormat::Rgba8UnormSrgb, None);
        let target = world.resource_mut::<Assets<Image>>().add(target);
        let scenery = Arc::new(scenery.clone());
        let stage = Stage::new(scenery.clone(), quality, world);
        Studio { apps, stage, size, quality, scenery, target, is_lit: false }
    }

    /// Draws and looks at nothing; gives the time from the moment to what the renderer is told of it.
    pub fn frame(&mut self, moment: &Moment, camera: &Camera) -> Duration {
        let begun = Instant::now();
        self.set(moment, camera);
        let stage = begun.elapsed();
        self.draw();
        stage
    }

    fn set(&mut self, moment: &Moment, camera: &Camera) {
        if !self.is_lit {
            self.light(moment, camera);
        }
        self.aim(moment, camera);
        self.stage.show(moment, self.apps.main.world_mut());
    }

    /// Red, green, blue of every pixel, row by row from the upper left.
    pub fn shoot(&mut self, moment: &Moment, camera: &Camera) -> Result<Vec<u8>, Failure> {
        let is_first = !self.is_lit;
        self.set(moment, camera);
        if is_first {
            (0..WARM_UP_FRAMES).for_each(|_| self.draw());
        }
        self.capture()
    }

    /// What is set now.
    pub(super) fn capture(&mut self) -> Result<Vec<u8>, Failure> {
        let caught: Arc<Mutex<Option<Image>>> = Arc::default();
        let hand = caught.clone();
        self.apps.main.world_mut().spawn(Screenshot::image(self.target.clone())).observe(move |captured: On<ScreenshotCaptured>| {
            *hand.lock().expect("nobody panics while holding it") = Some(captured.image.clone());
        });
        for _ in 0..FRAMES_MAX {
            self.draw();
            if let Some(data) = caught.lock().expect("nobody panics while holding it").take().and_then(|image| image.data) {
                return Ok(data.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect());
            }
        }
        Err(Failure::missing("the graphics adapter gives no picture back: it may have been lost or be out of memory; try --software"))
    }

    fn light(&mut self, moment: &Moment, camera: &Camera) {
        let points = extent(&self.scenery, moment);
        let world = self.apps.main.world_mut();
        self.stage.light(Range::of(camera, &points), &points, world);
        let mut cameras = world.query_filtered::<Entity, With<Camera3d>>();
        let cameras: Vec<Entity> = cameras.iter(world).collect();
        for camera in cameras {
            world.entity_mut(camera).insert(RenderTarget::Image(self.target.clone().into()));
        }
        self.is_lit = true;
    }

    fn aim(&mut self, moment: &Moment, camera: &Camera) {
        let range = Range::of(camera, &extent(&self.scenery, moment));
        light::aim(camera, self.size, range, &self.quality, self.apps.main.world_mut());
    }

    /// One frame, and waits until it is done.
    fn draw(&mut self) {
        self.apps.update();
        let device = self.apps.main.world().resource::<RenderDevice>();
        // A device that is lost answers at the next picture.
        let _ = device.poll(PollType::wait_indefinitely());
    }
}
