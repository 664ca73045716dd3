//! What can be typed after `linetwin-viewer`. Plain data; knows nothing about what is done with it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use linetwin_model::Time;
use linetwin_model::duration::parse_duration;
use linetwin_model::scene::CameraKind;
use linetwin_run::playback::Speed;
use std::path::PathBuf;

/// Factory lines of linetwin in a window, and as pictures.
#[derive(Debug, Parser)]
#[command(name = "linetwin-viewer", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub window: Option<WindowArguments>,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 2 usage or scene error, 3 display, graphics adapter or program missing, or a disk that cannot be written, 4 internal error.";

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Draw a scene or a run at a moment, or a film of it, without a window.
    Render(RenderArguments),
    /// How long a frame takes on this machine, against the number of parts and of grains.
    Bench(BenchArguments),
}

#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Numbers of parts, each moving in every frame.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [100, 1_000, 10_000], value_parser = parse_count)]
    pub parts: Vec<usize>,
    /// Numbers of grains.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000], value_parser = parse_count)]
    pub grains: Vec<usize>,
    /// Widths and heights in pixels.
    #[arg(long, value_name = "WxH,WxH", value_delimiter = ',', default_value = "960x540,2560x1440", value_parser = parse_size)]
    pub size: Vec<Size>,
    /// Wall time of a row, not counting its first frames.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = parse_seconds)]
    pub seconds: f64,
    /// Draw on the processor (Mesa's lavapipe) even where there is a GPU.
    #[arg(long)]
    pub software: bool,
}

