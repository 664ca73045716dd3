//! The journal: per step the state hash, the events, and the scans that are recorded, appended block by block and never changed, only cut back to a
//! snapshot. From it come `events.parquet`, `scans.parquet` and replay's comparison. Knows nothing about what an event means, except
//! which belong to which level.
//!
//! ```text
//! header   magic 8 | format u32 | run key 32
//! block    payload length u32 | first 8 bytes of the payload's blake3 | payload: zstd(postcard(Block))
//! ```

use crate::files::{Durability, FileError, failed};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::ranging::Scan;
use linetwin_sim::simulation::StateHash;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"LTWJRNL\0";
const FORMAT: u32 = 2;
const HEADER_BYTES: u64 = 44;
/// Steps in a block: 10 s of the default step. Fewer cost compression, more cost memory and what a kill loses.
const BLOCK_STEPS: usize = 1_200;
/// Events and echoes in a block, so that a burst cannot grow it without bound.
const BLOCK_EVENTS: usize = 50_000;
const BLOCK_ECHOES: usize = 1 << 20;
/// A block beyond this is not one of ours: its length field is damaged.
const BLOCK_MAX_BYTES: u32 = 256 << 20;
const COMPRESSION_LEVEL: i32 = 3;

/// Which events are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventLevel {
    #[default]
    All,
    /// State changes, failures, rules, production events and invalid-run conditions: no part by part history.
    States,
    None,
}

impl EventLevel {
    pub fn keeps(self, kind: &EventKind) -> bool {
        match self {
            EventLevel::All => true,
            EventLevel::None => false,
            EventLevel::States => matches!(
                kind,
                EventKind::StateChanged { .. }
                    | EventKind::FailureBegan { .. }
                    | EventKind::FailureEnded { .. }
                    | EventKind::RepairBegan { .. }
                    | EventKind::FaultBegan { .. }
                    | EventKind::FaultEnded { .. }
                    | EventKind::FaultRepairBegan { .. }
                    | EventKind::PartUnseen { .. }
                    | EventKind::RuleBegan { .. }
                    | EventKind::RuleEnded { .. }
                    | EventKind::WorkMissed { .. }
                    | EventKind::Dropped { .. }
                    | EventKind::Misrouted { .. }
                    | EventKind::DivertMissed { .. }
                    | EventKind::JamBegan { .. }
                    | EventKind::JamEnded { .. }
                    | EventKind::ClearingCalled { .. }
                    | EventKind::ClearingBegan { .. }
                    | EventKind::ClearingEnded { .. }
                    | EventKind::Incident(_)
                    | EventKind::Stalled { .. }
                    | EventKind::Freed { .. }
                    | EventKind::Invalid { .. }
            ),
        }
    }
}

/// Consecutive steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Steps done before the first one of this block.
    pub first_step: u64,
    /// The first 8 bytes of the state hash after each step: enough to find the first that differs.
    pub hashes: Vec<u64>,
    pub events: Vec<Event>,
    /// Of lidars that record.
    pub scans: Vec<Scan>,
}

impl Block {
    pub fn end_step(&self) -> u64 {
        self.first_step + self.hashes.len() as u64
    }
}

pub fn short_hash(hash: StateHash) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| hash.0[index]))
}

/// A place to which the journal can be cut back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Bytes of the file.
    pub offset: u64,
    /// Steps done.
    pub step: u64,
}

pub struct JournalWriter {
    path: PathBuf,
    file: File,
    offset: u64,
    block: Block,
    /// In the block.
    echoes: usize,
    durability: Durability,
}

impl JournalWriter {
    /// An empty journal in place of what was there.
    pub fn create(path: &Path, run_key: &[u8; 32], durability: Durability) -> Result<Self, FileError> {
        let mut file = File::create(path).map_err(failed("create", path))?;
        let mut header = Vec::from(MAGIC);
        header.extend(FORMAT.to_le_bytes());
        header.extend(run_key);
        file.write_all(&header).and_then(|()| durability.sync(&file)).map_err(failed("write", path))?;
        Ok(JournalWriter { path: path.to_path_buf(), file, offset: HEADER_BYTES, block: Block::default(), echoes: 0, durability })
    }

