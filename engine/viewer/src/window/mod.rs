//! The window: a line being played, looked at from all sides, with panels about it. The simulation runs on a thread of its own and
//! never waits for a picture.
//!
//! ```text
//! session   what is played and selected                            keys      which key asks for which action
//! act       what each action does                                  keyboard  presses in their order
//! show      the line as Bevy draws it                              view      the mouse over it, marks painted on it
//! orbit     the camera that a hand moves                           pick      rays, boxes
//! blend     a moment between two                                   overlays  heat, arrows, wires, as points of the window
//! edits     the scene's file                                       gizmo     arrows and ring by which things are moved
//! touches   contacts, forces, fidelity                              forces    a hand on the line's I/O points
//! events    what happened, in words                                panels    bars, docked panels, dialogs
//! settings  what is remembered                                     style     colours and measures
//! journal   --log
//! ```

mod act;
mod blend;
mod edits;
mod events;
mod forces;
mod gizmo;
mod journal;
mod keyboard;
mod keys;
mod orbit;
mod overlays;
mod panels;
mod pick;
mod session;
mod settings;
mod show;
mod style;
mod touches;
mod view;

use crate::arguments::{Size, WindowArguments};
use crate::failure::Failure;
use crate::picture::{Adapter, PicturePlugin, Quality, open_adapter, step_back};
use crate::source::source_of;
use bevy::asset::AssetEventSystems;
use bevy::camera::visibility::RenderLayers;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::render::error_handler::{RenderErrorHandler, RenderErrorPolicy};
use bevy::render::render_resource::PollType;
use bevy::render::renderer::RenderDevice;
use bevy::render::settings::RenderCreation;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::window::{PresentMode, WindowResolution};
use bevy::winit::{UpdateMode, WinitSettings};
use bevy_egui::{EguiGlobalSettings, EguiPlugin, EguiPostUpdateSet, EguiPrimaryContextPass, PrimaryEguiContext};
use edits::{Edits, Unsaved};
use journal::Journal;
use linetwin_run::playback::{Mode, Playback, PlaybackRequest, Source};
use serde_json::json;
use session::Session;
use settings::Settings;
use show::Drawn;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two frames while something moves, and while nothing does.
const FRAME_EVERY: Duration = Duration::from_millis(16);
const IDLE_EVERY: Duration = Duration::from_millis(200);

const ENDED: &str = "the window has ended: the graphics adapter was lost, or the display; --software draws on the processor, and \
    `linetwin-viewer render` needs no display";

/// Until it is closed.
pub fn open(arguments: &WindowArguments) -> Result<(), Failure> {
    let began = Instant::now();
    let mut source = source_of(&arguments.file, &arguments.set, arguments.seed)?;
    let mut edits = None;
    match &mut source {
        Source::Scene { path, end, .. } => {
            *end = arguments.until;
            edits = Some(Edits::open(path, &arguments.set)?);
        }
        Source::Run { dir } if arguments.until.is_some() => {
            return Err(Failure::usage(format!("{} is a run, and ends where it ended: --until is for scenes", dir.display())));
        }
        Source::Run { .. } => {}
    }
    let request = PlaybackRequest { speed: arguments.speed, plays: arguments.play, ..PlaybackRequest::new(source) };
    // The scene's errors come before those of the machine.
    let playback = Playback::open(request)?;
    check_display()?;
    let Adapter { resources, is_software, name: adapter } = open_adapter(arguments.software)?;
    let quality = Quality::of(arguments.software || is_software);
    if is_software {
        step_back();
    }
    let mut journal = Journal::create(arguments.log.as_deref(), began)?;
    journal.tell(
        "opened",
        json!({ "file": arguments.file, "version": env!("CARGO_PKG_VERSION"), "software": is_software, "adapter": adapter }),
    );
    let settings = Settings::load();
    let name = arguments.file.file_stem().map_or("line".to_string(), |name| name.to_string_lossy().into_owned());
    let mut resolution = WindowResolution::from(settings.size.map(|side| side as u32));
    if let Some(Size { width_px, height_px }) = arguments.size {
        resolution = WindowResolution::new(width_px, height_px);
    }
    let window = Window { title: format!("{name} - linetwin"), resolution, present_mode: PresentMode::AutoVsync, ..default() };
    let windows = WindowPlugin { primary_window: Some(window), close_when_requested: false, ..default() };
    let mut app = App::new();
    let add = |app: &mut App| {
        app.add_plugins(
            DefaultPlugins
                .set(windows)
                .set(RenderPlugin {
                    render_creation: RenderCreation::Manual(resources),
                    synchronous_pipeline_compilation: true,
                    ..default()
                })
                .set(LogPlugin { filter: "error".to_string(), ..default() }),
        );
    };
    // The panic says nothing that the message does not say better.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let added = catch_unwind(AssertUnwindSafe(|| add(&mut app)));
    set_hook(hook);
    added.map_err(|_| {
        Failure::missing("the display cannot be opened: check DISPLAY and who may use it; `linetwin-viewer render` needs none")
    })?;
    end_well();
    app.add_plugins((EguiPlugin::default(), keyboard::KeyboardPlugin, PicturePlugin { quality }))
        .insert_resource(RenderErrorHandler(judge))
        .insert_resource(Session::new(arguments.file.clone(), playback, edits, settings, journal, arguments.at))
        .insert_resource(Drawn::new(quality))
        .insert_resource(Loss { when: arguments.lose_adapter_when.clone(), is_told: false })
        .add_systems(Startup, (put_up_panels, show::put_up_target))
        .add_systems(Update, (show::closing, show::show, pace, take_screenshot, watch_adapter, leave).chain())
        .add_systems(EguiPrimaryContextPass, panels::draw)
        // Letters that are new are drawn in this frame, not one later.
        .configure_sets(PostUpdate, EguiPostUpdateSet::PostProcessOutput.before(AssetEventSystems));
    match app.run() {
        AppExit::Success => Ok(()),
        AppExit::Error(_) => Err(Failure::missing(ENDED)),
    }
}

