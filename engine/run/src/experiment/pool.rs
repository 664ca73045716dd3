//! Processes side by side, each with one run, whose files the pool syncs together at the end. Whoever stops the pool stops them
//! gently, and they stop so if the pool is killed: each writes its snapshot, and the same command goes on with all of them. Several
//! pools may work on the same runs: what another one is writing is left to it. Knows nothing about what they compute.

use crate::directory::is_locked;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::{Durability, SYNCS_MANY, sync_all_in};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Between two looks at whether to stop, where no process ends.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Between two looks at a run that somebody else is writing.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// A run that is finished, and one whose physics or checks said no.
const FINISHED: [i32; 2] = [0, 1];
/// A run that wrote a snapshot and stopped.
const INTERRUPTED: i32 = 130;

/// Knows how to ask for a run in a process of its own.
pub trait Launcher {
    /// A command that fills the request's directory, says nothing but errors, ends with the exit codes of a run, and stops with a
    /// snapshot when its stdin is closed.
    fn command(&self, request: &RunRequest) -> Command;
}

/// One process with its run.
struct Worker {
    request: RunRequest,
    child: Child,
    complaint: JoinHandle<String>,
}

/// Runs all requests, at most `jobs` at a time; `finished` is told of each that has ended well, or that somebody else has done
/// meanwhile. `false`: stopped on request.
pub(super) fn run_all(
    requests: Vec<RunRequest>,
    jobs: usize,
    launcher: &dyn Launcher,
    is_done: &dyn Fn(&RunRequest) -> bool,
    finished: &mut dyn FnMut(&RunRequest),
    stop: &mut dyn FnMut() -> bool,
) -> Result<bool, RunError> {
    // All of them lie on one file system.
    let folder = requests.first().and_then(|run| run.out_dir.parent()).map(Path::to_path_buf);
    let mut waiting = VecDeque::from(requests);
    // Somebody else's, until this instant.
    let mut held: VecDeque<(RunRequest, Instant)> = VecDeque::new();
    let mut workers: Vec<Worker> = Vec::new();
    // Process ids of workers that are about to end.
    let (ends, ended_workers) = channel::<u32>();
    let mut failure: Option<RunError> = None;
    let (mut interrupted, mut asked) = (false, false);
    while !workers.is_empty() || !(waiting.is_empty() && held.is_empty() || asked) {
        interrupted |= stop();
        if !asked && (interrupted || failure.is_some()) {
            asked = true;
            // They see the end of their stdin.
            workers.iter_mut().for_each(|worker| drop(worker.child.stdin.take()));
        }
        while held.front().is_some_and(|(_, until)| *until <= Instant::now()) {
            waiting.extend(held.pop_front().map(|(request, _)| request));
        }
        while !asked && workers.len() < jobs {
            let Some(request) = waiting.pop_front() else { break };
            if is_locked(&request.out_dir) {
                held.push_back((request, Instant::now() + LOOK_AGAIN_AFTER));
                continue;
            }
            if is_done(&request) {
                finished(&request);
                continue;
            }
            match launch(launcher, request, ends.clone()) {
                Ok(worker) => workers.push(worker),
                Err(error) => {
                    failure = failure.or(Some(error));
                    break;
                }
            }
        }
        let first = match workers.is_empty() {
            true if held.is_empty() => continue,
            true => {
                thread::sleep(LOOK_EVERY);
                continue;
            }
            // At least one of the senders is here.
            false => ended_workers.recv_timeout(LOOK_EVERY).ok(),
        };
        let over: Vec<u32> = first.into_iter().chain(ended_workers.try_iter()).collect();
        let mut busy = Vec::new();
        for mut worker in workers {
            let status = if over.contains(&worker.child.id()) { worker.child.wait().map(Some) } else { worker.child.try_wait() };
            match status {
                Ok(None) => busy.push(worker),
                Ok(Some(status)) => match ended(worker, status) {
                    Ok(Some(request)) => finished(&request),
                    Ok(None) => interrupted = true,
                    Err(error) => failure = failure.or(Some(error)),
                },
                Err(source) => failure = failure.or(Some(RunError::Worker { dir: worker.request.out_dir, reason: source.to_string() })),
            }
        }
        workers = busy;
    }
    // What the workers left to the pool.
    folder.filter(|folder| folder.exists()).map_or(Ok(()), |folder| sync_all_in(&folder))?;
    failure.map_or(Ok(!interrupted), Err)
}

fn launch(launcher: &dyn Launcher, request: RunRequest, ends: Sender<u32>) -> Result<Worker, RunError> {
    let durability = if SYNCS_MANY { Durability::ByStarter } else { Durability::EachFile };
    let request = RunRequest { durability, ..request };
    let mut command = launcher.command(&request);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    // A group of its own: Ctrl-C at the terminal reaches the pool alone, which passes it on once.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let failed = |source: io::Error| RunError::Worker { dir: request.out_dir.clone(), reason: format!("it cannot be started: {source}") };
    let mut child = command.spawn().map_err(failed)?;
    let (id, mut stderr) = (child.id(), child.stderr.take().expect("it is piped"));
    let complaint = thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read is not told; the exit status is.
        let _ = stderr.read_to_string(&mut text);
        // Nobody listens any more where the pool has given up.
        let _ = ends.send(id);
        text
    });
    Ok(Worker { request, child, complaint })
}

/// `None`: it was interrupted.
fn ended(worker: Worker, status: ExitStatus) -> Result<Option<RunRequest>, RunError> {
    let complaint = worker.complaint.join().unwrap_or_default();
    match status.code() {
        Some(code) if FINISHED.contains(&code) => Ok(Some(worker.request)),
        Some(INTERRUPTED) => Ok(None),
        _ => {
            let said = complaint.trim();
            let reason = if said.is_empty() { format!("it ended with {status}") } else { format!("it ended with {status}:\n{said}") };
            Err(RunError::Worker { dir: worker.request.out_dir, reason })
        }
    }
}
