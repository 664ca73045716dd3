//! Which key does what: one table, which `?` shows and the documentation lists.

use super::overlays::Overlay;
use bevy_egui::egui::{Key, Modifiers};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    TogglePlay,
    Step,
    Slower,
    Faster,
    AsFastAsPossible,
    ToBegin,
    /// To the bookmark before or after.
    PreviousBookmark,
    NextBookmark,
    Branch,
    Frame,
    Follow,
    Deselect,
    /// From 1: built-in cameras, then those of the scene.
    Look(usize),
    Show(Overlay),
    /// What is selected, in steps of the grid: to the right, away, up as seen on the screen.
    Nudge([i8; 3]),
    Undo,
    Redo,
    Save,
    Reload,
    Search,
    Screenshot,
    Theme,
    Larger,
    Smaller,
    Help,
    Quit,
}

pub struct Binding {
    pub group: &'static str,
    pub modifiers: Modifiers,
    pub key: Key,
    pub action: Action,
    pub words: &'static str,
}

const fn bind(group: &'static str, modifiers: Modifiers, key: Key, action: Action, words: &'static str) -> Binding {
    Binding { group, modifiers, key, action, words }
}

const PLAY: &str = "Play";
const LOOK: &str = "Look";
const OVERLAYS: &str = "Overlays";
const EDIT: &str = "Edit";
const WINDOW: &str = "Window";
const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

pub const BINDINGS: [Binding; 51] = [
    bind(PLAY, NONE, Key::Space, Action::TogglePlay, "play or pause"),
    bind(PLAY, NONE, Key::Period, Action::Step, "one step"),
    bind(PLAY, NONE, Key::OpenBracket, Action::Slower, "slower"),
    bind(PLAY, NONE, Key::CloseBracket, Action::Faster, "faster"),
    bind(PLAY, NONE, Key::Backslash, Action::AsFastAsPossible, "as fast as possible"),
    bind(PLAY, NONE, Key::Home, Action::ToBegin, "back to the beginning"),
    bind(PLAY, NONE, Key::PageUp, Action::PreviousBookmark, "to the alarm before"),
    bind(PLAY, NONE, Key::PageDown, Action::NextBookmark, "to the next alarm"),
    bind(PLAY, NONE, Key::B, Action::Branch, "branch from here: a what-if"),
    bind(LOOK, NONE, Key::F, Action::Frame, "frame what is selected, or the line"),
    bind(LOOK, NONE, Key::G, Action::Follow, "go along with what is selected"),
    bind(LOOK, NONE, Key::Escape, Action::Deselect, "select nothing"),
    bind(LOOK, NONE, Key::Num1, Action::Look(1), "overview"),
    bind(LOOK, NONE, Key::Num2, Action::Look(2), "from the top"),
    bind(LOOK, NONE, Key::Num3, Action::Look(3), "from the bottom"),
    bind(LOOK, NONE, Key::Num4, Action::Look(4), "from the front"),
    bind(LOOK, NONE, Key::Num5, Action::Look(5), "from the back"),
    bind(LOOK, NONE, Key::Num6, Action::Look(6), "from the left"),
    bind(LOOK, NONE, Key::Num7, Action::Look(7), "from the right"),
    bind(LOOK, NONE, Key::Num8, Action::Look(8), "first camera of the scene"),
    bind(LOOK, NONE, Key::Num9, Action::Look(9), "second camera of the scene"),
    bind(OVERLAYS, NONE, Key::N, Action::Show(Overlay::Names), "names and states"),
    bind(OVERLAYS, NONE, Key::H, Action::Show(Overlay::Heat), "utilisation heat map"),
    bind(OVERLAYS, NONE, Key::L, Action::Show(Overlay::Flow), "flow arrows"),
    bind(OVERLAYS, NONE, Key::J, Action::Show(Overlay::Jams), "jams and failures"),
    bind(OVERLAYS, NONE, Key::C, Action::Show(Overlay::Colliders), "colliders"),
    bind(OVERLAYS, NONE, Key::T, Action::Show(Overlay::Contacts), "contacts of parts, with their normals"),
    bind(OVERLAYS, NONE, Key::P, Action::Show(Overlay::Forces), "forces on parts"),
    bind(OVERLAYS, NONE, Key::Y, Action::Show(Overlay::Fidelity), "fidelity: contact physics or exact events"),
    bind(OVERLAYS, NONE, Key::X, Action::Show(Overlay::Axes), "coordinate axes"),
    bind(EDIT, NONE, Key::ArrowLeft, Action::Nudge([-1, 0, 0]), "move what is selected left"),
    bind(EDIT, NONE, Key::ArrowRight, Action::Nudge([1, 0, 0]), "move it right"),
    bind(EDIT, NONE, Key::ArrowUp, Action::Nudge([0, 1, 0]), "move it away"),
    bind(EDIT, NONE, Key::ArrowDown, Action::Nudge([0, -1, 0]), "move it nearer"),
    bind(EDIT, Modifiers::SHIFT, Key::ArrowUp, Action::Nudge([0, 0, 1]), "move it up"),
    bind(EDIT, Modifiers::SHIFT, Key::ArrowDown, Action::Nudge([0, 0, -1]), "move it down"),
    bind(EDIT, CTRL_SHIFT, Key::Z, Action::Redo, "redo"),
    bind(EDIT, CTRL, Key::Z, Action::Undo, "undo"),
    bind(EDIT, CTRL, Key::Y, Action::Redo, "redo"),
    bind(EDIT, CTRL, Key::S, Action::Save, "save the changed fields"),
    bind(EDIT, NONE, Key::F5, Action::Reload, "read the file again, dropping edits"),
    bind(WINDOW, CTRL, Key::F, Action::Search, "search by name"),
    bind(WINDOW, NONE, Key::F12, Action::Screenshot, "screenshot"),
    bind(WINDOW, CTRL, Key::D, Action::Theme, "dark or light"),
    bind(WINDOW, CTRL, Key::Plus, Action::Larger, "larger text"),
    bind(WINDOW, CTRL, Key::Equals, Action::Larger, "larger text"),
    bind(WINDOW, CTRL, Key::Minus, Action::Smaller, "smaller text"),
    bind(WINDOW, NONE, Key::F1, Action::Help, "these keys"),
    bind(WINDOW, NONE, Key::Questionmark, Action::Help, "these keys"),
    bind(WINDOW, CTRL, Key::Q, Action::Quit, "quit"),
    bind(WINDOW, CTRL, Key::W, Action::Quit, "quit"),
];

