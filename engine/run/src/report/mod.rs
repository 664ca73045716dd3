//! `report.html`: one self-contained page for a manager, on a phone or on paper. Made from the KPI report, the scene
//! and what the manifest says of the run; nothing in it may differ between two runs of the same key, so it knows no
//! wall time, no thread and no path. Of pictures that another program drew it knows names and captions.

mod bulk;
mod charts;
mod fit;
mod flow;
pub(crate) mod format;
mod page;
mod plan;
mod sorting;
mod states;
mod svg;
mod sweep;
mod validation;
mod ways;

pub(crate) use fit::write_fit;
pub(crate) use sweep::write_sweep;
pub(crate) use validation::write_validation;

use crate::directory::DirectoryLock;
use crate::error::RunError;
use crate::files::Durability;
use crate::input::stored_input;
use crate::manifest::Manifest;
use crate::outputs::{OutputInputs, OutputKind, read_kpi_json, write_one};
use linetwin_model::Scene;
use linetwin_model::report::KpiReport;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const TEMPLATE: &str = include_str!("page.html");
const HEAD: &str = include_str!("head.html");
const STYLE: &str = include_str!("page.css");

/// Writes the page.
pub fn write(scene: &Scene, report: &KpiReport, manifest: &Manifest, file: &mut dyn Write) -> io::Result<()> {
    file.write_all(render(TEMPLATE, &page::Page::new(scene, report, manifest)).as_bytes())
}

/// What every page begins with, its style and the version of this program are at hand to each.
fn render(template: &str, page: &impl serde::Serialize) -> String {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_global("style", STYLE);
    environment.add_global("version", env!("CARGO_PKG_VERSION"));
    // The ending makes minijinja escape what is not marked safe.
    for (name, text) in [("head.html", HEAD), ("page.html", template)] {
        environment.add_template(name, text).expect("the page's template is well-formed");
    }
    let template = environment.get_template("page.html").expect("it was just added");
    template.render(minijinja::value::Serde(page)).expect("the template names only what the page has")
}

/// Makes `report.html` of a finished run again, from what its directory holds; gives its path.
pub fn report(dir: &Path) -> Result<PathBuf, RunError> {
    Manifest::load_or_refuse(dir)?.require_finished(dir)?;
    let _lock = DirectoryLock::acquire(dir)?;
    rewrite(dir, Manifest::load_or_refuse(dir)?)
}

/// The same with this manifest, which is stored; under the directory's lock.
pub(crate) fn rewrite(dir: &Path, mut manifest: Manifest) -> Result<PathBuf, RunError> {
    let input = stored_input(dir, &manifest)?;
    let kpis = read_kpi_json(dir)?;
    let inputs = OutputInputs { dir, scene: &input.scene, report: &kpis, manifest: &manifest };
    let written = write_one(&inputs, OutputKind::Report, Durability::EachFile)?;
    manifest.outputs.retain(|output| output.file != written.file);
    manifest.outputs.push(written);
    manifest.store(dir, Durability::EachFile)?;
    Ok(dir.join(OutputKind::Report.file()))
}
