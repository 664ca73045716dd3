//! `kpi.csv`: every KPI of the report as one row. RFC 4180 with a byte order mark, without which Excel reads UTF-8 as
//! the machine's old code page.

use linetwin_model::report::KpiReport;
use std::io::{self, Write};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Columns `kpi,value,unit`; an empty value says that the figure cannot be estimated from this run.
pub fn write(report: &KpiReport, file: &mut dyn Write) -> io::Result<()> {
    let mut table = writer(file)?;
    table.write_record(["kpi", "value", "unit"])?;
    for kpi in report.flat() {
        let value = kpi.value.map(|value| value.to_string()).unwrap_or_default();
        table.write_record([kpi.path.as_str(), &value, &kpi.unit])?;
    }
    table.flush()
}

/// Of a table of ours.
pub(crate) fn writer<W: Write>(mut file: W) -> io::Result<csv::Writer<W>> {
    file.write_all(BYTE_ORDER_MARK.as_bytes())?;
    Ok(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file))
}
