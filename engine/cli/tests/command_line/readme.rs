//! The README keeps its promises: its commands run as they stand, on the scene that it shows. Only the simulated time is
//! made short, and a run directory's name is that of the run before.

use crate::program::{Output, Program, repository};
use std::fs;

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).expect("README.md lies in the root")
}

/// The contents of the fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default().to_string()).collect()
}

/// The arguments of a command line, with single quotes as a shell reads them; a comment ends it.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            '#' if !quoted && words.last().is_some_and(String::is_empty) => break,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The README's own durations would make this test as long as the demonstration.
fn shorten(arguments: &mut [String]) {
    for at in 1..arguments.len() {
        if arguments[at - 1] == "--for" {
            arguments[at] = "5s".into();
        }
    }
}

#[test]
fn the_commands_of_the_readme_run() {
    let text = readme();
    let program = Program::new();
    program.write("line.ron", &blocks(&text, "ron")[0]);
    std::os::unix::fs::symlink(repository().join("scenes"), program.path("scenes")).expect("a link in a temporary folder");
    let mut directory = String::new();
    let mut verbs = Vec::new();
    for line in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
        let line = line.replace("cargo run --release -- ", "linetwin ");
        let mut arguments = words(&line);
        if arguments.first().is_none_or(|program| program != "linetwin") {
            let script = arguments.first().expect("a command line has a first word");
            // The viewer is built and run by its own tests.
            let is_viewers = line.starts_with("cargo build -p linetwin-viewer") || script.ends_with("/linetwin-viewer");
            assert!(is_viewers || repository().join(script).is_file(), "README names {script}");
            continue;
        }
        arguments.remove(0);
        shorten(&mut arguments);
        if ["jams", "replicate"].contains(&arguments[0].as_str()) {
            // Five seconds lie within the example's warm-up.
            arguments.extend(["--set".into(), "warmup_s=0".into()]);
        }
        for argument in &mut arguments {
            if argument == "DIR" || argument.starts_with("runs/") {
                argument.clone_from(&directory);
            }
        }
        // A run of five seconds may well fail the checks of an hour.
        let allowed: &[i32] = if ["run", "replicate"].contains(&arguments[0].as_str()) { &[0, 1] } else { &[0] };
        let output: Output = program.run(&arguments).expect_code_in(allowed);
        if arguments[0] == "run" {
            directory = output.stdout.trim_end().lines().last().expect("the directory's path").to_string();
        }
        verbs.push(arguments[0].clone());
    }
    for verb in ["run", "check", "tree", "schema", "replay", "compare", "report"] {
        assert!(verbs.iter().any(|said| said == verb), "the README does not show `linetwin {verb}`");
    }
}

#[test]
fn the_scene_of_the_readme_is_a_scene_of_the_repository() {
    let shown = &blocks(&readme(), "ron")[0];
    let file = fs::read_to_string(repository().join("scenes/carton.ron")).expect("the scene is there");
    assert!(file.trim_end().ends_with(shown.as_str()), "copy scenes/carton.ron into the README, from `Scene(` on");
}

#[test]
fn a_command_line_is_read_as_a_shell_reads_it() {
    assert_eq!(
        words("linetwin run a.ron --set 'belt 1.speed_mps=0.6'   # faster"),
        ["linetwin", "run", "a.ron", "--set", "belt 1.speed_mps=0.6"]
    );
}
