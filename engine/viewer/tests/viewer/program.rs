//! Starts the program and reads what it wrote.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn scene(name: &str) -> PathBuf {
    repository().join("scenes").join(name)
}

pub fn render(scene: &Path, arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer"));
    command.arg("render").arg(scene).args(arguments).arg("--out").arg(out);
    command.output().expect("the viewer starts")
}

pub fn assert_rendered(scene: &Path, arguments: &[&str], out: &Path) {
    let output = render(scene, arguments, out);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {told}", scene.display());
}

pub struct Png {
    pub width: usize,
    pub bits: u8,
    /// As stored; 16 bits big-endian.
    pub bytes: Vec<u8>,
}

impl Png {
    pub fn read(path: &Path) -> Png {
        let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("it is a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("it fits")];
        let info = reader.next_frame(&mut bytes).expect("it is whole");
        bytes.truncate(info.buffer_size());
        Png { width: info.width as usize, bits: info.bit_depth as u8, bytes }
    }

    /// Of 16 bits.
    pub fn values(&self) -> Vec<u16> {
        assert_eq!(self.bits, 16);
        self.bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }
}

pub fn json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("it is JSON")
}
