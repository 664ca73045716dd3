//! Snapshot files: the envelope around a saved simulation, so that a damaged, foreign or older one is told apart
//! before the engine sees a byte of it. Owns their names and how many are kept.
//!
//! ```text
//! magic 8 | format u32 | header length u32 | header: postcard(Header) | blake3 of the header 32 | zstd(payload)
//! ```

use crate::files::{Durability, FileError, failed, names_in, write_whole};
use crate::journal::Mark;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"LTWSNAP\0";
const FORMAT: u32 = 1;
const COMPRESSION_LEVEL: i32 = 3;
/// Kept at most; then every second older one goes, so that replay still finds one near any step of a long run.
const KEPT_MAX: usize = 32;

/// What must agree before a snapshot may be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub engine_version: String,
    pub source_hash: String,
    pub run_key: [u8; 32],
    pub scene_hash: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    origin: Origin,
    /// The journal up to here belongs to this snapshot.
    journal: Mark,
    payload_bytes: u64,
    payload_blake3: [u8; 32],
}

/// A snapshot that can be trusted: origin and hash agree.
#[derive(Debug)]
pub struct Snapshot {
    pub journal: Mark,
    pub payload: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFileError {
    #[error("it cannot be read ({0})")]
    Unreadable(String),
    #[error("it is damaged ({0})")]
    Damaged(&'static str),
    #[error("its format is {found}, this engine writes {FORMAT}")]
    OtherFormat { found: u32 },
    #[error("it was written by engine {found}")]
    OtherEngine { found: String },
    #[error("it belongs to another scene or run")]
    OtherRun,
}

/// Where the snapshot after `step` steps lies; the number is padded so that names sort by it.
pub fn path_of(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("step-{step:012}.snapshot"))
}

fn step_of(name: &str) -> Option<u64> {
    name.strip_prefix("step-")?.strip_suffix(".snapshot")?.parse().ok()
}

/// The steps for which there is a file, in order.
pub fn steps_in(folder: &Path) -> Result<Vec<u64>, FileError> {
    Ok(names_in(folder)?.iter().filter_map(|name| step_of(name)).collect())
}

pub fn write(folder: &Path, origin: &Origin, journal: Mark, payload: &[u8], durability: Durability) -> Result<(), FileError> {
    let header =
        Header { origin: origin.clone(), journal, payload_bytes: payload.len() as u64, payload_blake3: *blake3::hash(payload).as_bytes() };
    let header = postcard::to_allocvec(&header).expect("a header of strings and numbers is serialisable");
    let packed = zstd::bulk::compress(payload, COMPRESSION_LEVEL).expect("compressing memory to memory");
    let length = u32::try_from(header.len()).expect("a header is a few hundred bytes");
    write_whole(&path_of(folder, journal.step), durability, |file| {
        file.write_all(&MAGIC)?;
        file.write_all(&FORMAT.to_le_bytes())?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(&header)?;
        file.write_all(blake3::hash(&header).as_bytes())?;
        file.write_all(&packed)
    })?;
    thin_out(folder)
}

fn thin_out(folder: &Path) -> Result<(), FileError> {
    let steps = steps_in(folder)?;
    if steps.len() <= KEPT_MAX {
        return Ok(());
    }
    // The newest two stay: if the last is damaged, resume goes back one interval and no more.
    for step in steps[..steps.len() - 2].iter().skip(1).step_by(2) {
        remove(folder, *step)?;
    }
    Ok(())
}

pub fn remove(folder: &Path, step: u64) -> Result<(), FileError> {
    let path = path_of(folder, step);
    fs::remove_file(&path).map_err(failed("remove", &path))
}

pub fn read(path: &Path, expected: &Origin) -> Result<Snapshot, SnapshotFileError> {
    let bytes = fs::read(path).map_err(|error| SnapshotFileError::Unreadable(error.to_string()))?;
    unpack(&bytes, expected)
}

fn unpack(bytes: &[u8], expected: &Origin) -> Result<Snapshot, SnapshotFileError> {
    use SnapshotFileError::Damaged;
    let (magic, rest) = bytes.split_at_checked(8).ok_or(Damaged("too short"))?;
    if magic != MAGIC {
        return Err(Damaged("not a snapshot"));
    }
    let (format, rest) = rest.split_first_chunk::<4>().ok_or(Damaged("too short"))?;
    if u32::from_le_bytes(*format) != FORMAT {
        return Err(SnapshotFileError::OtherFormat { found: u32::from_le_bytes(*format) });
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(Damaged("too short"))?;
    let (header, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Damaged("too short"))?;
    let (checksum, packed) = rest.split_first_chunk::<32>().ok_or(Damaged("too short"))?;
    if blake3::hash(header).as_bytes() != checksum {
        return Err(Damaged("its header does not match its hash"));
    }
    let header: Header = postcard::from_bytes(header).map_err(|_| Damaged("its header cannot be decoded"))?;
    let (found, wanted) = (&header.origin, expected);
    if (&found.engine_version, &found.source_hash) != (&wanted.engine_version, &wanted.source_hash) {
        return Err(SnapshotFileError::OtherEngine { found: format!("{} ({})", found.engine_version, short(&found.source_hash)) });
    }
    if found != wanted {
        return Err(SnapshotFileError::OtherRun);
    }
    let payload = zstd::decode_all(packed).map_err(|_| Damaged("it cannot be decompressed"))?;
    if payload.len() as u64 != header.payload_bytes || *blake3::hash(&payload).as_bytes() != header.payload_blake3 {
        return Err(Damaged("its contents do not match their hash"));
    }
    Ok(Snapshot { journal: header.journal, payload })
}

/// The first digits of a hash, for people.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { engine_version: "0.1.0".into(), source_hash: "abc".into(), run_key: [1; 32], scene_hash: [2; 32] }
    }