fn check_display() -> Result<(), Failure> {
    let is_empty = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
    if cfg!(target_os = "linux") && is_empty("DISPLAY") {
        return Err(Failure::missing("there is no display here: DISPLAY is not set; `linetwin-viewer render` needs none"));
    }
    Ok(())
}

/// When the graphics adapter is lost.
#[derive(Resource)]
struct Loss {
    /// For tests: loses it when this file is there.
    when: Option<PathBuf>,
    is_told: bool,
}

/// Without its adapter a window ends, with edits kept; anything else of the driver's is told, and it goes on.
fn judge(error: &bevy::render::error_handler::RenderError, world: &mut World, _: &mut World) -> RenderErrorPolicy {
    if world.resource::<Loss>().is_told {
        return RenderErrorPolicy::StopRendering;
    }
    let is_lost = matches!(error.ty, bevy::render::error_handler::ErrorType::DeviceLost);
    let mut session = world.resource_mut::<Session>();
    session.journal.tell("adapter", json!({ "lost": is_lost, "words": error.description }));
    if let Some(path) = session.edits.as_ref().and_then(Edits::rescue) {
        eprintln!("unsaved edits were written to {}", path.display());
    }
    if !is_lost {
        eprintln!("the graphics adapter reports an error: {}", error.description);
        return RenderErrorPolicy::Ignore;
    }
    world.resource_mut::<Loss>().is_told = true;
    world.write_message(AppExit::error());
    RenderErrorPolicy::StopRendering
}

/// For a panic, which finds no session.
static UNSAVED: Mutex<Option<Unsaved>> = Mutex::new(None);

/// A lost adapter may come as a panic of wgpu, on any thread, before anybody is asked what to do about it. Whatever panics, edits are
/// kept first.
fn end_well() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        let unsaved = UNSAVED.lock().map_or(None, |mut unsaved| unsaved.take());
        if let Some(path) = unsaved.and_then(Unsaved::rescue) {
            eprintln!("unsaved edits were written to {}", path.display());
        }
        if panic.location().is_some_and(|place| place.file().contains("wgpu")) {
            eprintln!("error: {ENDED}");
            std::process::exit(3);
        }
        usual(panic);
    }));
}

/// A lost device says so only when it is asked.
fn watch_adapter(loss: Res<Loss>, device: Res<RenderDevice>, session: Res<Session>) {
    *UNSAVED.lock().expect("nobody panics while holding it") = session.edits.as_ref().and_then(Edits::unsaved);
    if loss.when.as_ref().is_some_and(|file| file.exists()) {
        device.wgpu_device().destroy();
    }
    let _ = device.poll(PollType::Poll);
}

/// Over the whole window; the camera that sees the line draws on a picture that a panel shows.
fn put_up_panels(mut commands: Commands, mut settings: ResMut<EguiGlobalSettings>) {
    settings.auto_create_primary_context = false;
    commands.spawn((PrimaryEguiContext, Camera2d, RenderLayers::none(), Msaa::Off));
}

/// Nothing is drawn more often than it changes.
fn pace(session: Res<Session>, mut settings: ResMut<WinitSettings>) {
    let goes = |played: &session::Played| played.status().mode != Mode::Paused;
    let moves = goes(&session.base) || session.branch.as_ref().is_some_and(|branch| goes(&branch.played));
    let mode = UpdateMode::reactive(if moves { FRAME_EVERY } else { IDLE_EVERY });
    if settings.focused_mode != mode {
        (settings.focused_mode, settings.unfocused_mode) = (mode, mode);
    }
}

fn take_screenshot(mut commands: Commands, mut session: ResMut<Session>) {
    let Some(file) = session.screenshot.take() else { return };
    commands.spawn(Screenshot::primary_window()).observe(move |captured: On<ScreenshotCaptured>, mut session: ResMut<Session>| {
        let words = match write_picture(&file, &captured.image) {
            Ok(()) => format!("{} was written", file.display()),
            Err(why) => format!("{} cannot be written: {why}", file.display()),
        };
        session.journal.tell("screenshot", json!({ "file": file, "words": words }));
        session.toast(words, false);
    });
}

fn write_picture(file: &Path, image: &Image) -> Result<(), String> {
    let picture = image.clone().try_into_dynamic().map_err(|error| error.to_string())?.to_rgb8();
    let size = Size { width_px: picture.width(), height_px: picture.height() };
    crate::files::write_frame(file, &crate::files::Frame::Rgb(picture.into_raw()), size).map_err(|failure| failure.words().to_string())
}

/// Settings are remembered, and the last line of the log is written.
fn leave(mut session: ResMut<Session>, windows: Query<&Window>, mut exits: MessageWriter<AppExit>) {
    if !session.quits {
        return;
    }
    if let Some(window) = windows.iter().next() {
        session.settings.size = [window.width(), window.height()];
    }
    session.settings.save();
    let status = session.base.status();
    let told = json!({ "step": status.step, "time_s": status.now.as_seconds(), "hash": status.state_hash.to_string(), "frames": session.frames_drawn });
    session.journal.tell("quit", told);
    exits.write(AppExit::Success);
}
