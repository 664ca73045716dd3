//! Run directories promise: the same request gives the same bytes, whatever happened on the way (kills, interruptions,
//! damage, a full disk); one writer; nothing of another run is touched; replay finds the first difference.

use linetwin_model::Time;
use linetwin_run::{
    DEFAULT_SNAPSHOT_EVERY, DeviceRequest, Ending, EventLevel, Observer, RunError, RunOutcome, RunRequest, execute, replay,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Small, and with everything that a snapshot must keep: random arrivals, a hold, failures, a reject, parts underway.
const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Kill me",
    seed: 3,
    warmup_s: 4,
    count: "box",
    demand_per_h: 1000,
    parts: { "box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: Normal(mean: 2.0, sd: 0.2), material: "card") },
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 1.5), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.4, speed_mps: 0.5),
        "press": Station(on: "belt", at_m: 1.8, hold: Blade, processing_s: Triangular(min: 0.4, mode: 0.5, max: 0.7),
            failures: [Failure(mode: "tape", uptime_s: Exponential(mean: 4), repair_s: Exponential(mean: 1))]),
        "dock": Sink(after: "belt"),
    },
    checks: [AtLeast(kpi: "dock.box.per_h", value: 1)],
)"#;
const DURATION_S: f64 = 20.0;
const OUTPUTS: [&str; 4] = ["kpi.json", "kpi.csv", "events.parquet", "report.html"];

/// A folder with the scene in it, gone with the value.
struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("scene.ron"), SCENE).expect("writable");
        Workshop { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn request(&self, out: &str) -> RunRequest {
        request(&self.path("scene.ron"), &self.path(out))
    }
}

fn request(scene: &Path, out_dir: &Path) -> RunRequest {
    RunRequest {
        snapshot_every: Some(Time::from_seconds(2.0)),
        ..RunRequest::new(scene.to_path_buf(), Time::from_seconds(DURATION_S), out_dir.to_path_buf())
    }
}

/// Stops after some steps of its session, and keeps what it was told.
#[derive(Default)]
pub struct Watcher {
    stop_after: Option<u32>,
    asked: u32,
    pub notices: Vec<String>,
}

impl Watcher {
    pub fn stopping_after(steps: u32) -> Self {
        Watcher { stop_after: Some(steps), ..Watcher::default() }
    }
}

impl Observer for Watcher {
    fn notice(&mut self, text: &str) {
        self.notices.push(text.to_string());
    }
    fn stop_requested(&mut self) -> bool {
        self.asked += 1;
        self.stop_after.is_some_and(|limit| self.asked > limit)
    }
}

fn run(request: &RunRequest) -> RunOutcome {
    execute(request, &mut ()).expect("the run succeeds")
}

fn run_interrupted(request: &RunRequest, steps: u32) {
    let outcome = execute(request, &mut Watcher::stopping_after(steps)).expect("an interruption is not an error");
    assert!(matches!(outcome.ending, Ending::Interrupted { .. }), "{:?}", outcome.ending);
    assert_eq!(outcome.exit_code(), 130);
}

/// Everything that is promised to be equal: the outputs and the final hash.
fn results(dir: &Path) -> Vec<Vec<u8>> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(dir.join("manifest.json")).expect("a manifest")).expect("JSON");
    assert_eq!(manifest["state"], "finished");
    let mut results: Vec<Vec<u8>> = OUTPUTS.iter().map(|name| fs::read(dir.join(name)).expect(name)).collect();
    results.push(manifest["final_hash"].as_str().expect("a final hash").as_bytes().to_vec());
    results
}

fn assert_same_results(dir: &Path, expected: &[Vec<u8>], what: &str) {
    for (index, (found, expected)) in results(dir).iter().zip(expected).enumerate() {
        assert!(found == expected, "{what}: {} differs", OUTPUTS.get(index).unwrap_or(&"final_hash"));
    }
    assert_eq!(leftovers(dir), Vec::<PathBuf>::new(), "{what}: temporary files stay behind");
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("listable") {
        let path = entry.expect("listable").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn leftovers(dir: &Path) -> Vec<PathBuf> {
    files_below(dir).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "tmp")).collect()
}

