//! The table of fitted distributions. Knows nothing about how they were fitted.

use super::{Align, Grid};
use crate::console::Style;
use linetwin_run::{FitResult, SampleFit};

pub fn fit_text(result: &FitResult, style: Style) -> String {
    let mut text: String = result.fits.iter().map(|fit| sample_text(fit, style)).collect();
    for line in &result.left_out {
        text.push_str(&format!("left out: {line}\n"));
    }
    if !result.lines.is_empty() {
        text.push_str(&format!("{}\n{}\n", style.bold("for the scene"), result.lines.join("\n")));
    }
    text
}

fn sample_text(fit: &SampleFit, style: Style) -> String {
    let open = if fit.censored > 0 { format!(" and {} lower bounds", fit.censored) } else { String::new() };
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut grid = Grid::new(vec![("distribution".into(), Align::Left), right("AIC"), right("BIC"), right("KS"), right("AD")]);
    for row in &fit.fits {
        let distances = [row.ks, row.ad].map(|distance| distance.to_string());
        let [ks, ad] = distances;
        grid.push(vec![row.scene.clone(), format!("{:.1}", row.aic), format!("{:.1}", row.bic), ks, ad]);
    }
    let notes: String = fit.notes.iter().map(|note| format!("note: {note}\n")).collect();
    format!("{}  {} values{open}\n{}{notes}{}\n\n", style.bold(&fit.name), fit.observed, grid.text(style), style.good(&fit.scene))
}