/// Keys that are held: forwards, to the right, up.
pub const WALK: [(Key, [f64; 3]); 6] = [
    (Key::W, [1.0, 0.0, 0.0]),
    (Key::S, [-1.0, 0.0, 0.0]),
    (Key::D, [0.0, 1.0, 0.0]),
    (Key::A, [0.0, -1.0, 0.0]),
    (Key::E, [0.0, 0.0, 1.0]),
    (Key::Q, [0.0, 0.0, -1.0]),
];

/// What the mouse does over the line.
pub const MOUSE: [(&str, &str); 6] = [
    ("left drag", "orbit"),
    ("right or middle drag", "pan"),
    ("wheel", "zoom to the pointer"),
    ("W A S D, Q E", "walk, down and up"),
    ("click", "select"),
    ("double click", "select and frame"),
];

/// What a key press means.
pub fn action_of(modifiers: Modifiers, key: Key) -> Option<Action> {
    // `?` needs Shift on most keyboards.
    let modifiers = if key == Key::Questionmark || key == Key::Plus { Modifiers { shift: false, ..modifiers } } else { modifiers };
    let fits = |wanted: Modifiers| (wanted.command, wanted.shift, wanted.alt) == (modifiers.command, modifiers.shift, modifiers.alt);
    BINDINGS.iter().find(|binding| binding.key == key && fits(binding.modifiers)).map(|binding| binding.action)
}

impl Binding {
    /// As it is written on a keyboard.
    pub fn keys(&self) -> String {
        let held = [(self.modifiers.command, "Ctrl+"), (self.modifiers.shift, "Shift+")];
        let key = match self.key {
            Key::Space => "Space",
            Key::ArrowLeft => "Left",
            Key::ArrowRight => "Right",
            Key::ArrowUp => "Up",
            Key::ArrowDown => "Down",
            Key::Minus => "-",
            key => key.symbol_or_name(),
        };
        held.iter().filter(|(is_held, _)| *is_held).map(|(_, word)| *word).chain([key]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_and_walking_is_free() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            let same = |other: &&Binding| (other.key, other.modifiers) == (binding.key, binding.modifiers);
            assert!(!BINDINGS[..index].iter().any(|other| same(&other)), "{}", binding.keys());
            assert_eq!(action_of(binding.modifiers, binding.key), Some(binding.action));
        }
        assert!(WALK.iter().all(|(key, _)| action_of(NONE, *key).is_none()));
        assert_eq!(action_of(Modifiers::SHIFT, Key::Questionmark), Some(Action::Help));
        assert_eq!(action_of(Modifiers::ALT, Key::Space), None);
    }

    #[test]
    fn the_documentation_lists_every_key() {
        let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/viewer.md")).expect("it is there");
        for binding in &BINDINGS {
            assert!(documented.contains(&format!("`{}`", binding.keys())), "docs/viewer.md lacks `{}`: {}", binding.keys(), binding.words);
        }
    }
}
