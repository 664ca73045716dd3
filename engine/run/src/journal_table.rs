//! Streams what the journal holds into a Parquet file, so many rows at a time. Knows nothing about the columns.

use crate::journal::{Block, JournalError, JournalReader};
use crate::manifest::Manifest;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use linetwin_model::Scene;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::io::{self, Write};
use std::path::Path;

/// Rows in a row group: bounds the memory of writer and reader.
const ROW_GROUP_ROWS: usize = 1 << 18;
/// Rows handed over at once, to the nearest entry of the journal.
const BATCH_ROWS: usize = 1 << 15;
const COMPRESSION_LEVEL: i32 = 3;

/// Rows that are being gathered, column by column.
pub trait Rows: Default {
    /// What the journal holds of them.
    type Entry;
    fn schema() -> SchemaRef;
    fn entries(block: &Block) -> &[Self::Entry];
    fn push(&mut self, scene: &Scene, entry: &Self::Entry);
    fn count(&self) -> usize;
    /// All rows so far; none are left.
    fn take(&mut self, schema: &SchemaRef) -> io::Result<RecordBatch>;
}

pub fn write<R: Rows>(scene: &Scene, manifest: &Manifest, journal: &Path, file: &mut (dyn Write + Send)) -> io::Result<()> {
    let schema = R::schema();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties(manifest)?))?;
    let mut journal = JournalReader::open(journal, &manifest.run_key_bytes()).map_err(into_io)?;
    let mut rows = R::default();
    while let Some(block) = journal.next_block().map_err(into_io)? {
        for entry in R::entries(&block) {
            rows.push(scene, entry);
            if rows.count() >= BATCH_ROWS {
                writer.write(&rows.take(&schema)?)?;
            }
        }
    }
    writer.write(&rows.take(&schema)?)?;
    writer.close()?;
    Ok(())
}

fn into_io(error: JournalError) -> io::Error {
    match error {
        JournalError::Unreadable(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("the journal: {other}")),
    }
}

fn properties(manifest: &Manifest) -> io::Result<WriterProperties> {
    let facts = [
        ("linetwin.run_key", manifest.run_key.clone()),
        ("linetwin.scene", manifest.scene.clone()),
        ("linetwin.seed", manifest.seed.to_string()),
        ("linetwin.replication", manifest.replication.to_string()),
    ];
    let facts = facts.into_iter().map(|(key, value)| KeyValue::new(key.to_string(), value)).collect();
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(facts))
        .build())
}
