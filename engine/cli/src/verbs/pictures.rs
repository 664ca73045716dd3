//! Pictures of a finished run, drawn by the viewer from the run directory: the frames of cameras, and what `report.html` shows. The
//! viewer is another program, so that this one needs no graphics library; what it would refuse it refuses before the run.

use super::view::viewer_or_refuse;
use super::watcher::failure_of;
use crate::arguments::{FramesOf, PicturesArguments};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::Time;
use linetwin_run::{PICTURES_FOLDER, RunRequest, show_pictures, wanted_pictures};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Below the run directory.
const FRAMES_FOLDER: &str = "frames";

pub struct Artist<'a> {
    viewer: PathBuf,
    wanted: &'a PicturesArguments,
    console: Console,
}

impl<'a> Artist<'a> {
    /// `None`: nothing is to be drawn. Refuses where there is no viewer.
    pub fn of(wanted: &'a PicturesArguments, console: Console) -> Result<Option<Self>, Failure> {
        if wanted.frames.is_empty() && !wanted.pictures {
            return Ok(None);
        }
        Ok(Some(Artist { viewer: viewer_or_refuse()?, wanted, console }))
    }

    /// Lets the viewer look at what it will be asked for: a camera that is not there is told before hours are spent.
    pub fn check(&self, request: &RunRequest) -> Result<(), Failure> {
        let overrides = request.overrides.iter().flat_map(|text| ["--set", text]);
        let check = |mut command: Command| {
            command.args(overrides.clone()).arg("--check");
            self.wait(command, "nothing was run")
        };
        for frames in &self.wanted.frames {
            check(self.film(frames, &request.scene_path, &request.out_dir, request.duration))?;
        }
        if self.wanted.pictures { check(self.still(&request.scene_path, &request.out_dir.join("any.png"), Time::ZERO)) } else { Ok(()) }
    }

    /// Of a finished run.
    pub fn draw(&self, dir: &Path, duration: Time) -> Result<(), Failure> {
        for frames in &self.wanted.frames {
            let folder = frames_folder(dir, &frames.camera);
            // Frames of another rate would stay among these.
            if folder.exists() {
                std::fs::remove_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
            }
            self.console.note(&format!("drawing {} into {}", frames.camera, folder.display()));
            self.wait(self.film(frames, dir, dir, duration), "the run is finished; its frames are missing")?;
        }
        if self.wanted.pictures {
            self.illustrate(dir)?;
        }
        Ok(())
    }

    fn illustrate(&self, dir: &Path) -> Result<(), Failure> {
        let wanted = wanted_pictures(dir).map_err(|error| failure_of(error, self.console))?;
        let folder = dir.join(PICTURES_FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        self.console.note(&format!("drawing {} pictures for report.html", wanted.len()));
        for picture in &wanted {
            let mut command = self.still(dir, &dir.join(&picture.picture.file), picture.at);
            if let Some(element) = &picture.element {
                command.args(["--of", element]);
            }
            self.wait(command, "the run is finished; its report has no new pictures")?;
        }
        show_pictures(dir, wanted.into_iter().map(|wanted| wanted.picture).collect()).map_err(|error| failure_of(error, self.console))?;
        Ok(())
    }

    fn render(&self, source: &Path, out: &Path) -> Command {
        let mut command = Command::new(&self.viewer);
        command.arg("render").arg(source).arg("--out").arg(out).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn still(&self, source: &Path, out: &Path, at: Time) -> Command {
        let mut command = self.render(source, out);
        command.args(["--kind", "rgb", "--at", &exactly(at)]);
        command
    }

    fn film(&self, frames: &FramesOf, source: &Path, dir: &Path, duration: Time) -> Command {
        let mut command = self.render(source, &frames_folder(dir, &frames.camera));
        command.args(["--camera", &frames.camera, "--from", "0s", "--to", &exactly(duration)]);
        if let Some(rate_hz) = frames.rate_hz {
            command.args(["--rate", &rate_hz.to_string()]);
        }
        command
    }

    /// What went wrong stands on stderr already.
    fn wait(&self, mut command: Command, otherwise: &str) -> Result<(), Failure> {
        let started = command.status();
        let status = started.map_err(|error| Failure::missing(format!("{} cannot be started: {error}", self.viewer.display())))?;
        if status.success() {
            return Ok(());
        }
        self.console.note(otherwise);
        Err(Failure::said(exit_of(status)))
    }
}

/// The viewer's exit codes are ours; a signal that ended it was meant for both.
fn exit_of(status: ExitStatus) -> Exit {
    match status.code() {
        Some(2) => Exit::Usage,
        Some(3) => Exit::Missing,
        Some(_) => Exit::Internal,
        None => Exit::Interrupted,
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::missing(format!("{} cannot be written: {error}", path.display()))
}

/// Names of cameras are free; what parts folders or looks like an ending is not taken over.
fn frames_folder(dir: &Path, camera: &str) -> PathBuf {
    let name: String = camera.chars().map(|c| if c.is_alphanumeric() || "_-".contains(c) { c } else { '-' }).collect();
    dir.join(FRAMES_FOLDER).join(name)
}

pub fn exactly(time: Time) -> String {
    format!("{}.{:09}s", time.0 / Time::NANOS_PER_SECOND, time.0 % Time::NANOS_PER_SECOND)
}
