//! Frames as files: PNG, APNG, NPY, JSON, and films through `ffmpeg`. Knows nothing about what is seen in them.

use crate::arguments::Size;
use crate::failure::Failure;
use linetwin_run::files::write_atomic;
use png::{BitDepth, ColorType};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Row by row from the upper left.
pub enum Frame {
    /// Red, green, blue.
    Rgb(Vec<u8>),
    Grey16(Vec<u16>),
    /// Any numbers, for NPY.
    Metres(Vec<f32>),
}

impl Frame {
    fn as_png(&self) -> Option<(ColorType, BitDepth, Vec<u8>)> {
        match self {
            Frame::Rgb(bytes) => Some((ColorType::Rgb, BitDepth::Eight, bytes.clone())),
            Frame::Grey16(values) => {
                Some((ColorType::Grayscale, BitDepth::Sixteen, values.iter().flat_map(|value| value.to_be_bytes()).collect()))
            }
            Frame::Metres(_) => None,
        }
    }
}

pub fn not_written(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> Failure + use<> {
    let path = path.display().to_string();
    move |error| Failure::missing(format!("{path} cannot be written: {error}"))
}

pub fn write_frame(path: &Path, frame: &Frame, size: Size) -> Result<(), Failure> {
    let written = write_atomic(path, |writer| match (frame, frame.as_png()) {
        (Frame::Metres(values), _) => write_npy(writer, values, size),
        (_, Some((colour, depth, bytes))) => {
            let mut png = encoder(writer, size, colour, depth).write_header()?;
            png.write_image_data(&bytes)?;
            Ok(png.finish()?)
        }
        (_, None) => unreachable!("all but metres are pictures"),
    });
    written.map(|_| ()).map_err(|error| Failure::missing(error.to_string()))
}

pub fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), Failure> {
    let written = write_atomic(path, |writer| {
        serde_json::to_writer_pretty(&mut *writer, value)?;
        writeln!(writer)
    });
    written.map(|_| ()).map_err(|error| Failure::missing(error.to_string()))
}

fn encoder<W: Write>(writer: W, size: Size, colour: ColorType, depth: BitDepth) -> png::Encoder<'static, W> {
    let mut encoder = png::Encoder::new(writer, size.width_px, size.height_px);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder
}

/// NumPy's format 1.0: f32, little-endian, of shape (height, width).
fn write_npy(writer: &mut dyn Write, values: &[f32], size: Size) -> io::Result<()> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", size.height_px, size.width_px);
    // Everything before the numbers is a multiple of 64 bytes long and ends with a new line.
    let begun = 10 + header.len() + 1;
    header.push_str(&" ".repeat(begun.next_multiple_of(64) - begun));
    header.push('\n');
    writer.write_all(b"\x93NUMPY\x01\x00")?;
    writer.write_all(&(header.len() as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())?;
    values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes()))
}

/// Where the frames of a film go.
pub enum Film {
    Folder(PathBuf),
    /// Boxed: a PNG writer is large.
    Apng {
        path: PathBuf,
        unfinished: PathBuf,
        rate_hz: f64,
        frames: u32,
        writer: Option<Box<png::Writer<BufWriter<File>>>>,
    },
    Ffmpeg {
        path: PathBuf,
        unfinished: PathBuf,
        child: Child,
        input: Option<ChildStdin>,
    },
}

/// Films that `ffmpeg` makes.
pub const FFMPEG_FORMATS: [&str; 4] = ["mp4", "webm", "mkv", "gif"];

