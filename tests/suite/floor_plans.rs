//! What a plan of the hall promises: it lies where the scene says, in metres; and a line with it runs to the same bytes as without.

use linetwin_model::Scene;
use linetwin_model::diagnostic::Severity;
use linetwin_model::read::{ReadOptions, Reading, read};
use linetwin_model::scene::FloorPlan;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use linetwin_tests::repository_root;
use std::fs;

const FIELD: &str = "floor_plan: (file: \"hall.dxf\", at_m: (-4, -4.5)), // the drawing itself says millimetres\n";

fn reading(plan: &str, files: &[(&str, Vec<u8>)]) -> Reading {
    let scenes = repository_root().join("scenes");
    let text = fs::read_to_string(scenes.join("floor_plan.ron")).expect("a scene of the repository");
    assert!(text.contains(FIELD), "the scene has its plan");
    let load = |path: &str| match files.iter().find(|(name, _)| *name == path) {
        Some((_, bytes)) => Ok(bytes.clone()),
        None => fs::read(scenes.join(path)),
    };
    read("floor_plan.ron", &text.replace(FIELD, plan), &ReadOptions::default(), &load)
}

fn scene(plan: &str, files: &[(&str, Vec<u8>)]) -> Scene {
    let reading = reading(plan, files);
    let told: Vec<&str> = reading.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    reading.scene.unwrap_or_else(|| panic!("{told:?}"))
}

/// What is wrong, and what is only odd.
fn problems(plan: &str, files: &[(&str, Vec<u8>)]) -> Vec<(Severity, &'static str)> {
    reading(plan, files).diagnostics.iter().map(|problem| (problem.severity, problem.code)).collect()
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a picture");
    writer.write_image_data(&vec![200; (width * height) as usize]).expect("all of it");
    writer.finish().expect("its end");
    bytes
}

#[test]
fn a_drawing_lies_where_the_scene_says_in_metres() {
    let Some(FloorPlan::Lines(strokes_m)) = scene(FIELD, &[]).floor_plan else { panic!("there are lines") };
    // The outer wall is drawn first: 18 m by 10 m.
    assert_eq!(strokes_m[..2], [[[-4.0, -4.5], [14.0, -4.5]], [[14.0, -4.5], [14.0, 5.5]]]);
    let ends = |axis: usize| strokes_m.iter().flatten().map(move |point| point[axis]);
    assert!(ends(0).all(|x| (-4.0..=14.0).contains(&x)) && ends(1).all(|y| (-4.5..=5.5).contains(&y)));
    // A sprinkler's pipe would cross the hall from wall to wall: its layer is off.
    assert!(!strokes_m.iter().any(|[from, to]| from[0] == to[0] && (to[1] - from[1]).abs() == 10.0 && (-3.9..13.9).contains(&from[0])));
    let turned = "floor_plan: (file: \"hall.dxf\", unit: Centimetre, at_m: (1, 2), heading_deg: 90),";
    let Some(FloorPlan::Lines(strokes_m)) = scene(turned, &[]).floor_plan else { panic!("there are lines") };
    let [from, to] = strokes_m[0];
    assert!((from[0] - 1.0).abs() < 1e-9 && (from[1] - 2.0).abs() < 1e-9 && (to[0] - 1.0).abs() < 1e-9, "{from:?} {to:?}");
    assert!((to[1] - 182.0).abs() < 1e-9, "what the scene says counts more than what the drawing says: {to:?}");
}

#[test]
fn a_picture_is_as_wide_as_the_scene_says_and_as_high_as_its_pixels_make_it() {
    let plan = "floor_plan: (file: \"hall.png\", width_m: 40, at_m: (-5, 1)),";
    let Some(FloorPlan::Picture { png, corners_m }) = scene(plan, &[("hall.png", picture(80, 20))]).floor_plan else { panic!("a picture") };
    assert_eq!(corners_m, [[-5.0, 1.0], [35.0, 1.0], [35.0, 11.0], [-5.0, 11.0]]);
    assert_eq!(png, picture(80, 20));
}

#[test]
fn what_is_missing_damaged_or_contradicts_itself_is_told() {
    use Severity::{Error, Warning};
    let hall = picture(80, 20);
    let no_unit = fs::read_to_string(repository_root().join("scenes/hall.dxf")).expect("it is there").replace("$INSUNITS", "$NOTHING");
    for (plan, bytes, expected) in [
        ("floor_plan: (file: \"hall.png\"),", hall.clone(), vec![(Error, "missing-field")]),
        ("floor_plan: (file: \"hall.png\", width_m: 0),", hall.clone(), vec![(Error, "out-of-range")]),
        ("floor_plan: (file: \"hall.png\", width_m: 4, unit: Inch),", hall.clone(), vec![(Error, "contradiction")]),
        ("floor_plan: (file: \"hall.png\", width_m: 4),", hall[..hall.len() - 20].to_vec(), vec![(Error, "bad-floor-plan")]),
        ("floor_plan: (file: \"hall.png\", width_m: 4),", picture(9000, 1), vec![(Error, "bad-floor-plan")]),
        ("floor_plan: (file: \"hall.jpg\", width_m: 4),", hall.clone(), vec![(Error, "bad-floor-plan")]),
        ("floor_plan: (file: \"plan.dxf\"),", no_unit.clone().into_bytes(), vec![(Error, "missing-field")]),
        ("floor_plan: (file: \"plan.dxf\", unit: Metre),", no_unit.into_bytes(), vec![(Warning, "unit-slip")]),
        ("floor_plan: (file: \"plan.dxf\"),", b"AutoCAD Binary DXF\r\n".to_vec(), vec![(Error, "bad-floor-plan")]),
    ] {
        let names = ["hall.png", "hall.jpg", "plan.dxf"].map(|name| (name, bytes.clone()));
        assert_eq!(problems(plan, &names), expected, "{plan}");
    }
}

#[test]
fn a_line_runs_to_the_same_bytes_with_a_plan_and_without() {
    let hash = |scene: Scene| {
        let mut simulation = Simulation::new(scene.into(), SimulationOptions { threads: 1, ..Default::default() });
        (0..900).for_each(|_| simulation.step());
        (simulation.state_hash(), simulation.take_events().len())
    };
    let seen = hash(scene(FIELD, &[]));
    assert!(seen.1 > 0, "something happened");
    assert_eq!(seen, hash(scene("", &[])));
}
