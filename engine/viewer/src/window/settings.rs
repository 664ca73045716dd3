//! What is remembered from one window to the next, in the user's configuration folder. What cannot be read is begun anew, what
//! cannot be written is forgotten: neither is worth a message.

use super::overlays::Overlay;
use egui_dock::{DockState, NodeIndex};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Another layout of panels than this is not read.
const VERSION: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tab {
    /// The line itself.
    Line,
    Elements,
    Inspector,
    Measures,
    Events,
}

impl Tab {
    pub const ALL: [Tab; 5] = [Tab::Line, Tab::Elements, Tab::Inspector, Tab::Measures, Tab::Events];

    pub fn title(self) -> &'static str {
        match self {
            Tab::Line => "Line",
            Tab::Elements => "Elements",
            Tab::Inspector => "Inspector",
            Tab::Measures => "KPIs",
            Tab::Events => "Events",
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Settings {
    version: u32,
    pub dark: bool,
    /// Text and panels over their usual size.
    pub zoom: f32,
    /// Of the window, in points.
    pub size: [f32; 2],
    pub overlays: BTreeSet<Overlay>,
    pub dock: DockState<Tab>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { version: VERSION, dark: true, zoom: 1.0, size: [1440.0, 900.0], overlays: BTreeSet::new(), dock: usual_dock() }
    }
}

/// The line in the middle, what there is on the left, what it says on the right and below.
pub fn usual_dock() -> DockState<Tab> {
    let mut dock = DockState::new(vec![Tab::Line]);
    let surface = dock.main_surface_mut();
    let [line, right] = surface.split_right(NodeIndex::root(), 0.76, vec![Tab::Inspector]);
    surface.split_below(right, 0.5, vec![Tab::Measures]);
    let [line, _] = surface.split_left(line, 0.22, vec![Tab::Elements]);
    surface.split_below(line, 0.8, vec![Tab::Events]);
    dock
}

impl Settings {
    fn file() -> Option<PathBuf> {
        Some(directories::ProjectDirs::from("", "", "linetwin")?.config_dir().join("viewer.json"))
    }

    pub fn load() -> Settings {
        let read = || -> Option<Settings> { Settings::of(&std::fs::read(Settings::file()?).ok()?) };
        read().unwrap_or_default()
    }

    fn of(text: &[u8]) -> Option<Settings> {
        let mut value = serde_json::from_slice(text).ok()?;
        place(&mut value);
        serde_json::from_value(value).ok().filter(Settings::is_sound)
    }

    /// A layout without the line shows nothing.
    fn is_sound(&self) -> bool {
        let sane = |value: f32, low: f32, high: f32| (low..=high).contains(&value);
        let size = self.size.iter().all(|side| sane(*side, 100.0, 20_000.0));
        self.version == VERSION && self.dock.find_tab(&Tab::Line).is_some() && size && sane(self.zoom, 0.5, 4.0)
    }

    pub fn save(&self) {
        let Some(file) = Settings::file() else { return };
        let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_vec_pretty(self)) else { return };
        if std::fs::create_dir_all(folder).is_ok() {
            let _ = linetwin_run::files::write_atomic(&file, |writer| writer.write_all(&text));
        }
    }
}

/// A panel that was not drawn yet has its place at infinity, which JSON does not know; any will do until it is drawn.
fn place(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| {
            if value.is_null() && ["x", "y"].contains(&name.as_str()) {
                *value = 0.0.into();
            }
            place(value);
        }),
        Value::Array(items) => items.iter_mut().for_each(place),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_comes_back_as_it_was_and_one_without_the_line_does_not() {
        let mut settings = Settings { dark: false, ..Settings::default() };
        settings.dock.push_to_first_leaf(Tab::Events);
        settings.overlays.insert(Overlay::Flow);
        let text = serde_json::to_string(&settings).expect("it is plain data");
        let back = Settings::of(text.as_bytes()).expect("it was written so");
        let tabs = |settings: &Settings| settings.dock.iter_all_tabs().map(|(_, tab)| *tab).collect::<Vec<_>>();
        assert!(!back.dark && back.is_sound() && back.overlays == settings.overlays);
        assert_eq!(tabs(&back), tabs(&settings));
        assert!(!Settings { dock: DockState::new(vec![Tab::Events]), ..Settings::default() }.is_sound());
        assert!(!Settings { zoom: f32::NAN, ..Settings::default() }.is_sound());
    }
}