/// Names, times of change and contents.
fn fingerprint(dir: &Path) -> Vec<(PathBuf, std::time::SystemTime, Vec<u8>)> {
    let of = |path: PathBuf| {
        let changed = fs::metadata(&path).and_then(|data| data.modified()).expect("readable");
        let bytes = fs::read(&path).expect("readable");
        (path, changed, bytes)
    };
    files_below(dir).into_iter().map(of).collect()
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    files_below(&dir.join("snapshots"))
}

/// A bug that shows itself after some steps.
struct Panics {
    steps_left: u32,
}

impl Observer for Panics {
    fn stop_requested(&mut self) -> bool {
        self.steps_left = self.steps_left.checked_sub(1).expect("a broken invariant");
        false
    }
}

#[test]
fn a_run_that_panics_leaves_a_directory_that_can_be_resumed() {
    let workshop = Workshop::new();
    run(&workshop.request("whole"));
    let broken = workshop.request("broken");
    for steps_left in [700, 1300] {
        let ended = std::panic::catch_unwind(|| execute(&broken, &mut Panics { steps_left }));
        assert!(ended.is_err(), "it did not panic");
    }
    assert_eq!(run(&broken).ending, Ending::Finished);
    assert_same_results(&workshop.path("broken"), &results(&workshop.path("whole")), "after a panic");
}

