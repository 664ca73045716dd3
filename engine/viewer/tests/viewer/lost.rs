//! A graphics adapter that is lost while a window is open: the window says so and ends, and edits are kept.

use crate::desk::Desk;
use crate::program::scene;
use std::path::Path;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn without_its_adapter_the_window_ends_and_edits_are_kept() {
    let Some(desk) = Desk::open() else { return };
    let (lose, file) = (desk.path("lose"), desk.path("line.ron"));
    std::fs::copy(scene("belt.ron"), &file).expect("it can be copied");
    let before = text(&file);
    let mut window = desk.window(&file, &["--lose-adapter-when", &lose.to_string_lossy()]);
    window.press("ctrl+f");
    window.until("searching", |_| true);
    window.write("slow");
    window.press("Return");
    window.until("selected", |line| line["name"] == "slow");
    window.press("Right");
    window.until("edited", |line| line["element"] == "slow");
    std::fs::write(&lose, "").expect("it can be written");
    let (code, said) = window.ended();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the graphics adapter was lost") && said.contains("line.unsaved.ron"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(text(&desk.path("line.unsaved.ron")).contains("from_m: (0.1, 0, 0.8)"), "the edit is in a file of its own");
    assert_eq!(text(&file), before, "the scene itself is as it was");
}