    fn packed() -> (Vec<u8>, Vec<u8>) {
        let folder = std::env::temp_dir().join(format!("linetwin-snapshot-{}-{:?}", std::process::id(), std::thread::current().id()));
        fs::create_dir_all(&folder).expect("a temporary folder is writable");
        let payload: Vec<u8> = (0..5_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        write(&folder, &origin(), Mark { offset: 44, step: 3 }, &payload, Durability::EachFile).expect("writable");
        let bytes = fs::read(path_of(&folder, 3)).expect("written");
        assert_eq!(names_in(&folder).expect("listable"), ["step-000000000003.snapshot"], "no temporary file is left");
        fs::remove_dir_all(&folder).expect("ours");
        (bytes, payload)
    }

    #[test]
    fn a_snapshot_is_read_back_and_no_damaged_byte_passes() {
        let (bytes, payload) = packed();
        let read = unpack(&bytes, &origin()).expect("undamaged");
        assert_eq!((&read.payload, read.journal), (&payload, Mark { offset: 44, step: 3 }));
        let mut refused = 0;
        for position in (0..bytes.len()).step_by(13) {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            // A bit that compression does not use may flip; what is unpacked must be what was packed.
            let accepted = unpack(&damaged, &origin()).is_ok_and(|read| read.payload != payload);
            assert!(!accepted, "byte {position} of {}", bytes.len());
            refused += u32::from(unpack(&damaged, &origin()).is_err());
        }
        assert!(refused > 100, "{refused}");
        for length in (0..bytes.len()).step_by(101) {
            assert!(unpack(&bytes[..length], &origin()).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_foreign_snapshot_says_whose_it_is() {
        let (bytes, _) = packed();
        let refused = |origin: Origin| unpack(&bytes, &origin).err();
        assert_eq!(refused(Origin { scene_hash: [9; 32], ..origin() }), Some(SnapshotFileError::OtherRun));
        assert_eq!(refused(Origin { run_key: [9; 32], ..origin() }), Some(SnapshotFileError::OtherRun));
        let found = "0.1.0 (abc)".to_string();
        assert_eq!(refused(Origin { source_hash: "def".into(), ..origin() }), Some(SnapshotFileError::OtherEngine { found }));
    }
}