#[test]
fn a_run_does_not_know_where_it_is_nor_how_many_threads_it_has() {
    let workshop = Workshop::new();
    let outcome = run(&workshop.request("one"));
    assert_eq!(outcome.ending, Ending::Finished);
    assert_eq!(outcome.exit_code(), 0, "{:?}", outcome.manifest);
    let elsewhere = Workshop::new();
    fs::create_dir(elsewhere.path("deeper")).expect("writable");
    fs::copy(workshop.path("scene.ron"), elsewhere.path("deeper/scene.ron")).expect("writable");
    run(&RunRequest {
        threads: 2,
        snapshot_every: Some(DEFAULT_SNAPSHOT_EVERY),
        ..request(&elsewhere.path("deeper/scene.ron"), &elsewhere.path("deeper/out"))
    });
    assert_same_results(&elsewhere.path("deeper/out"), &results(&workshop.path("one")), "another folder, two threads");
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes_and_a_finished_one_is_skipped() {
    let workshop = Workshop::new();
    run(&workshop.request("whole"));
    let whole = results(&workshop.path("whole"));
    // Before the first step, within a snapshot interval, on its border, and several times over.
    for (name, stops) in [("a", vec![0, 17]), ("b", vec![240]), ("c", vec![1, 500, 333, 900]), ("d", vec![2_399, 1])] {
        for steps in stops {
            run_interrupted(&workshop.request(name), steps);
        }
        assert_eq!(run(&workshop.request(name)).ending, Ending::Finished);
        assert_same_results(&workshop.path(name), &whole, name);
    }
    let before = fingerprint(&workshop.path("whole"));
    let again = run(&workshop.request("whole"));
    assert_eq!((again.ending, again.exit_code()), (Ending::AlreadyFinished, 0));
    assert_eq!(
        serde_json::to_vec(&again.report).ok(),
        serde_json::from_slice::<Option<linetwin_model::report::KpiReport>>(&whole[0])
            .ok()
            .map(|report| serde_json::to_vec(&report).expect("JSON"))
    );
    assert_eq!(fingerprint(&workshop.path("whole")), before, "a skipped run touches nothing");

    fs::remove_file(workshop.path("whole/kpi.csv")).expect("ours");
    assert_eq!(run(&workshop.request("whole")).ending, Ending::Finished);
    assert_same_results(&workshop.path("whole"), &whole, "an output was removed");
}

#[test]
fn another_run_is_refused_and_nothing_is_touched() {
    let workshop = Workshop::new();
    run_interrupted(&workshop.request("out"), 300);
    let before = fingerprint(&workshop.path("out"));
    let ours = workshop.request("out");
    let others = [
        (RunRequest { seed: Some(4), ..ours.clone() }, "seed: 3 there, 4 here"),
        (RunRequest { replication: 1, ..ours.clone() }, "replication: 0 there, 1 here"),
        (RunRequest { duration: Time::from_seconds(21.0), ..ours.clone() }, "duration: 20 s there, 21 s here"),
        (RunRequest { overrides: vec!["belt.speed_mps=0.6".to_string()], ..ours.clone() }, "overrides"),
        (RunRequest { events: EventLevel::States, ..ours.clone() }, "events: All there, States here"),
    ];
    for (other, reason) in others {
        let error = execute(&other, &mut ()).expect_err("another run");
        assert!(matches!(error, RunError::OtherRun { .. }) && error.exit_code() == 2, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    fs::write(workshop.path("scene.ron"), SCENE.replace("// ", "").replace("speed_mps: 0.5", "speed_mps: 0.55")).expect("writable");
    let error = execute(&ours, &mut ()).expect_err("the scene has changed");
    assert!(error.to_string().contains("scene.ron has changed since"), "{error}");
    assert_eq!(fingerprint(&workshop.path("out")), before);

    fs::create_dir(workshop.path("photos")).expect("writable");
    fs::write(workshop.path("photos/holiday.jpg"), "x").expect("writable");
    let error = execute(&workshop.request("photos"), &mut ()).expect_err("not a run directory");
    assert!(matches!(&error, RunError::NotARunDirectory { found, .. } if found == "`holiday.jpg`"), "{error}");
    assert_eq!(files_below(&workshop.path("photos")).len(), 1);
}

#[test]
fn a_scene_with_errors_writes_nothing() {
    let workshop = Workshop::new();
    let request = RunRequest { overrides: vec!["belt.spead_mps=0.6".to_string()], ..workshop.request("out") };
    let error = execute(&request, &mut ()).expect_err("no such field");
    assert!(matches!(&error, RunError::Scene { diagnostics, .. } if !diagnostics.is_empty()), "{error}");
    assert_eq!(error.exit_code(), 2);
    assert!(!workshop.path("out").exists());
}

/// Starts a second writer from within the first one's run.
struct SecondWriter {
    request: RunRequest,
    answer: Option<RunError>,
}

impl Observer for SecondWriter {
    fn stop_requested(&mut self) -> bool {
        if self.answer.is_none() {
            self.answer = execute(&self.request, &mut ()).err();
        }
        false
    }
}

#[test]
fn the_second_writer_is_told_who_holds_the_directory() {
    let workshop = Workshop::new();
    let request = workshop.request("out");
    let mut second = SecondWriter { request: request.clone(), answer: None };
    execute(&request, &mut second).expect("the first writer is not disturbed");
    let Some(RunError::Locked { holder, .. }) = second.answer else { panic!("the second writer was let in: {:?}", second.answer) };
    assert!(holder.contains(&format!("process {}", std::process::id())), "{holder}");
    run(&workshop.request("alone"));
    assert_same_results(&workshop.path("out"), &results(&workshop.path("alone")), "with a second writer at the door");
}

#[test]
fn a_damaged_snapshot_or_journal_is_announced_and_gone_round() {
    let workshop = Workshop::new();
    run(&workshop.request("whole"));
    let whole = results(&workshop.path("whole"));
    let resume = |name: &str, damage: &dyn Fn(&Path)| {
        run_interrupted(&workshop.request(name), 1_000);
        let dir = workshop.path(name);
        assert_eq!(snapshots(&dir).len(), 5, "one for each 2 s and one at the interruption");
        damage(&dir);
        let mut watcher = Watcher::default();
        execute(&workshop.request(name), &mut watcher).expect("it goes on");
        assert_same_results(&dir, &whole, name);
        watcher.notices.join("\n")
    };
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).expect("readable");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        fs::write(path, bytes).expect("writable");
    };
    let told = resume("newest", &|dir| flip(snapshots(dir).last().expect("five")));
    assert!(told.contains("step-000000001000.snapshot is not used: it is damaged") && told.contains("goes on at 8.0 s"), "{told}");
    let told = resume("cut", &|dir| fs::write(snapshots(dir).last().expect("five"), b"LTW").expect("writable"));
    assert!(told.contains("it is damaged (too short)") && told.contains("goes on at 8.0 s"), "{told}");
    let told = resume("all", &|dir| snapshots(dir).iter().for_each(|path| flip(path)));
    assert!(told.contains("no usable snapshot: the run starts from the beginning"), "{told}");
    let told = resume("journal", &|dir| {
        let bytes = fs::read(dir.join("journal")).expect("readable");
        fs::write(dir.join("journal"), &bytes[..bytes.len() - 5]).expect("writable");
    });
    assert!(told.contains("the journal does not reach it undamaged") && told.contains("goes on at 8.0 s"), "{told}");
}

/// Not a test of its own: what the tests below kill or starve. They name the folder in the environment.
#[test]
#[ignore = "the child process of other tests"]
fn child_process() {
    let Some(folder) = std::env::var_os("LINETWIN_CHILD_FOLDER") else {
        println!("SKIPPED: only other tests start this, with LINETWIN_CHILD_FOLDER");
        return;
    };
    let folder = PathBuf::from(folder);
    if let Err(error) = execute(&request(&folder.join("scene.ron"), &folder.join("out")), &mut ()) {
        panic!("child: {error}");
    }
}

fn child(workshop: &Workshop) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test binary"));
    command.args(["--ignored", "--exact", "run_directory::child_process", "--nocapture"]);
    command.env("LINETWIN_CHILD_FOLDER", workshop.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_run_killed_at_any_moment_resumes_to_the_same_bytes() {
    const KILLS: u32 = 20;
    /// Children that end before their kill do not count; this many in a row would mean that none can be killed.
    const CHILDREN_MAX: u32 = 400;
    let reference = Workshop::new();
    let began = Instant::now();
    let output = child(&reference).output().expect("the child starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lifetime = began.elapsed();
    let whole = results(&reference.path("out"));

    let mut workshop = Workshop::new();
    let mut kills = 0;
    let mut random: u32 = 12_345;
    for _ in 0..CHILDREN_MAX {
        if kills == KILLS {
            break;
        }
        // Numerical Recipes' generator: the moments need no quality, only spread.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let moment = lifetime.mul_f64(f64::from(random >> 8) / f64::from(1 << 24));
        let mut child = child(&workshop).spawn().expect("the child starts");
        std::thread::sleep(moment.max(Duration::from_millis(1)));
        child.kill().expect("a child can be killed, dead or alive");
        let status = child.wait().expect("our child");
        if status.code().is_none() {
            kills += 1;
        }
        if status.success() {
            assert_same_results(&workshop.path("out"), &whole, "after kills");
            workshop = Workshop::new();
        }
    }
    assert_eq!(kills, KILLS);
    run(&workshop.request("out"));
    assert_same_results(&workshop.path("out"), &whole, "after the last kill");
}

/// A real file system of so many KiB, which fills up while the run goes on, is given more room afterwards. Needs a mount of
/// its own, and therefore a system that lets users have one.
#[test]
fn a_file_system_that_fills_up_is_a_clear_error_and_the_run_resumes_once_there_is_room() {
    const SCRIPT: &str = r#"
        mount -t tmpfs -o size="$ROOM_KIB"k tmpfs "$LINETWIN_CHILD_FOLDER" || { echo "no mount"; exit 77; }
        cp "$SCENE_FILE" "$LINETWIN_CHILD_FOLDER/scene.ron"
        "$0" "$@"
        echo "first ended with $?"
        ls -A "$LINETWIN_CHILD_FOLDER/out"
        mount -o remount,size=16m "$LINETWIN_CHILD_FOLDER"
        "$0" "$@" || exit 78
        cp -r "$LINETWIN_CHILD_FOLDER"/out/* "$RESULTS"
    "#;
    let reference = Workshop::new();
    run(&reference.request("out"));
    let whole = results(&reference.path("out"));
    let mut starved = 0;
    for room_kib in [16, 48, 96, 160] {
        let (workshop, mounted, kept) = (Workshop::new(), Workshop::new(), Workshop::new());
        let inner = child(&mounted);
        let mut shell = Command::new("unshare");
        shell.args(["--user", "--map-root-user", "--mount", "bash", "-c", SCRIPT]).arg(inner.get_program()).args(inner.get_args());
        shell.env("LINETWIN_CHILD_FOLDER", mounted.folder.path()).env("ROOM_KIB", room_kib.to_string());
        shell.env("SCENE_FILE", workshop.path("scene.ron")).env("RESULTS", kept.folder.path());
        let output = match shell.output() {
            Err(error) => return println!("SKIPPED: no `unshare` here ({error})"),
            Ok(output) => output,
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(77) || said.contains("unshare failed") || said.contains("Operation not permitted") {
            return println!("SKIPPED: this system lets nobody mount a file system of his own: {said}");
        }
        assert!(output.status.success(), "{room_kib} KiB: {said}");
        if !said.contains("first ended with 0") {
            assert!(said.contains("cannot write") && said.contains("out"), "what, and where: {said}");
            assert!(said.contains("make room and give the same command again"), "and what to do: {said}");
            starved += 1;
        }
        assert_same_results(kept.folder.path(), &whole, &format!("a disk of {room_kib} KiB"));
    }
    assert!(starved >= 2, "only {starved} of the disks were too small");
}

/// A limit on the size of files stands for the full disk: the write that crosses it fails part-way.
#[test]
#[cfg(unix)]
fn a_full_disk_is_a_clear_error_and_the_run_resumes_once_there_is_room() {
    let reference = Workshop::new();
    run(&reference.request("out"));
    let whole = results(&reference.path("out"));
    let mut starved = 0;
    for limit_kib in [1, 4, 12, 24, 40] {
        let workshop = Workshop::new();
        let inner = child(&workshop);
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit_kib}; exec \"$0\" \"$@\"")]).arg(inner.get_program());
        shell.args(inner.get_args()).env("LINETWIN_CHILD_FOLDER", workshop.folder.path());
        let output = shell.output().expect("bash is there");
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("cannot write") && said.contains("make room and give the same command again"), "{said}");
            starved += 1;
        }
        run(&workshop.request("out"));
        assert_same_results(&workshop.path("out"), &whole, &format!("starved at {limit_kib} KiB"));
    }
    assert!(starved >= 3, "only {starved} of the limits were reached");
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_is_a_clear_error() {
    use std::os::unix::fs::PermissionsExt;
    let workshop = Workshop::new();
    fs::create_dir(workshop.path("locked")).expect("writable");
    fs::set_permissions(workshop.path("locked"), fs::Permissions::from_mode(0o555)).expect("ours");
    // Root may write anywhere but into the kernel's own file systems.
    let root = fs::write(workshop.path("locked/probe"), "").is_ok();
    let out = if root { PathBuf::from("/sys/linetwin-run") } else { workshop.path("locked/out") };
    if root && !Path::new("/sys").is_dir() {
        println!("SKIPPED: root can write everywhere and there is no /sys");
        return;
    }
    let error = execute(&request(&workshop.path("scene.ron"), &out), &mut ()).expect_err("it cannot be written");
    let said = error.to_string();
    assert_eq!(error.exit_code(), 3);
    assert!(said.starts_with("cannot create") && said.contains(&*out.to_string_lossy()), "{said}");
    fs::set_permissions(workshop.path("locked"), fs::Permissions::from_mode(0o755)).expect("ours");
}

#[test]
fn replay_agrees_and_finds_what_was_planted() {
    let workshop = Workshop::new();
    let dir = workshop.path("out");
    run_interrupted(&workshop.request("out"), 700);
    let partly = replay(&dir, 1, &DeviceRequest::default(), &mut ()).expect("an interrupted run can be replayed");
    assert!(partly.agrees() && partly.steps == 700 && partly.files.is_empty(), "{partly}");
    run(&workshop.request("out"));
    let before = fingerprint(&dir);
    let whole = replay(&dir, 2, &DeviceRequest::default(), &mut ()).expect("replayable");
    assert_eq!((whole.exit_code(), whole.files.len()), (0, 5), "{whole}");
    assert_eq!(fingerprint(&dir), before, "replay writes nothing");

    let csv = fs::read_to_string(dir.join("kpi.csv")).expect("readable");
    fs::write(dir.join("kpi.csv"), csv.replacen(",parts", ",pairs", 1)).expect("writable");
    let changed = replay(&dir, 1, &DeviceRequest::default(), &mut ()).expect("replayable");
    let different: Vec<&str> = changed.files.iter().filter(|file| !file.same).map(|file| file.file.as_str()).collect();
    assert_eq!((different, changed.exit_code()), (vec!["kpi.csv"], 1), "{changed}");

    // As if the recorded run had drawn other random numbers: the first part comes at another time.
    let manifest = fs::read_to_string(dir.join("manifest.json")).expect("readable");
    fs::write(dir.join("manifest.json"), manifest.replace("\"seed\": 3", "\"seed\": 4")).expect("writable");
    let planted = replay(&dir, 1, &DeviceRequest::default(), &mut ()).expect("replayable");
    let difference = planted.difference.clone().expect("other random numbers, another run");
    assert_eq!(planted.exit_code(), 1);
    let entities = difference.entities.expect("a snapshot follows");
    assert!(entities.step >= difference.step && entities.step.is_multiple_of(240) && entities.count >= 1, "{planted}");
    assert!(entities.parts[0].contains("infeed#"), "{planted}");
    fs::write(dir.join("manifest.json"), manifest).expect("writable");

    let mut journal = fs::read(dir.join("journal")).expect("readable");
    let last = journal.len() - 1;
    journal[last] ^= 1;
    fs::write(dir.join("journal"), journal).expect("writable");
    let error = replay(&dir, 1, &DeviceRequest::default(), &mut ()).expect_err("a damaged journal proves nothing");
    assert!(error.to_string().contains("it is damaged after step"), "{error}");
}

/// A style sheet can size a picture's shapes, which then say something else than their numbers.
fn no_style_rule_sizes_what_a_picture_draws(page: &str) {
    let drawn: BTreeSet<&str> = ["<rect class=\"", "<path class=\"", "<circle class=\""]
        .iter()
        .flat_map(|shape| page.split(shape).skip(1))
        .flat_map(|rest| rest.split('"').next().unwrap_or_default().split(' '))
        .collect();
    assert!(drawn.contains("bar") && drawn.contains("belt"), "{drawn:?}");
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style sheet");
    for rule in style.split('}') {
        let Some((selectors, body)) = rule.rsplit_once('{') else { continue };
        let property = |declaration: &str| declaration.split(':').next().unwrap_or_default().trim().to_owned();
        if !body.split(';').any(|declaration| ["width", "height", "x", "y", "r", "cx", "cy", "d"].contains(&property(declaration).as_str()))
        {
            continue;
        }
        for selector in selectors.split(',') {
            let class = selector.split([' ', '>', '+']).next_back().and_then(|last| last.trim().strip_prefix('.'));
            assert!(!class.is_some_and(|class| drawn.contains(class)), "`{selector}` sizes shapes of pictures too");
        }
    }
}

#[test]
fn reports_are_rebuilt_from_the_directory_alone() {
    let workshop = Workshop::new();
    run(&workshop.request("out"));
    let dir = workshop.path("out");
    let page = fs::read(dir.join("report.html")).expect("written");
    fs::remove_file(dir.join("report.html")).expect("ours");
    fs::remove_file(workshop.path("scene.ron")).expect("ours");
    linetwin_run::report(&dir).expect("everything is in the directory");
    assert!(fs::read(dir.join("report.html")).expect("written again") == page);

    let page = String::from_utf8(page).expect("UTF-8");
    for outside in ["http://", "https://", "<link", "@import", "src=", "url("] {
        assert!(!page.contains(outside), "the page is not self-contained: {outside}");
    }
    for expected in ["infeed", "press", "dock", "tape", "no confidence interval", "scene.ron:", "<svg"] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains(&*workshop.folder.path().to_string_lossy()), "a path would differ on the next machine");
    no_style_rule_sizes_what_a_picture_draws(&page);
}

#[test]
fn runs_are_compared_side_by_side() {
    let workshop = Workshop::new();
    run(&workshop.request("a"));
    run(&RunRequest { overrides: vec!["belt.speed_mps=0.7".to_string()], ..workshop.request("b") });
    run(&workshop.request("c"));
    let faster = linetwin_run::compare(&workshop.path("a"), &workshop.path("b")).expect("both are finished");
    let transport = faster.rows.iter().find(|row| row.kpi == "line.lead_time_transport_s").expect("a line's KPI");
    assert!(transport.difference.expect("estimable in both") < 0.0, "a faster belt carries faster: {transport:?}");
    assert!(faster.to_string().contains("no confidence interval"), "{faster}");
    let same = linetwin_run::compare(&workshop.path("a"), &workshop.path("c")).expect("both are finished");
    assert!(same.rows.len() > 20 && same.rows.iter().all(|row| !row.differs()), "{same}");

    run_interrupted(&workshop.request("d"), 100);
    let error = linetwin_run::compare(&workshop.path("a"), &workshop.path("d")).expect_err("half a run has no KPIs");
    assert!(error.to_string().contains("not finished (interrupted)"), "{error}");
    let error = linetwin_run::compare(&workshop.path("a"), &workshop.path("nowhere")).expect_err("no such directory");
    assert!(error.to_string().contains("holds no run"), "{error}");
}
