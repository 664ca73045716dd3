//! What an edit leaves of the text around it.

use super::*;

const SCENE: &str = r#"// A line.
Scene(
    schema: 1, name: "Edit me", // its name
    parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)},
    line: {
        "infeed": Source(part: "box", rate_per_h: 600, before: "belt 1"), // from the dock
        "belt 1": Belt(
            from_m: (0, 0, 0.8), to_m: (3, 0, 0.8),
            width_m:    0.5,   // wide
            speed_mps: /* slow */ 0.5
        ),
        "press": Station(on: "belt 1", at_m: 1.5, hold: Blade, processing_s: 2,
            failures: [Failure(mode: "tape", uptime_s: 900, repair_s: 30)]),
        "dock": Sink(after: "belt 1"),
    },
)
"#;

fn none(_: &str) -> std::io::Result<Vec<u8>> {
    Err(std::io::ErrorKind::NotFound.into())
}

fn editor() -> SceneEditor {
    SceneEditor::new("scene.ron", SCENE, ReadOptions::default())
}

/// Makes the changes, and undoes them after a look at the text.
fn edited(changes: &[Change]) -> String {
    let mut editor = editor();
    let reading = editor.apply(changes, &none).unwrap_or_else(|error| panic!("{changes:?}: {error}"));
    assert!(reading.scene.is_some());
    let text = editor.text().to_owned();
    assert!(editor.undo() && editor.text() == SCENE && !editor.can_undo());
    assert!(editor.redo() && editor.text() == text && !editor.can_redo());
    text
}

#[test]
fn a_value_changes_and_nothing_around_it() {
    let set = |path: &str, value: &str| edited(&[Change::set(path, value)]);
    assert_eq!(set("belt 1.width_m", "0.6"), SCENE.replace("width_m:    0.5,", "width_m:    0.6,"));
    assert_eq!(set("belt 1.speed_mps", "0.25"), SCENE.replace("/* slow */ 0.5\n", "/* slow */ 0.25\n"));
    assert_eq!(set("name", "Another"), SCENE.replace("\"Edit me\"", "\"Another\""));
    assert_eq!(set("press.failures.0.repair_s", "Exponential(mean: 40)"), SCENE.replace("repair_s: 30", "repair_s: Exponential(mean: 40)"));
}

#[test]
fn what_is_added_stands_where_its_neighbours_do() {
    let set = |path: &str, value: &str| edited(&[Change::set(path, value)]);
    let ramp = SCENE.replace("/* slow */ 0.5\n", "/* slow */ 0.5,\n            acceleration_mps2: 1,\n");
    assert_eq!(set("belt 1.acceleration_mps2", "1"), ramp);
    assert_eq!(set("press.power_w.idle", "80"), SCENE.replace("repair_s: 30)])", "repair_s: 30)], power_w: (idle: 80))"));
    let longer = [Change::set("line.belt 2", "Belt(after: \"belt 1\", length_m: 1)"), Change::set("dock.after", "belt 2")];
    let end = "Sink(after: \"belt 2\"),\n        \"belt 2\": Belt(after: \"belt 1\", length_m: 1),\n    },";
    assert_eq!(edited(&longer), SCENE.replace("Sink(after: \"belt 1\"),\n    },", end));
    assert_eq!(set("warmup_s", "2"), SCENE.replace("    },\n)\n", "    },\n    warmup_s: 2,\n)\n"));
    assert_eq!(set("checks.0", "NoPartLost"), SCENE.replace("    },\n)\n", "    },\n    checks: [NoPartLost],\n)\n"));
    assert_eq!(set("infeed.limit", "9"), SCENE.replace("before: \"belt 1\")", "before: \"belt 1\", limit: 9)"));
}

#[test]
fn what_is_removed_leaves_no_hole() {
    let removed = |path: &str| edited(&[Change::remove(path)]);
    assert_eq!(
        removed("press.failures"),
        SCENE.replace(",\n            failures: [Failure(mode: \"tape\", uptime_s: 900, repair_s: 30)])", ")")
    );
    let lines = |gone: &str| SCENE.lines().filter(|line| !line.contains(gone)).map(|line| format!("{line}\n")).collect::<String>();
    let press = lines("\"press\"").lines().filter(|line| !line.contains("failures")).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(removed("line.press"), press);
    assert_eq!(edited(&[Change::set("warmup_s", "2"), Change::remove("warmup_s")].map(|change| change)[..1]).matches("warmup").count(), 1);
}

