//! Pictures of a run: what the program asks of the viewer, and what comes of that. A script stands for the viewer and keeps what it
//! was asked; the viewer's own tests ask the real one the same.

use crate::program::{Program, SMALL_SCENE};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Writes its arguments into `asked`, and what it was to draw; refuses a camera `nowhere`, and a disk that is full once.
const STAND_IN: &str = r#"#!/bin/sh
echo "$@" >> asked
case "$*" in *nowhere*) echo "error: there is no camera nowhere" >&2; exit 2;; esac
case "$*" in *--check*) exit 0;; esac
[ -e broken ] && exit 3
while [ $# -gt 0 ]; do
    if [ "$1" = --out ]; then case "$2" in *.png) echo picture > "$2";; *) mkdir -p "$2"; echo frame > "$2/frame_00000.png";; esac; fi
    shift
done
"#;

struct Stage {
    program: Program,
}

impl Stage {
    /// Beside the program that was built there may be a real viewer.
    fn new(with_viewer: bool) -> Self {
        let program = Program::new();
        fs::copy(env!("CARGO_BIN_EXE_linetwin"), program.path("linetwin")).expect("the program was built");
        program.write("line.ron", SMALL_SCENE);
        if with_viewer {
            program.write("linetwin-viewer", STAND_IN);
            fs::set_permissions(program.path("linetwin-viewer"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        Stage { program }
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(self.program.path("linetwin"));
        command.args(arguments.split(' ')).current_dir(self.program.path(""));
        command.env("PATH", if self.program.path("linetwin-viewer").exists() { "/usr/bin:/bin" } else { "" });
        command.output().expect("it starts")
    }

    fn expect(&self, arguments: &str, code: i32) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
        told
    }

    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.program.path("asked")).unwrap_or_default();
        let _ = fs::remove_file(self.program.path("asked"));
        asked.lines().map(str::to_owned).collect()
    }
}

#[test]
fn without_a_viewer_nothing_is_run() {
    let stage = Stage::new(false);
    for drawn in ["--frames top@2", "--pictures"] {
        let told = stage.expect(&format!("run line.ron --for 5s --out done {drawn}"), 3);
        assert!(told.contains("cargo build --release -p linetwin-viewer"), "{told}");
        assert!(!stage.program.path("done").exists(), "it was run all the same");
    }
    stage.expect("run line.ron --for 5s --out done --frames @2", 2);
    stage.expect("run line.ron --for 5s --out done --frames top@often", 2);
}

#[test]
fn what_the_viewer_refuses_is_refused_before_the_run() {
    let stage = Stage::new(true);
    let told = stage.expect("run line.ron --for 5s --out done --set seed=4 --frames nowhere", 2);
    assert!(told.contains("no camera nowhere") && told.contains("nothing was run"), "{told}");
    assert!(!stage.program.path("done").exists());
    let asked = stage.asked();
    assert!(asked[0].contains("--set seed=4 --check"), "{asked:?}");
}

#[test]
fn frames_and_pictures_are_drawn_of_the_run_directory_and_change_no_byte_of_the_run() {
    let stage = Stage::new(true);
    stage.expect("run line.ron --for 30s --out plain -q", 0);
    assert!(stage.asked().is_empty(), "nobody asked for pictures");
    stage.expect("run line.ron --for 30s --out drawn -q --frames top@2.5 --pictures", 0);
    let asked = stage.asked();
    let film = "render drawn --out drawn/frames/top --camera top --from 0s --to 30.000000000s --rate 2.5";
    assert!(asked.iter().any(|line| line == film), "{asked:#?}");
    assert!(asked.iter().any(|line| line == "render drawn --out drawn/pictures/end.png --kind rgb --at 30.000000000s"), "{asked:#?}");
    assert!(stage.program.path("drawn/frames/top/frame_00000.png").exists());
    let read = |name: &str| fs::read(stage.program.path(name)).expect("it is there");
    for file in ["kpi.json", "kpi.csv", "events.parquet"] {
        assert!(read(&format!("plain/{file}")) == read(&format!("drawn/{file}")), "{file} differs");
    }
    assert_eq!(stage.program.final_hash("plain"), stage.program.final_hash("drawn"));
    let page = String::from_utf8(read("drawn/report.html")).expect("text");
    assert!(page.contains(r#"<img src="pictures/end.png" alt="As the run ended, after 30 s">"#), "the report shows no picture");
    assert!(!String::from_utf8(read("plain/report.html")).expect("text").contains("<img"));

    // The pixels are nobody's business; the page that names them is made again to the same bytes.
    stage.program.write("drawn/pictures/end.png", "another adapter's");
    stage.expect("replay drawn -q", 0);
    // The same command finds the run and draws anew; a report without the flag keeps the pictures that there are.
    stage.expect("run line.ron --for 30s --out drawn -q --pictures", 0);
    assert_eq!(read("drawn/pictures/end.png"), b"picture\n");
    stage.expect("report drawn -q", 0);
    assert_eq!(String::from_utf8(read("drawn/report.html")).expect("text"), page);
    // A run that was made without gets them later, and both pages are then the same.
    stage.expect("report plain -q --pictures", 0);
    assert_eq!(String::from_utf8(read("plain/report.html")).expect("text"), page);

    stage.program.write("broken", "");
    let told = stage.expect("run line.ron --for 30s --out drawn --pictures", 3);
    assert!(told.contains("the run is finished; its report has no new pictures"), "{told}");
}
