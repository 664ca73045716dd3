//! The commands on their way to the player: bounded, and what a newer one makes pointless is not kept. Neither side ever
//! waits for the other for longer than it takes to move a value.

use super::Command;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A player that has not looked for so long is not helped by more.
const COMMANDS_MAX: usize = 64;

#[derive(Default)]
pub struct Inbox {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    commands: Vec<Command>,
    closed: bool,
}

/// Why a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("the simulation has not come round to the last {COMMANDS_MAX} commands yet; try again")]
    Busy,
    #[error("the playback has ended")]
    Ended,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn send(&self, command: Command) -> Result<(), SendError> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(SendError::Ended);
        }
        // Scrubbing sends a jump for every movement of the hand: the last one counts.
        if queue.commands.last().is_some_and(|last| command.replaces(last)) {
            queue.commands.pop();
        }
        if queue.commands.len() >= COMMANDS_MAX && !matches!(command, Command::Stop) {
            return Err(SendError::Busy);
        }
        queue.commands.push(command);
        self.arrived.notify_one();
        Ok(())
    }

    /// All that came, in order; does not wait.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.lock().commands)
    }

    pub fn has_commands(&self) -> bool {
        !self.lock().commands.is_empty()
    }

    /// Waits until something comes, or until `deadline`.
    pub fn wait(&self, deadline: Option<Instant>) {
        let mut queue = self.lock();
        while queue.commands.is_empty() {
            let Some(deadline) = deadline else {
                queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = self.arrived.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Nobody reads any more.
    pub fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.commands.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::Time;

    #[test]
    fn of_many_jumps_the_last_counts_and_nothing_grows() {
        let inbox = Inbox::default();
        for second in 0..1_000 {
            inbox.send(Command::Seek(Time(second))).expect("they replace each other");
        }
        assert!(matches!(inbox.take()[..], [Command::Seek(Time(999))]));
        for _ in 0..COMMANDS_MAX {
            inbox.send(Command::Step(1)).expect("there is room");
        }
        assert_eq!(inbox.send(Command::Step(1)), Err(SendError::Busy));
        inbox.send(Command::Stop).expect("stopping is always possible");
        assert_eq!(inbox.take().len(), COMMANDS_MAX + 1);
        inbox.close();
        assert_eq!(inbox.send(Command::Play), Err(SendError::Ended));
    }
}
