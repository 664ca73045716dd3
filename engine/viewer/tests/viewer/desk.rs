//! A display without a screen (Xvfb), a window on it, and a hand that presses keys and moves the mouse (xdotool). The window's `--log`
//! says what came of it.

use crate::program::Png;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Of anything that a window does; a machine without a GPU that builds and tests beside it is slow.
const PATIENCE: Duration = Duration::from_secs(120);
pub const SIZE: [i32; 2] = [1280, 800];

/// `None`, with the reason printed: what is wanted is not installed.
pub struct Desk {
    screen: Child,
    display: String,
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn open() -> Option<Desk> {
        for (program, flag) in [("Xvfb", "-help"), ("xdotool", "version")] {
            if Command::new(program).arg(flag).stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                println!("SKIPPED: {program} is not installed (Debian: `apt install xvfb xdotool`); no window is tested");
                return None;
            }
        }
        let mut screen = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it was there before");
        let mut number = String::new();
        BufReader::new(screen.stdout.as_mut().expect("it is piped")).read_line(&mut number).expect("it tells its number");
        Some(Desk { screen, display: format!(":{}", number.trim()), folder: tempfile::tempdir().expect("a folder") })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env("XDG_CONFIG_HOME", self.path("config")).current_dir(self.folder.path());
        command
    }

    /// A window of [`SIZE`] that shows its first picture.
    pub fn window(&self, file: &Path, arguments: &[&str]) -> Window<'_> {
        let log = self.path("log.jsonl");
        let _ = std::fs::remove_file(&log);
        let size = format!("{}x{}", SIZE[0], SIZE[1]);
        let mut command = self.command(env!("CARGO_BIN_EXE_linetwin-viewer"));
        command.arg(file).args(["--size", &size, "--software", "--log"]).arg(&log).args(arguments);
        let program = command.stderr(Stdio::piped()).spawn().expect("the viewer starts");
        let mut window = Window { desk: self, program, log, read: 0, id: String::new() };
        window.until("pictured", |_| true);
        // What is told before that may be waited for yet.
        window.read = 0;
        window.id = window.hand(&["search", "--name", " linetwin"]).lines().last().expect("there is a window").to_string();
        // Keys go to a window once it has heard that it has them.
        window.hand(&["windowfocus", "--sync", &window.id.clone(), "sleep", "2"]);
        window
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.screen.kill();
        let _ = self.screen.wait();
    }
}

pub struct Window<'d> {
    desk: &'d Desk,
    program: Child,
    log: PathBuf,
    /// Lines that were waited for, and those before them.
    read: usize,
    id: String,
}

impl Window<'_> {
    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        // The last one may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits for a line of the log that was not waited for yet.
    pub fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = self.within(PATIENCE, what, is_it);
        found.unwrap_or_else(|| panic!("the window never told `{what}`: {:#?}", self.lines()))
    }

    fn within(&mut self, patience: Duration, what: &str, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        let began = Instant::now();
        loop {
            let lines = self.lines();
            let found = lines.iter().enumerate().skip(self.read).find(|(_, line)| line["what"] == what && is_it(line));
            if let Some((index, line)) = found {
                self.read = index + 1;
                return Some(line.clone());
            }
            let ended = self.program.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "the window has ended ({ended:?}) before it told `{what}`: {lines:#?}");
            if began.elapsed() > patience {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Clicks until it is told, as somebody does whose window draws less than a picture a second and misses a short click.
    pub fn click_until(&mut self, at: [i32; 2], what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..8 {
            self.click(at);
            if let Some(told) = self.within(PATIENCE / 8, what, &is_it) {
                return told;
            }
        }
        panic!("no click at {at:?} leads to `{what}`: {:#?}", self.lines())
    }

    fn hand(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.desk.command("xdotool").args(arguments).output().expect("xdotool starts");
        assert!(status.success(), "xdotool {arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8_lossy(&stdout).into_owned()
    }

    pub fn press(&self, keys: &str) {
        self.hand(&["key", keys]);
    }

    /// A field that is asked for takes what is typed from the next picture on.
    pub fn write(&self, text: &str) {
        self.hand(&["sleep", "1", "type", "--delay", "60", text]);
    }

    /// Slowly enough for a window that draws few pictures: it has to see the pointer come before it is pressed.
    pub fn click(&self, [x, y]: [i32; 2]) {
        let [x, y] = [x.to_string(), y.to_string()];
        self.hand(&["mousemove", &x, &y, "sleep", "0.8", "mousedown", "1", "sleep", "0.4", "mouseup", "1"]);
    }

    /// Notches of the wheel, down.
    pub fn scroll(&self, [x, y]: [i32; 2], notches: usize) {
        let [x, y] = [x.to_string(), y.to_string()];
        let mut hand = vec!["mousemove", &x, &y, "sleep", "0.8"];
        (0..notches).for_each(|_| hand.extend(["click", "5", "sleep", "0.3"]));
        hand.extend(["sleep", "1.5"]);
        self.hand(&hand);
    }

    /// From one place to another with the left button held, in steps that a slow window sees.
    pub fn drag(&self, from: [i32; 2], to: [i32; 2]) {
        let at = |share: i32| [0, 1].map(|axis| (from[axis] + (to[axis] - from[axis]) * share / 4).to_string());
        let [x, y] = at(0);
        let mut hand: Vec<String> = ["mousemove", &x, &y, "sleep", "0.8", "mousedown", "1", "sleep", "0.4"].map(String::from).into();
        for share in 1..=4 {
            let [x, y] = at(share);
            hand.extend(["mousemove", &x, &y, "sleep", "0.4"].map(String::from));
        }
        hand.extend(["mouseup", "1"].map(String::from));
        self.hand(&hand.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// What the window looks like now; `F12` writes it.
    pub fn picture(&mut self) -> Png {
        self.press("F12");
        let told = self.until("screenshot", |_| true);
        Png::read(&self.desk.path(told["file"].as_str().expect("a name")))
    }

    #[allow(dead_code, reason = "the bench of the window asks for it")]
    pub fn process(&self) -> u32 {
        self.program.id()
    }

    pub fn resize(&self, [width, height]: [i32; 2]) {
        self.hand(&["windowsize", &self.id, &width.to_string(), &height.to_string()]);
    }

    /// Its exit code, and what it said.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        while self.program.try_wait().expect("it can be asked").is_none() {
            assert!(began.elapsed() < PATIENCE, "the window does not close: {:#?}", self.lines());
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut said = String::new();
        let mut stderr = self.program.stderr.take().expect("it is piped");
        std::io::Read::read_to_string(&mut stderr, &mut said).expect("it is text");
        (self.program.wait().expect("it has ended").code(), said)
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