impl Film {
    /// By the ending of its name; without one, a folder.
    pub fn create(path: &Path, size: Size, rate_hz: f64, frames: u32) -> Result<Film, Failure> {
        let failed = not_written(path);
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            None => {
                std::fs::create_dir_all(path).map_err(|error| failed(&error))?;
                Ok(Film::Folder(path.to_path_buf()))
            }
            Some("apng") => {
                let unfinished = unfinished(path);
                File::create(&unfinished).map_err(|error| failed(&error))?;
                Ok(Film::Apng { path: path.to_path_buf(), unfinished, rate_hz, frames, writer: None })
            }
            Some(ending) if FFMPEG_FORMATS.contains(&ending) => start_ffmpeg(path, size, rate_hz),
            Some(_) => Err(Failure::usage(format!(
                "{} is no film: name a folder (without an ending), a file.apng, or where ffmpeg is installed .{}",
                path.display(),
                FFMPEG_FORMATS.join(", .")
            ))),
        }
    }

    /// Frame `index` of it. A folder also takes what belongs to a frame, as JSON.
    pub fn add(&mut self, index: u32, frame: &Frame, size: Size, told: Option<&serde_json::Value>) -> Result<(), Failure> {
        match self {
            Film::Folder(folder) => {
                let named = folder.join(format!("frame_{index:05}"));
                if let Some(told) = told {
                    write_json(&named.with_extension("json"), told)?;
                }
                write_frame(&named.with_extension(if matches!(frame, Frame::Metres(_)) { "npy" } else { "png" }), frame, size)
            }
            Film::Apng { path, unfinished, rate_hz, frames, writer } => {
                let failed = not_written(path);
                let (colour, depth, bytes) = frame.as_png().ok_or_else(|| failed(&"numbers are no picture"))?;
                if writer.is_none() {
                    let file = File::create(&*unfinished).map_err(|error| failed(&error))?;
                    let begun = || -> Result<_, png::EncodingError> {
                        let mut encoder = encoder(BufWriter::new(file), size, colour, depth);
                        encoder.set_animated(*frames, 0)?;
                        let (span, parts) = delay(*rate_hz);
                        encoder.set_frame_delay(span, parts)?;
                        encoder.write_header()
                    };
                    *writer = Some(Box::new(begun().map_err(|error| failed(&error))?));
                }
                let writer = writer.as_mut().expect("it was begun");
                writer.write_image_data(&bytes).map_err(|error| failed(&error))
            }
            Film::Ffmpeg { path, input, .. } => {
                let Frame::Rgb(bytes) = frame else {
                    return Err(not_written(path)(&"a film through ffmpeg has colours, 16 bits go into a folder or .apng"));
                };
                let input = input.as_mut().expect("it is open until the film is finished");
                // What it had to say stands on stderr already.
                input.write_all(bytes).map_err(|_| Failure::missing(format!("{}: ffmpeg has given up", path.display())))
            }
        }
    }

    /// Only now it has its name.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Film::Folder(_) => Ok(()),
            Film::Apng { path, unfinished, writer, .. } => {
                let failed = not_written(&path);
                if let Some(writer) = writer {
                    writer.finish().map_err(|error| failed(&error))?;
                }
                std::fs::rename(&unfinished, &path).map_err(|error| failed(&error))
            }
            Film::Ffmpeg { path, unfinished, mut child, input } => {
                let failed = not_written(&path);
                drop(input);
                let status = child.wait().map_err(|error| failed(&error))?;
                if !status.success() {
                    let _ = std::fs::remove_file(&unfinished);
                    return Err(Failure::missing(format!("{}: ffmpeg failed ({status})", path.display())));
                }
                std::fs::rename(&unfinished, &path).map_err(|error| failed(&error))
            }
        }
    }
}

/// Of a frame in an APNG [s], as a fraction.
fn delay(rate_hz: f64) -> (u16, u16) {
    if rate_hz.fract() == 0.0 { (1, rate_hz as u16) } else { ((10_000.0 / rate_hz).round().min(65_535.0) as u16, 10_000) }
}

/// Beside it, with the same ending: `ffmpeg` chooses its format by that.
fn unfinished(path: &Path) -> PathBuf {
    path.with_file_name(format!(".unfinished-{}", path.file_name().unwrap_or_default().to_string_lossy()))
}

fn start_ffmpeg(path: &Path, size: Size, rate_hz: f64) -> Result<Film, Failure> {
    let unfinished = unfinished(path);
    // Whether it can be written at all is ours to say, not ffmpeg's.
    File::create(&unfinished).map_err(|error| not_written(path)(&error))?;
    let is_gif = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gif"));
    // Most players want even sides and colours at half resolution; a GIF a palette of its own.
    let filter = if is_gif { "split[a][b];[a]palettegen[p];[b][p]paletteuse" } else { "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p" };
    let started = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-s", &format!("{}x{}", size.width_px, size.height_px), "-r", &rate_hz.to_string(), "-i", "-", "-vf", filter])
        .arg(&unfinished)
        .stdin(Stdio::piped())
        .spawn();
    match started {
        Ok(mut child) => {
            let input = child.stdin.take();
            Ok(Film::Ffmpeg { path: path.to_path_buf(), unfinished, child, input })
        }
        Err(error) => {
            let _ = std::fs::remove_file(&unfinished);
            Err(Failure::missing(format!(
                "ffmpeg cannot be started ({error}): install it (Debian: `apt install ffmpeg`), or name a folder or a file.apng instead"
            )))
        }
    }
}
