//! Writing files so that a reader sees the old bytes or the new ones, never half of them. Knows nothing about what is
//! written.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file operation that failed, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}{}", path.display(), remedy(source))]
pub struct FileError {
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; make room and give the same command again: it goes on from the last snapshot"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "; choose a folder you may write to with --out",
        _ => "",
    }
}

/// For `map_err`: names the action and the path.
pub fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> FileError + 'a {
    move |source| FileError { action, path: path.to_path_buf(), source }
}

/// Who sees to it that what is written is there after a power failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The writer, file by file.
    #[default]
    EachFile,
    /// Whoever started the writer, for many at once ([`sync_all_in`]). Until then any file may come out of a power failure empty or
    /// missing, and readers must notice; the end of the process alone loses nothing.
    ByStarter,
}

impl Durability {
    pub fn sync(self, file: &File) -> io::Result<()> {
        match self {
            Durability::EachFile => file.sync_all(),
            Durability::ByStarter => Ok(()),
        }
    }
}

/// Whether this system can do [`sync_all_in`].
pub const SYNCS_MANY: bool = cfg!(target_os = "linux");

/// Everything that anybody has written to the file system of `folder` is on the disk when this returns.
#[cfg(target_os = "linux")]
pub fn sync_all_in(folder: &Path) -> Result<(), FileError> {
    let synced = File::open(folder).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
    synced.map_err(failed("sync", folder))
}

#[cfg(not(target_os = "linux"))]
pub fn sync_all_in(_folder: &Path) -> Result<(), FileError> {
    Ok(())
}

/// What was written: enough to recognise it again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    pub bytes: u64,
    pub blake3: String,
}

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> Self {
        Fingerprint { bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }

    /// Of a file; `None` where it is missing or cannot be read.
    pub fn of_file(path: &Path) -> Option<Self> {
        let mut writer = HashingWriter::new(io::sink());
        io::copy(&mut File::open(path).ok()?, &mut writer).ok()?;
        Some(writer.fingerprint())
    }
}

/// Passes bytes on and remembers their hash.
pub struct HashingWriter<W> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    pub fn new(inner: W) -> Self {
        HashingWriter { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint { bytes: self.bytes, blake3: self.hasher.finalize().to_hex().to_string() }
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A temporary name beside `path`; one writer per directory makes a fixed name safe, and lets the next writer find
/// what a killed one left.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().expect("a file to write has a name").to_string_lossy();
    path.with_file_name(format!(".{name}.tmp"))
}

fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".tmp")
}

/// Writes through a temporary file, `fsync` and a rename.
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<Fingerprint, FileError> {
    write_whole(path, Durability::EachFile, write)
}

/// The same; whether it is synced is up to `durability`.
pub fn write_whole(
    path: &Path,
    durability: Durability,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<Fingerprint, FileError> {
    let temporary = temporary(path);
    let attempt = || -> io::Result<Fingerprint> {
        // Buffered before it is hashed: values come a few bytes at a time.
        let mut writer = BufWriter::new(HashingWriter::new(File::create(&temporary)?));
        write(&mut writer)?;
        writer.flush()?;
        durability.sync(&writer.get_ref().inner)?;
        fs::rename(&temporary, path)?;
        sync_folder(path, durability)?;
        Ok(writer.get_ref().fingerprint())
    };
    attempt().map_err(|source| {
        // The write failed; whether the leftover can be removed as well changes nothing about the error to report.
        let _ = fs::remove_file(&temporary);
        FileError { action: "write", path: path.to_path_buf(), source }
    })
}

/// Makes a rename durable: the name lives in the folder, not in the file.
fn sync_folder(path: &Path, durability: Durability) -> io::Result<()> {
    if cfg!(unix) && durability == Durability::EachFile {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

/// Removes what a killed writer left in `folder`.
pub fn remove_temporaries(folder: &Path) -> Result<(), FileError> {
    for name in names_in(folder)? {
        if is_temporary(&name) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// The names in `folder`, sorted; none where it does not exist.
pub fn names_in(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed("list", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(failed("list", folder))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether `name` may lie in a directory whose manifest was never written: only what comes before it.
pub fn precedes_manifest(name: &str) -> bool {
    name == "lock" || name == "inputs" || is_temporary(name)
}