    /// Goes on after `mark`, which [`marks`] gave; what follows it is cut off.
    pub fn cut_back(path: &Path, mark: Mark, durability: Durability) -> Result<Self, FileError> {
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().write(true).open(path)?;
            file.set_len(mark.offset)?;
            file.seek(SeekFrom::Start(mark.offset))?;
            Ok(file)
        };
        let file = open().map_err(failed("open", path))?;
        let block = Block { first_step: mark.step, ..Block::default() };
        Ok(JournalWriter { path: path.to_path_buf(), file, offset: mark.offset, block, echoes: 0, durability })
    }

    /// Scans of the step that is pushed next.
    pub fn push_scans(&mut self, scans: Vec<Scan>) {
        self.echoes += scans.iter().map(|scan| scan.echoes.len()).sum::<usize>();
        self.block.scans.extend(scans);
    }

    /// One step: the hash after it and the events of it.
    pub fn push(&mut self, hash: StateHash, events: impl IntoIterator<Item = Event>) -> Result<(), FileError> {
        self.block.hashes.push(short_hash(hash));
        self.block.events.extend(events);
        if self.block.hashes.len() >= BLOCK_STEPS || self.block.events.len() >= BLOCK_EVENTS || self.echoes >= BLOCK_ECHOES {
            self.write_block()?;
        }
        Ok(())
    }

    /// Everything so far is written, and on the disk where that is the writer's to see to; a snapshot may refer to it.
    pub fn sync(&mut self) -> Result<Mark, FileError> {
        if !self.block.hashes.is_empty() {
            self.write_block()?;
        }
        self.durability.sync(&self.file).map_err(failed("write", &self.path))?;
        Ok(Mark { offset: self.offset, step: self.block.first_step })
    }

    fn write_block(&mut self) -> Result<(), FileError> {
        self.echoes = 0;
        let next = Block { first_step: self.block.end_step(), ..Block::default() };
        let block = std::mem::replace(&mut self.block, next);
        let plain = postcard::to_allocvec(&block).expect("a block of numbers and ids is serialisable");
        // In one call: the compressor then takes memory for so many bytes, and not for as many as may come.
        let payload = zstd::bulk::compress(&plain, COMPRESSION_LEVEL).expect("compressing memory to memory");
        let length = u32::try_from(payload.len()).ok().filter(|&length| length <= BLOCK_MAX_BYTES);
        let mut bytes = Vec::with_capacity(payload.len() + 12);
        bytes.extend(length.expect("the limits of a block bound its bytes").to_le_bytes());
        bytes.extend(&blake3::hash(&payload).as_bytes()[..8]);
        bytes.extend(payload);
        self.file.write_all(&bytes).map_err(failed("write", &self.path))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is not a journal of this run")]
    Foreign,
    #[error("it is damaged after step {after_step}")]
    Damaged { after_step: u64 },
}

/// The blocks of a journal in order; ends at the first damaged one with an error.
pub struct JournalReader {
    file: BufReader<File>,
    mark: Mark,
}

impl JournalReader {
    pub fn open(path: &Path, run_key: &[u8; 32]) -> Result<Self, JournalError> {
        let mut file = BufReader::new(File::open(path)?);
        let mut header = [0; HEADER_BYTES as usize];
        file.read_exact(&mut header).map_err(|_| JournalError::Foreign)?;
        if header[..8] != MAGIC || header[8..12] != FORMAT.to_le_bytes() || header[12..] != *run_key {
            return Err(JournalError::Foreign);
        }
        Ok(JournalReader { file, mark: Mark { offset: HEADER_BYTES, step: 0 } })
    }

    /// Goes on behind the block that ended at `mark`.
    pub fn open_at(path: &Path, run_key: &[u8; 32], mark: Mark) -> Result<Self, JournalError> {
        let mut reader = JournalReader::open(path, run_key)?;
        reader.file.seek(SeekFrom::Start(mark.offset))?;
        reader.mark = mark;
        Ok(reader)
    }

    /// The end of the last whole block.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// `None` at the end of the file.
    pub fn next_block(&mut self) -> Result<Option<Block>, JournalError> {
        let damaged = JournalError::Damaged { after_step: self.mark.step };
        let mut length = [0; 4];
        match self.file.read(&mut length)? {
            0 => return Ok(None),
            read => {
                if self.file.read_exact(&mut length[read..]).is_err() {
                    return Err(damaged);
                }
            }
        }
        let length = u32::from_le_bytes(length);
        let mut bytes = Vec::new();
        if length > BLOCK_MAX_BYTES || (&mut self.file).take(u64::from(length) + 8).read_to_end(&mut bytes)? as u64 != u64::from(length) + 8
        {
            return Err(damaged);
        }
        let (checksum, payload) = bytes.split_at(8);
        if blake3::hash(payload).as_bytes()[..8] != *checksum {
            return Err(damaged);
        }
        let plain = zstd::decode_all(payload).map_err(|_| JournalError::Damaged { after_step: self.mark.step })?;
        let block: Block = postcard::from_bytes(&plain).map_err(|_| JournalError::Damaged { after_step: self.mark.step })?;
        if block.first_step != self.mark.step {
            return Err(damaged);
        }
        self.mark = Mark { offset: self.mark.offset + 12 + u64::from(length), step: block.end_step() };
        Ok(Some(block))
    }
}

