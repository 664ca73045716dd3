//! `scans.parquet`: the scans of lidars that record, a row per ray, in order of time, lidar, layer and ray. Owns the columns.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `t_ns` | int64 | simulated time of the scan in nanoseconds |
//! | `element` | dictionary | the lidar |
//! | `layer`, `ray` | uint32 | from the lowest, and from right to left, both from 0 |
//! | `range_m` | float32 | as measured; empty where nothing was met |
//! | `hit` | dictionary | `part`, `element`, `floor` |
//! | `hit_element` | dictionary | the element that was hit |
//! | `source`, `serial` | dictionary, uint32 | the part that was hit: who made it, and its number there |

use crate::journal::Block;
use crate::journal_table;
use crate::manifest::Manifest;
use arrow_array::builder::{Float32Builder, Int64Builder, StringDictionaryBuilder, UInt32Builder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use linetwin_model::Scene;
use linetwin_model::scene::{ElementId, ElementKind};
use linetwin_sim::port::Seen;
use linetwin_sim::ranging::Scan;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

pub fn write(scene: &Scene, manifest: &Manifest, journal: &Path, file: &mut (dyn Write + Send)) -> io::Result<()> {
    journal_table::write::<Rows>(scene, manifest, journal, file)
}

/// Rows that are being gathered, column by column.
#[derive(Default)]
struct Rows {
    count: usize,
    t_ns: Int64Builder,
    element: StringDictionaryBuilder<Int32Type>,
    layer: UInt32Builder,
    ray: UInt32Builder,
    range_m: Float32Builder,
    hit: StringDictionaryBuilder<Int32Type>,
    hit_element: StringDictionaryBuilder<Int32Type>,
    source: StringDictionaryBuilder<Int32Type>,
    serial: UInt32Builder,
}

impl journal_table::Rows for Rows {
    type Entry = Scan;

    fn schema() -> SchemaRef {
        let name = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Arc::new(Schema::new(vec![
            Field::new("t_ns", DataType::Int64, false),
            Field::new("element", name(), false),
            Field::new("layer", DataType::UInt32, false),
            Field::new("ray", DataType::UInt32, false),
            Field::new("range_m", DataType::Float32, true),
            Field::new("hit", name(), true),
            Field::new("hit_element", name(), true),
            Field::new("source", name(), true),
            Field::new("serial", DataType::UInt32, true),
        ]))
    }

    fn entries(block: &Block) -> &[Scan] {
        &block.scans
    }

    fn count(&self) -> usize {
        self.count
    }

    fn push(&mut self, scene: &Scene, scan: &Scan) {
        let name = |id: ElementId| scene.element(id).name.as_str();
        let ElementKind::Lidar(lidar) = &scene.element(scan.element).kind else { return };
        let places = (0..lidar.layers).flat_map(|layer| (0..lidar.rays).map(move |ray| (layer, ray)));
        let t_ns = i64::try_from(scan.at.0).expect("simulated time fits 292 years");
        for ((layer, ray), echo) in places.zip(&scan.echoes) {
            self.t_ns.append_value(t_ns);
            self.element.append_value(name(scan.element));
            self.layer.append_value(layer);
            self.ray.append_value(ray);
            self.range_m.append_option(echo.map(|echo| echo.range_m));
            let (hit, element, part) = match echo.map(|echo| echo.seen) {
                None => (None, None, None),
                Some(Seen::Floor) => (Some("floor"), None, None),
                Some(Seen::Element(element)) => (Some("element"), Some(name(element)), None),
                Some(Seen::Part(part)) => (Some("part"), None, Some(part)),
            };
            self.hit.append_option(hit);
            self.hit_element.append_option(element);
            self.source.append_option(part.map(|part| name(part.source)));
            self.serial.append_option(part.map(|part| part.serial));
            self.count += 1;
        }
    }

    fn take(&mut self, schema: &SchemaRef) -> io::Result<RecordBatch> {
        self.count = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.t_ns.finish()),
            Arc::new(self.element.finish()),
            Arc::new(self.layer.finish()),
            Arc::new(self.ray.finish()),
            Arc::new(self.range_m.finish()),
            Arc::new(self.hit.finish()),
            Arc::new(self.hit_element.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.serial.finish()),
        ];
        RecordBatch::try_new(schema.clone(), columns).map_err(io::Error::other)
    }
}