#[derive(Debug, Args)]
pub struct WindowArguments {
    /// Scene file, RON or JSON, or the directory of a run: opened in a window. `?` in it shows the keys.
    #[arg(value_name = "SCENE|RUN")]
    pub file: PathBuf,
    /// Set a field of the scene: 'belt 1.speed_mps=0.6'. May be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of the random streams, instead of the scene's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Begin to play by itself.
    #[arg(long)]
    pub play: bool,
    /// Simulated over wall time: 0.1 to 1000, or max.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = parse_speed)]
    pub speed: Speed,
    /// Begin at this simulated time.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub at: Option<Time>,
    /// Pause at this simulated time, where a run of that length ends.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub until: Option<Time>,
    /// Width and height of the window in pixels [default: as it was left].
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub size: Option<Size>,
    /// Draw on the processor (Mesa's lavapipe) even where there is a GPU.
    #[arg(long)]
    pub software: bool,
    /// Write what is done in the window, line by line as JSON: for reports of problems, and for tests.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// For tests: lose the graphics adapter as soon as this file is there.
    #[arg(long, value_name = "FILE", hide = true)]
    pub lose_adapter_when: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RenderArguments {
    /// Scene file, RON or JSON, or the directory of a run.
    #[arg(value_name = "SCENE|RUN")]
    pub file: PathBuf,
    /// Where it is seen from: a camera of the scene, or overview, top, bottom, front, back, left, right, which frame the line.
    #[arg(long, value_name = "NAME", default_value = "overview")]
    pub camera: String,
    /// This element in the middle, from where an overview of it is to be had; the whole line where nothing is to be seen of it.
    #[arg(long, value_name = "ELEMENT")]
    pub of: Option<String>,
    /// Simulated time of the picture: 0s, 30s, 1min30s.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_instant, conflicts_with_all = ["from", "to", "rate"])]
    pub at: Time,
    /// Beginning of a film in simulated time.
    #[arg(long, value_name = "TIME", value_parser = parse_instant, requires = "to")]
    pub from: Option<Time>,
    /// End of a film in simulated time.
    #[arg(long, value_name = "TIME", value_parser = parse_instant, requires = "from")]
    pub to: Option<Time>,
    /// Frames per second of a film: of simulated time, and as it is played [default: the camera's own, else 25].
    #[arg(long, value_name = "HZ", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// File to write: .png; .npy (depth, in metres), .json (boxes). Of a film: a folder for frame_00000.png and so on, .apng, or
    /// .mp4, .webm, .mkv and .gif where `ffmpeg` is installed.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Width and height in pixels [default: the camera's own, else 1280x720].
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub size: Option<Size>,
    /// What each pixel tells [default: the first that the camera sees, else rgb].
    #[arg(long)]
    pub kind: Option<Kind>,
    /// Set a field of the scene: 'belt 1.speed_mps=0.6'. May be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of the random streams, instead of the scene's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Draw on the processor (Mesa's lavapipe) even where there is a GPU.
    #[arg(long)]
    pub software: bool,
    /// Draw nothing: exit with 0 where it could be drawn, else say why not.
    #[arg(long)]
    pub check: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The lit picture.
    Rgb,
    /// Distance along the optical axis: 16 bits, millimetres; 0 where nothing is, 65535 from there on. NPY: metres, infinite
    /// where nothing is.
    Depth,
    /// Which thing: 16 bits; FILE.json beside it names the numbers.
    Instances,
    /// Which kind of thing: 16 bits; FILE.json beside it names the numbers.
    Classes,
    /// The surface's normal in the space of the camera, x to the right, y up, z towards it: 127.5 (1 + n); black where nothing is.
    Normals,
    /// No picture but JSON: camera, and of each thing its boxes in 2D and 3D and how much of it is hidden.
    Boxes,
}

impl From<CameraKind> for Kind {
    fn from(kind: CameraKind) -> Kind {
        match kind {
            CameraKind::Rgb => Kind::Rgb,
            CameraKind::Depth => Kind::Depth,
            CameraKind::Instances => Kind::Instances,
            CameraKind::Classes => Kind::Classes,
            CameraKind::Normals => Kind::Normals,
            CameraKind::Boxes => Kind::Boxes,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width_px: u32,
    pub height_px: u32,
}

/// What every adapter can draw on.
const LARGEST_PX: u32 = 8192;

fn parse_size(text: &str) -> Result<Size, String> {
    let read = |text: &str| text.parse::<u32>().ok().filter(|pixels| (1..=LARGEST_PX).contains(pixels));
    let size = text.split_once(['x', 'X']).and_then(|(width, height)| Some(Size { width_px: read(width)?, height_px: read(height)? }));
    size.ok_or_else(|| format!("a size is WIDTHxHEIGHT with 1 to {LARGEST_PX} pixels each, for example 1280x720"))
}

fn parse_count(text: &str) -> Result<usize, String> {
    let count = text.parse::<usize>().ok().filter(|count| (1..=10_000_000).contains(count));
    count.ok_or_else(|| "how many is a number from 1 to 10000000".to_string())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=600.0).contains(seconds));
    seconds.ok_or_else(|| "a time is a number of seconds from 0 to 600".to_string())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate_hz = text.parse::<f64>().ok().filter(|rate_hz| (0.1..=240.0).contains(rate_hz));
    rate_hz.ok_or_else(|| "a rate is a number of frames per second from 0.1 to 240".to_string())
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    let times = || text.parse::<f64>().ok().filter(|times| (Speed::SLOWEST..=Speed::FASTEST).contains(times)).map(Speed::Times);
    let speed = if text == "max" { Some(Speed::AsFastAsPossible) } else { times() };
    speed.ok_or_else(|| format!("a speed is a number from {} to {}, or max", Speed::SLOWEST, Speed::FASTEST))
}

/// An instant may be the beginning, which is no duration.
fn parse_instant(text: &str) -> Result<Time, String> {
    if matches!(text.trim(), "0" | "0s" | "0ms" | "0min" | "0h") { Ok(Time::ZERO) } else { parse_duration(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound_and_reads_sizes_and_instants() {
        Arguments::command().debug_assert();
        assert_eq!(parse_size("640x360"), Ok(Size { width_px: 640, height_px: 360 }));
        for wrong in ["640", "0x3", "640x", "99999x1", "-1x2", "ax b"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_instant("0s"), Ok(Time::ZERO));
        assert_eq!(parse_instant("1min30s"), Ok(Time(90_000_000_000)));
        assert!(parse_instant("30").is_err());
        assert_eq!(parse_speed("max"), Ok(Speed::AsFastAsPossible));
        assert!(parse_speed("0").is_err() && parse_speed("fast").is_err());
        let read = |arguments: &[&str]| Arguments::try_parse_from([&["linetwin-viewer"], arguments].concat());
        assert_eq!(read(&["a.ron", "--speed", "2"]).expect("a window").window.expect("it has a file").speed, Speed::Times(2.0));
        assert!(read(&["render", "a.ron", "--out", "a.png"]).expect("a picture").verb.is_some());
    }
}
