//! MCAP, as its specification lays it down: chunks of messages, compressed with zstd, each with its index, and a summary at
//! the end. Holds one chunk and the index, however long the file. Knows nothing about what the messages say.

use std::collections::BTreeMap;
use std::io::{self, Write};

const MAGIC: &[u8] = b"\x89MCAP0\r\n";
const HEADER: u8 = 0x01;
const FOOTER: u8 = 0x02;
const SCHEMA: u8 = 0x03;
const CHANNEL: u8 = 0x04;
const MESSAGE: u8 = 0x05;
const CHUNK: u8 = 0x06;
const MESSAGE_INDEX: u8 = 0x07;
const CHUNK_INDEX: u8 = 0x08;
const STATISTICS: u8 = 0x0b;
const SUMMARY_OFFSET: u8 = 0x0e;
const DATA_END: u8 = 0x0f;
/// A chunk is closed when it holds so much [bytes].
const CHUNK_BYTES: usize = 1 << 20;
const COMPRESSION_LEVEL: i32 = 3;

#[derive(Default)]
pub struct McapWriter {
    /// What was not drained yet, and how much was before.
    out: Vec<u8>,
    drained: u64,
    schemas: Vec<Vec<u8>>,
    channels: Vec<Vec<u8>>,
    chunk: Chunk,
    chunk_indexes: Vec<Vec<u8>>,
    /// By channel.
    counts: BTreeMap<u16, u64>,
    /// First and last [ns].
    times: Option<[u64; 2]>,
}

#[derive(Default)]
struct Chunk {
    records: Vec<u8>,
    times: Option<[u64; 2]>,
    /// By channel: time and place in the chunk of each message.
    index: BTreeMap<u16, Vec<(u64, u64)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelId(u16);

impl McapWriter {
    pub fn new(library: &str) -> Self {
        let mut writer = McapWriter { out: MAGIC.to_vec(), ..McapWriter::default() };
        let mut header = Vec::new();
        string(&mut header, "");
        string(&mut header, library);
        record(&mut writer.out, HEADER, &header);
        writer
    }

    /// A schema of protobuf messages, by the full name of the message; its number.
    pub fn add_schema(&mut self, name: &str, descriptors: &[u8]) -> u16 {
        let id = self.schemas.len() as u16 + 1;
        let mut content = id.to_le_bytes().to_vec();
        string(&mut content, name);
        string(&mut content, "protobuf");
        bytes(&mut content, descriptors);
        record(&mut self.chunk.records, SCHEMA, &content);
        self.schemas.push(content);
        id
    }

    pub fn add_channel(&mut self, topic: &str, schema: u16) -> ChannelId {
        let id = self.channels.len() as u16;
        let mut content = id.to_le_bytes().to_vec();
        content.extend(schema.to_le_bytes());
        string(&mut content, topic);
        string(&mut content, "protobuf");
        // No metadata.
        bytes(&mut content, &[]);
        record(&mut self.chunk.records, CHANNEL, &content);
        self.channels.push(content);
        ChannelId(id)
    }

    /// `at_ns` does not descend.
    pub fn write(&mut self, ChannelId(channel): ChannelId, at_ns: u64, data: &[u8]) {
        let count = self.counts.entry(channel).or_insert(0);
        let mut content = channel.to_le_bytes().to_vec();
        content.extend((*count as u32).to_le_bytes());
        content.extend(at_ns.to_le_bytes());
        content.extend(at_ns.to_le_bytes());
        content.extend(data);
        *count += 1;
        let place = self.chunk.records.len() as u64;
        self.chunk.index.entry(channel).or_default().push((at_ns, place));
        record(&mut self.chunk.records, MESSAGE, &content);
        let widened = |times: Option<[u64; 2]>| Some(times.map_or([at_ns; 2], |[first, _]| [first, at_ns]));
        (self.chunk.times, self.times) = (widened(self.chunk.times), widened(self.times));
        if self.chunk.records.len() >= CHUNK_BYTES {
            self.close_chunk();
        }
    }

    fn here(&self) -> u64 {
        self.drained + self.out.len() as u64
    }

    /// Chunks that are closed leave the memory.
    pub fn drain(&mut self, into: &mut dyn Write) -> io::Result<()> {
        into.write_all(&self.out)?;
        self.drained += self.out.len() as u64;
        self.out.clear();
        Ok(())
    }