#[test]
fn what_would_break_the_scene_is_refused_with_the_diagnostics_of_the_check() {
    let mut editor = editor();
    let error = editor.set("belt 1.speed_mps", "fast", &none).err().expect("a speed is a number");
    let EditError::Scene { diagnostics, sources } = error else { panic!("{error}") };
    let problem = &diagnostics[0];
    let (line, column) = sources.line_column(problem.span.file, problem.span.start);
    assert_eq!((line, column), (10, 35), "{}", problem.message);
    let error = editor.remove("line.dock", &none).err().expect("the line needs an end");
    assert!(matches!(error, EditError::Scene { .. }), "{error}");
    for (path, value, told) in [("belt 7.speed_mps", "1", "belt 7"), ("belt 1.colour", "1", "colour")] {
        let error = editor.set(path, value, &none).err().expect("there is no such thing");
        assert!(error.to_string().contains(told), "{error}");
    }
    assert!(editor.remove("belt 1.acceleration_mps2", &none).err().expect("it is not written").to_string().contains("not written"));
    assert!(editor.text() == SCENE && !editor.can_undo());
    // Together they make sense.
    let both = [Change::set("line.end", "Sink(after: \"belt 1\")"), Change::remove("line.dock")];
    editor.apply(&both, &none).expect("one end for another");
    assert!(editor.undo() && editor.text() == SCENE);
}

#[test]
fn an_element_moves_by_its_own_fields_or_says_whose_they_are() {
    let mut editor = editor();
    let free = Placing::Free { position_m: [0.0, 0.0, 0.8], heading_deg: Some(0.0) };
    assert_eq!(editor.placing("belt 1", &none).expect("it is there"), free);
    editor.move_by("belt 1", [1.0, -0.25, 0.0], &none).expect("it is free");
    let moved = SCENE.replace("from_m: (0, 0, 0.8), to_m: (3, 0, 0.8)", "from_m: (1, -0.25, 0.8), to_m: (4, -0.25, 0.8)");
    assert_eq!(editor.text(), moved);
    editor.turn_by("belt 1", 90.0, &none).expect("it has a direction");
    assert_eq!(editor.text(), moved.replace("to_m: (4, -0.25, 0.8)", "to_m: (1, 2.75, 0.8)"));
    assert!(editor.undo() && editor.undo() && editor.text() == SCENE);
    let refused = |name: &str, told: &str| {
        let error = editor.clone().move_by(name, [1.0; 3], &none).err().expect("it stands where others are");
        assert!(matches!(&error, EditError::Refused(reason) if reason.contains(told)), "{error}");
    };
    refused("press", "`on: \"belt 1\"` puts it, `at_m` along it");
    refused("dock", "`after: \"belt 1\"` puts it: move that");
    refused("beltt 1", "did you mean `belt 1`?");
}

#[test]
fn a_camera_moves_and_turns_unless_it_travels() {
    let cameras = r#"    cameras: {"top": Camera(position_m: (1, 1, 4), pitch_deg: -90), "side": Camera(position_m: (1, -3, 2), look_at_m: (1, 0, 1))},
)
"#;
    let text = SCENE.replace("    },\n)\n", &format!("    }},\n{cameras}"));
    let mut editor = SceneEditor::new("scene.ron", text.as_str(), ReadOptions::default());
    editor.move_by("top", [0.5, 0.0, 0.0], &none).expect("it is free");
    editor.turn_by("top", 270.0, &none).expect("it has a heading");
    let turned = text.replace("(1, 1, 4), pitch_deg: -90)", "(1.5, 1, 4), pitch_deg: -90, heading_deg: -90)");
    assert_eq!(editor.text(), turned);
    assert!(editor.turn_by("side", 10.0, &none).err().expect("it looks at a point").to_string().contains("no heading"));
}

#[test]
fn a_place_in_the_text_belongs_to_an_element() {
    let at = |what: &str| entry_at("scene.ron", SCENE, SCENE.find(what).expect("it is there") as u32);
    let named = |map: &str, name: &str| Some((map.to_owned(), name.to_owned()));
    assert_eq!(at("0.5\n"), named("line", "belt 1"));
    assert_eq!(at("uptime_s"), named("line", "press"));
    assert_eq!(at("mass_kg"), named("parts", "box"));
    assert_eq!(at("schema"), None);
}

#[test]
fn what_stands_elsewhere_is_changed_there() {
    let text = "Scene(schema: 1, name: \"i\", include: [\"more.ron\"], line: {\"dock\": Sink(after: \"belt\")})";
    let more = r#"Include(parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)},
        line: {"in": Source(part: "box", rate_per_h: 600, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5)})"#;
    let load = |path: &str| if path == "more.ron" { Ok(more.as_bytes().to_vec()) } else { none(path) };
    let mut editor = SceneEditor::new("scene.ron", text, ReadOptions::default());
    let error = editor.set("belt.speed_mps", "1", &load).err().expect("it is not in this file");
    assert!(error.to_string().contains("more.ron:3:"), "{error}");
    editor.set("dock.outcome", "Scrap", &load).expect("this is");
    assert!(editor.text().contains("Sink(after: \"belt\", outcome: Scrap)"));
}
