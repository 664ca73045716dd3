//! Schedulers that exist make the runs of a sweep: HyperQueue and Slurm, really started, and killed in the middle. The tables are the
//! bytes of the local pool. Where one of them is missing its test prints SKIPPED.

use crate::program::{Program, repository};
use crate::sweeps::{GRID, assert_same_tables, started, words};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a script leaves with where its scheduler is missing.
const MISSING: i32 = 3;

/// Long enough that something is left to do when the first run is done.
fn grid() -> Program {
    let program = started(&GRID.replace("duration_s: 120", "duration_s: 600"));
    program.run(&words("run", "one", &["-q"])).expect_code(0);
    program
}

/// The commands of what is missing.
fn missing(program: &Program) -> String {
    program.run(&words("plan", "other", &["--commands"])).expect_code(0).stdout
}

/// The same in a file, which nobody reads meanwhile; how many they are.
fn commands(program: &Program) -> usize {
    let commands = missing(program);
    program.write("commands.txt", &commands);
    commands.lines().count()
}

fn script(program: &Program, command: &mut Command) -> Command {
    let mut started = Command::new(command.get_program());
    started.args(command.get_args()).current_dir(program.path("")).stdin(Stdio::null());
    started
}

fn skipped(what: &str, output: &Output) -> bool {
    let is_missing = output.status.code() == Some(MISSING);
    if is_missing {
        println!("SKIPPED: {what}: {}", String::from_utf8_lossy(&output.stdout).trim());
    }
    is_missing
}

/// A run that outlives its killed worker has its directory until it is done.
fn wait_for_orphans(program: &Program) {
    /// Long enough for a process that was just started to lock its directory.
    const QUIET: Duration = Duration::from_secs(2);
    let (began, mut quiet_since) = (Instant::now(), Instant::now());
    while quiet_since.elapsed() < QUIET {
        assert!(began.elapsed() < Duration::from_secs(300), "a run never ends");
        if has_locked(&program.path("")) {
            quiet_since = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process holds a directory at or below this one.
fn has_locked(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let is_lock = path.file_name().is_some_and(|name| name == "lock");
        let locked = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        if is_lock { File::open(&path).is_ok_and(locked) } else { path.is_dir() && has_locked(&path) }
    })
}

fn assert_same(program: &Program) {
    assert_eq!(commands(program), 0, "every run is done");
    program.run(&words("collect", "other", &["-q"])).expect_code(0);
    assert_same_tables(program, "one", "other");
}

#[test]
fn hyperqueue_makes_the_runs() {
    let python = std::env::var("LINETWIN_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let program = grid();
    assert_eq!(commands(&program), 8);
    let path = repository().join("tests/run_hyperqueue.py");
    let engine = || script(&program, Command::new(&python).arg(&path).args(["commands.txt", "2"]));
    // Server and workers are one process: it is killed when the first run is done.
    let Ok(mut first) = engine().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        return println!("SKIPPED: {python} does not start");
    };
    let began = Instant::now();
    while first.try_wait().expect("it was started").is_none() && missing(&program).lines().count() == 8 {
        assert!(began.elapsed() < Duration::from_secs(300), "no run is done");
        std::thread::sleep(Duration::from_millis(20));
    }
    // It may have ended meanwhile, which the next line tells.
    let _ = first.kill();
    let output = first.wait_with_output().expect("it ends");
    if skipped("HyperQueue", &output) {
        return;
    }
    wait_for_orphans(&program);
    let left = commands(&program);
    assert!((1..8).contains(&left), "{left} of 8 runs are left: {output:?}");
    let next = engine().output().expect("it started before");
    assert!(next.status.success(), "{next:?}");
    assert_same(&program);
}

#[test]
fn slurm_makes_the_runs() {
    let program = grid();
    assert_eq!(commands(&program), 8);
    let path = repository().join("tests/run_slurm.sh");
    let engine = |more: &[&str]| script(&program, Command::new("bash").arg(&path).args(["commands.txt", "2"]).args(more)).output();
    let first = engine(&["kill"]).expect("bash is there");
    if skipped("Slurm", &first) {
        return;
    }
    let left = commands(&program);
    assert!(first.status.success() && (1..8).contains(&left), "{left} of 8 runs are left: {first:?}");
    let second = engine(&[]).expect("bash is there");
    assert!(second.status.success(), "{second:?}");
    assert_same(&program);
}
