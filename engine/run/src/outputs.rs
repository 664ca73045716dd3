//! The files a finished run leaves: which there are, and that each is written from the same things, to the disk by a
//! run and into a hash by replay. Their contents are the neighbours' business.

use crate::directory::journal_path;
use crate::error::RunError;
use crate::files::{Durability, Fingerprint, HashingWriter, failed, write_whole};
use crate::journal::EventLevel;
use crate::manifest::{Manifest, Output};
use crate::{events_table, kpi_table, report, scans_table};
use linetwin_model::Scene;
use linetwin_model::report::KpiReport;
use linetwin_model::scene::{Element, ElementKind};
use std::io::{self, Write};
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    KpiJson,
    KpiCsv,
    Events,
    Scans,
    Report,
}

impl OutputKind {
    pub fn file(self) -> &'static str {
        match self {
            OutputKind::KpiJson => "kpi.json",
            OutputKind::KpiCsv => "kpi.csv",
            OutputKind::Events => "events.parquet",
            OutputKind::Scans => "scans.parquet",
            OutputKind::Report => "report.html",
        }
    }
}

/// What outputs are made from. Nothing in it that is used may differ between two runs of the same key.
pub struct OutputInputs<'a> {
    pub dir: &'a Path,
    pub scene: &'a Scene,
    pub report: &'a KpiReport,
    pub manifest: &'a Manifest,
}

impl OutputInputs<'_> {
    fn kinds(&self) -> impl Iterator<Item = OutputKind> + use<> {
        let with_events = self.manifest.events != EventLevel::None;
        let records = |element: &Element| matches!(&element.kind, ElementKind::Lidar(lidar) if lidar.records);
        let with_scans = self.scene.elements.iter().any(records);
        let all = [OutputKind::KpiJson, OutputKind::KpiCsv, OutputKind::Events, OutputKind::Scans, OutputKind::Report];
        all.into_iter().filter(move |kind| match kind {
            OutputKind::Events => with_events,
            OutputKind::Scans => with_scans,
            _ => true,
        })
    }

    fn write(&self, kind: OutputKind, file: &mut (dyn Write + Send)) -> io::Result<()> {
        match kind {
            OutputKind::KpiJson => write_kpi_json(self.report, file),
            OutputKind::KpiCsv => kpi_table::write(self.report, file),
            OutputKind::Events => events_table::write(self.scene, self.manifest, &journal_path(self.dir), file),
            OutputKind::Scans => scans_table::write(self.scene, self.manifest, &journal_path(self.dir), file),
            OutputKind::Report => report::write(self.scene, self.report, self.manifest, file),
        }
    }
}

/// `page`: with `report.html`.
pub fn write_all(inputs: &OutputInputs<'_>, page: bool, durability: Durability) -> Result<Vec<Output>, RunError> {
    inputs.kinds().filter(|kind| page || *kind != OutputKind::Report).map(|kind| write_one(inputs, kind, durability)).collect()
}

pub fn write_one(inputs: &OutputInputs<'_>, kind: OutputKind, durability: Durability) -> Result<Output, RunError> {
    let fingerprint = write_whole(&inputs.dir.join(kind.file()), durability, |file| inputs.write(kind, file))?;
    Ok(Output { file: kind.file().to_string(), fingerprint })
}

/// What the outputs would be that the manifest names, without writing them.
pub fn fingerprints(inputs: &OutputInputs<'_>) -> Result<Vec<(&'static str, Fingerprint)>, RunError> {
    let mut found = Vec::new();
    for kind in inputs.kinds().filter(|kind| inputs.manifest.outputs.iter().any(|output| output.file == kind.file())) {
        let mut writer = HashingWriter::new(io::sink());
        inputs.write(kind, &mut writer).map_err(failed("make again", Path::new(kind.file())))?;
        found.push((kind.file(), writer.fingerprint()));
    }
    Ok(found)
}

fn write_kpi_json(report: &KpiReport, file: &mut (dyn Write + Send)) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *file, report)?;
    file.write_all(b"\n")
}

pub fn read_kpi_json(dir: &Path) -> Result<KpiReport, RunError> {
    let path = dir.join(OutputKind::KpiJson.file());
    let text = std::fs::read(&path).map_err(failed("read", &path))?;
    serde_json::from_slice(&text).map_err(|error| RunError::Damaged { path, reason: error.to_string() })
}
