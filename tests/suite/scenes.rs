//! The scenes of this repository: each reads without an error or a warning, its graph is what it should be, and it means
//! the same written as JSON. The texts here that stand in documents are golden: they read as they are printed.

use linetwin_model::diagnostic::Sources;
use linetwin_model::files::FileLoader;
use linetwin_model::read::{ReadOptions, Reading, read, read_spec};
use linetwin_model::scene::{ElementKind, HoldKind, InputSource, Outcome, Scene};
use linetwin_model::{graph, template};
use std::path::{Path, PathBuf};

/// Sums of a few sines and products of metres.
const TOLERANCE_M: f64 = 1e-9;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_owned()
}

fn scene_paths() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(repository().join("scenes")).expect("the scenes are there");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    paths
}

fn read_text(name: &str, text: &str, overrides: &[&str]) -> Reading {
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    read(name, text, &options, &|path| std::fs::read(path))
}

/// The scene, which must read without a word.
fn quiet(name: &str, text: &str, overrides: &[&str]) -> Scene {
    let reading = read_text(name, text, overrides);
    let words: Vec<String> = reading
        .diagnostics
        .iter()
        .map(|problem| {
            let (line, column) = reading.sources.line_column(problem.span.file, problem.span.start);
            format!("{name}:{line}:{column}: {}: {} ({:?})", problem.code, problem.message, problem.help)
        })
        .collect();
    assert!(words.is_empty(), "{}", words.join("\n"));
    reading.scene.expect("a scene without a problem")
}

fn scene_of(path: &Path) -> Scene {
    let text = std::fs::read_to_string(path).expect("a scene is readable");
    quiet(&path.to_string_lossy(), &text, &[])
}

#[test]
fn every_scene_reads_without_errors_or_warnings() {
    let paths = scene_paths();
    assert!(paths.len() >= 12, "the scenes are gone: {paths:?}");
    for path in paths {
        let scene = scene_of(&path);
        assert!(!scene.checks.is_empty(), "{}: a scene checks itself", path.display());
    }
}

#[test]
fn the_new_scene_runs_under_any_name() {
    let scene = quiet("new.ron", &template::new_scene("My \"line\" \\ 1"), &[]);
    assert_eq!(scene.name, "My \"line\" \\ 1");
}

#[test]
fn graphs_are_as_drawn() {
    let tree = |name: &str| graph::tree(&scene_of(&repository().join("scenes").join(name)));
    assert_eq!(tree("packaging.ron"), PACKAGING_TREE);
    assert_eq!(tree("merge.ron"), MERGE_TREE);
    assert_eq!(graph::edges(&scene_of(&repository().join("scenes/reject.ron"))), REJECT_EDGES);
}

const PACKAGING_TREE: &str = "\
Packaging
infeed  Source
infeed zones  ZoneConveyor, 3.000 m, 0.6 m/s, 4 zones
check belt  Belt, 3.500 m, 0.75 m/s
    weigher  Checkweigher, at 0.900 m
    reject  Pusher, at 2.300 m
        side -> reject chute
            reject chute  Sink
rack  Buffer
accumulation  ZoneConveyor, 4.500 m, 0.8 m/s, 6 zones
    sealer  Station, at 4.150 m
sealed belt  Belt, 1.500 m, 0.8 m/s
curve  Curve, 1.414 m, 0.8 m/s
dock belt  Belt, 3.000 m, 0.8 m/s
dock  Sink
";

const MERGE_TREE: &str = "\
Merge
cartons  Source
main  Belt, 6.000 m, 0.5 m/s
    merge  Merge, at 3.000 m
dock  Sink
boxes  Source
side  Belt, 2.000 m, 0.5 m/s
    out -> merge.side
";

const REJECT_EDGES: &str = "\
infeed -> belt
reject.side -> spur
spur -> bin
belt -> dock
";

/// The same scene as JSON with every default written out. `null` stands for what is not given and is left out.
fn as_json(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a scene is readable");
    let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
    let load = |path: &str| std::fs::read(path);
    let mut loader = FileLoader::new(&load, &mut sources, &mut files);
    let reading = read_spec(&path.to_string_lossy(), &text, &ReadOptions::default(), &mut loader, &mut diagnostics);
    let mut value = serde_json::to_value(reading.spec.expect("a good scene")).expect("a spec is plain data");
    drop_nulls(&mut value);
    serde_json::to_string_pretty(&value).expect("plain data")
}