    fn close_chunk(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.records.is_empty() {
            return;
        }
        let packed = zstd::encode_all(chunk.records.as_slice(), COMPRESSION_LEVEL).expect("compressing memory to memory");
        let ([first, last], begin) = (chunk.times.unwrap_or_default(), self.here());
        let mut content = Vec::with_capacity(packed.len() + 64);
        content.extend(first.to_le_bytes());
        content.extend(last.to_le_bytes());
        content.extend((chunk.records.len() as u64).to_le_bytes());
        // A checksum of 0 is none.
        content.extend(0u32.to_le_bytes());
        string(&mut content, "zstd");
        content.extend((packed.len() as u64).to_le_bytes());
        content.extend(&packed);
        record(&mut self.out, CHUNK, &content);
        let chunk_end = self.here();
        let mut offsets = Vec::new();
        for (channel, messages) in &chunk.index {
            offsets.extend(channel.to_le_bytes());
            offsets.extend((self.here()).to_le_bytes());
            let rows: Vec<u8> = messages.iter().flat_map(|(at, place)| [at.to_le_bytes(), place.to_le_bytes()].concat()).collect();
            let mut content = channel.to_le_bytes().to_vec();
            bytes(&mut content, &rows);
            record(&mut self.out, MESSAGE_INDEX, &content);
        }
        let mut index = Vec::new();
        for number in [first, last, begin, chunk_end - begin] {
            index.extend(number.to_le_bytes());
        }
        bytes(&mut index, &offsets);
        index.extend((self.here() - chunk_end).to_le_bytes());
        string(&mut index, "zstd");
        index.extend((packed.len() as u64).to_le_bytes());
        index.extend((chunk.records.len() as u64).to_le_bytes());
        self.chunk_indexes.push(index);
    }

    /// The rest of the file.
    pub fn finish(mut self, into: &mut dyn Write) -> io::Result<()> {
        self.close_chunk();
        record(&mut self.out, DATA_END, &0u32.to_le_bytes());
        let summary = self.here();
        let statistics = self.statistics();
        let mut groups = Vec::new();
        for (opcode, rows) in
            [(SCHEMA, &self.schemas), (CHANNEL, &self.channels), (STATISTICS, &vec![statistics]), (CHUNK_INDEX, &self.chunk_indexes)]
        {
            let begin = self.here();
            rows.iter().for_each(|row| record(&mut self.out, opcode, row));
            if !rows.is_empty() {
                groups.push((opcode, begin, self.here() - begin));
            }
        }
        let offsets = self.here();
        for (opcode, begin, length) in groups {
            let content = [[opcode].as_slice(), &begin.to_le_bytes(), &length.to_le_bytes()].concat();
            record(&mut self.out, SUMMARY_OFFSET, &content);
        }
        let content = [summary.to_le_bytes().as_slice(), &offsets.to_le_bytes(), &0u32.to_le_bytes()].concat();
        record(&mut self.out, FOOTER, &content);
        self.out.extend(MAGIC);
        self.drain(into)
    }

    fn statistics(&self) -> Vec<u8> {
        let [first, last] = self.times.unwrap_or_default();
        let mut content = self.counts.values().sum::<u64>().to_le_bytes().to_vec();
        content.extend((self.schemas.len() as u16).to_le_bytes());
        // Channels, attachments, metadata, chunks.
        for count in [self.channels.len(), 0, 0, self.chunk_indexes.len()] {
            content.extend((count as u32).to_le_bytes());
        }
        content.extend(first.to_le_bytes());
        content.extend(last.to_le_bytes());
        let counts: Vec<u8> =
            self.counts.iter().flat_map(|(channel, count)| [channel.to_le_bytes().as_slice(), &count.to_le_bytes()].concat()).collect();
        bytes(&mut content, &counts);
        content
    }
}

fn record(out: &mut Vec<u8>, opcode: u8, content: &[u8]) {
    out.push(opcode);
    out.extend((content.len() as u64).to_le_bytes());
    out.extend(content);
}

fn string(out: &mut Vec<u8>, text: &str) {
    bytes(out, text.as_bytes());
}

fn bytes(out: &mut Vec<u8>, data: &[u8]) {
    out.extend(u32::try_from(data.len()).expect("a record is far smaller than 4 GiB").to_le_bytes());
    out.extend(data);
}