/// Every place to which the journal can be cut back, in order; none where it is missing or foreign.
pub fn marks(path: &Path, run_key: &[u8; 32]) -> Vec<Mark> {
    let Ok(mut reader) = JournalReader::open(path, run_key) else { return Vec::new() };
    let mut marks = vec![reader.mark];
    while let Ok(Some(_)) = reader.next_block() {
        marks.push(reader.mark);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::Time;
    use linetwin_model::scene::ElementId;
    use std::fs;

    fn event(step: u64) -> Event {
        Event { at: Time(step), kind: EventKind::Stalled { element: ElementId(step as u32 % 7) } }
    }

    fn hash(step: u64) -> StateHash {
        StateHash(*blake3::hash(&step.to_le_bytes()).as_bytes())
    }

    /// A journal of 3,000 steps with a mark at step 1,500.
    fn written(path: &Path) -> Mark {
        let mut journal = JournalWriter::create(path, &[7; 32], Durability::EachFile).expect("a temporary folder is writable");
        let mut mark = None;
        for step in 0..3_000 {
            journal.push(hash(step), (step % 3 == 0).then(|| event(step))).expect("writable");
            if step == 1_499 {
                mark = Some(journal.sync().expect("writable"));
            }
        }
        journal.sync().expect("writable");
        mark.expect("step 1,499 is passed")
    }

    fn all_blocks(path: &Path) -> Vec<Block> {
        let mut reader = JournalReader::open(path, &[7; 32]).expect("our journal");
        std::iter::from_fn(|| reader.next_block().expect("undamaged")).collect()
    }

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("linetwin-journal-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn what_is_written_is_read_and_a_cut_journal_grows_to_the_same_bytes() {
        let path = scratch("cut");
        let mark = written(&path);
        let whole = fs::read(&path).expect("written");
        let blocks = all_blocks(&path);
        let hashes: Vec<u64> = blocks.iter().flat_map(|block| block.hashes.clone()).collect();
        assert_eq!(hashes, (0..3_000).map(|step| short_hash(hash(step))).collect::<Vec<_>>());
        let events: Vec<Event> = blocks.iter().flat_map(|block| block.events.clone()).collect();
        assert_eq!(events, (0..3_000).filter(|step| step % 3 == 0).map(event).collect::<Vec<_>>());

        assert!(marks(&path, &[7; 32]).contains(&mark));
        let mut journal = JournalWriter::cut_back(&path, mark, Durability::EachFile).expect("writable");
        for step in mark.step..3_000 {
            journal.push(hash(step), (step % 3 == 0).then(|| event(step))).expect("writable");
        }
        journal.sync().expect("writable");
        assert_eq!(fs::read(&path).expect("written"), whole);
        fs::remove_file(&path).expect("ours");
    }

    /// Whatever single byte is damaged, the reader neither panics nor gives a block that was not written.
    #[test]
    fn damage_ends_the_journal_where_it_is() {
        let path = scratch("damage");
        written(&path);
        let whole = fs::read(&path).expect("written");
        let blocks = all_blocks(&path);
        let all_marks = marks(&path, &[7; 32]);
        for position in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[position] ^= 0x40;
            fs::write(&path, &damaged).expect("writable");
            let usable = marks(&path, &[7; 32]);
            assert!(usable.len() < all_marks.len() && usable[..] == all_marks[..usable.len()], "byte {position}");
        }
        for length in (0..whole.len()).step_by(211) {
            fs::write(&path, &whole[..length]).expect("writable");
            let usable = marks(&path, &[7; 32]);
            assert!(usable[..] == all_marks[..usable.len()] && usable.iter().all(|mark| mark.offset <= length as u64));
        }
        assert!(marks(&path, &[8; 32]).is_empty(), "a journal of another run is not ours");
        assert_eq!(blocks.len(), all_marks.len() - 1);
        fs::remove_file(&path).expect("ours");
    }
}