fn drop_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[test]
fn json_and_written_defaults_mean_the_same_scene() {
    for path in scene_paths() {
        let json = quiet(&path.with_extension("json").to_string_lossy(), &as_json(&path), &[]);
        let ron = scene_of(&path);
        // Where an input stands is the one thing that differs.
        assert_eq!(Scene { inputs: Vec::new(), ..json }, Scene { inputs: Vec::new(), ..ron }, "{}", path.display());
    }
}

#[test]
fn the_example_means_what_it_says() {
    let path = repository().join("scenes/carton.ron");
    let scene = scene_of(&path);
    let named = |name: &str| scene.element_named(name).expect("an element of the example");
    let ElementKind::Station(sealer) = &scene.element(named("sealer")).kind else { panic!("the sealer is a station") };
    let spot = scene.spot(sealer.spot);
    assert_eq!((spot.start_m, spot.at_m, spot.end_m, spot.hold), (3.7, 4.0, 4.3, Some(HoldKind::Blade)));
    let ElementKind::Sink(bin) = &scene.element(named("bin")).kind else { panic!("the bin is a sink") };
    assert_eq!(bin.outcome, Outcome::Reject, "what a pusher throws out is a reject");
    // 6 m ahead, a quarter circle of 0.9 m to the left, 2.5 m on: the pusher's port is 0.25 m left of there, facing -X.
    let side = scene.port(scene.pushers[0].out_port);
    for (axis, expected) in [6.0 + 0.9 - 0.25, 0.9 + 2.5, 0.8].into_iter().enumerate() {
        assert!((side.pose.position[axis] - expected).abs() < TOLERANCE_M, "{:?}", side.pose);
    }
    assert!((side.pose.forward[0] + 1.0).abs() < TOLERANCE_M, "{:?}", side.pose);
    assert_eq!(scene.conveyors[1].width_m, 0.5, "the curve takes its width over");
}

#[test]
fn every_input_says_where_it_came_from() {
    let path = repository().join("scenes/carton.ron");
    let text = std::fs::read_to_string(&path).expect("a scene is readable");
    let scene = quiet("carton.ron", &text, &["belt 1.speed_mps=0.75", "parts.carton.mass_kg=Normal(5, 0.1)"]);
    let source = |wanted: &str| {
        let mut found = scene.inputs.iter().filter(|input| input.path == wanted);
        let input = found.next().unwrap_or_else(|| panic!("{wanted} is an input"));
        assert!(found.next().is_none(), "{wanted} is listed once");
        (input.value.as_str(), input.source.clone())
    };
    assert_eq!(source("belt 1.speed_mps"), ("0.75", InputSource::Override));
    assert_eq!(source("parts.carton.mass_kg"), ("Normal(5, 0.1)", InputSource::Override));
    assert_eq!(source("minor_stop_s"), ("300", InputSource::Default));
    assert_eq!(source("curve.speed_mps").1, InputSource::Default);
    let InputSource::File(place) = source("seed").1 else { panic!("the seed is written") };
    let line = text.lines().position(|line| line.trim_start().starts_with("seed:")).expect("the seed is written") + 1;
    assert_eq!(place, format!("carton.ron:{line}:11"));
    assert_eq!(scene.drives[0].speed_mps, 0.75);
}

#[test]
fn the_packaging_line_takes_real_goods() {
    let goods = repository().join("../shared/data/articles.csv");
    if !goods.exists() {
        println!("SKIPPED: {} is not here", goods.display());
        return;
    }
    let path = repository().join("scenes/packaging.ron");
    let text = std::fs::read_to_string(&path).expect("a scene is readable");
    let scene = quiet(&path.to_string_lossy(), &text, &[&format!("parts.goods.csv={}", goods.display())]);
    let rows: f64 = scene.part_types[0].variants.iter().map(|variant| variant.weight).sum();
    assert_eq!(rows, 108.0, "each row is one article, equal rows weigh more");
    assert!(scene.part_types[0].variants.len() < 108, "equal rows are one variant");
}
