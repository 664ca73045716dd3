//! Streams as queues: what may run, what must, in which order, and what an operation does.

use crate::errors::*;
use crate::state::{Data, Policy, State, Work};
use std::ffi::c_void;
use std::time::Instant;

impl State {
    pub fn stream_of(&self, handle: *mut c_void, device: usize) -> Result<usize, Code> {
        let id = match handle as usize {
            // NULL, legacy and per-thread default
            0..=2 => device + 1,
            other => other,
        };
        match self.streams.get(&id) {
            Some(stream) if stream.device == device => Ok(id),
            Some(_) => Err(INVALID_HANDLE),
            None => Err(INVALID_CONTEXT),
        }
    }

    /// Queues work; how much of what is queued then runs, the policy says.
    pub fn push(&mut self, id: usize, work: Work) -> Result<u64, Code> {
        let device = self.streams[&id].device;
        // The NULL stream orders itself against every blocking stream of its device, both ways.
        if self.streams[&id].blocking {
            let null = device + 1;
            let others: Vec<(usize, u64)> = self
                .streams
                .iter()
                .filter(|&(&other, stream)| other != id && stream.device == device && stream.blocking && (other == null || id == null))
                .filter(|(_, stream)| stream.issued > stream.done)
                .map(|(&other, stream)| (other, stream.issued))
                .collect();
            for (stream, number) in others {
                self.enqueue(id, Work::Wait { stream, number });
            }
        }
        let number = self.enqueue(id, work);
        match self.policy {
            Policy::Eager => self.advance(id, number)?,
            Policy::Lazy => {}
            Policy::Random => {
                for _ in 0..self.random() % 4 {
                    if !self.step() {
                        break;
                    }
                }
            }
        }
        Ok(number)
    }

    fn enqueue(&mut self, id: usize, work: Work) -> u64 {
        let stream = self.streams.get_mut(&id).expect("callers resolve the handle first");
        stream.issued += 1;
        stream.queue.push_back((stream.issued, work));
        stream.issued
    }

    fn reached(&self, id: usize, number: u64) -> bool {
        self.streams.get(&id).is_none_or(|stream| stream.done >= number)
    }

    pub fn event_done(&self, event: usize) -> Result<bool, Code> {
        let event = self.events.get(&event).ok_or(INVALID_HANDLE)?;
        Ok(event.at.is_none_or(|(stream, number)| self.reached(stream, number)))
    }

    pub fn elapsed_ms(&self, from: usize, to: usize) -> Result<f32, Code> {
        let time = |event: usize| self.events.get(&event).ok_or(INVALID_HANDLE)?.finished.map(|(_, time)| time).ok_or(NOT_READY);
        Ok(time(to)?.duration_since(time(from)?).as_secs_f32() * 1e3)
    }

    /// Runs stream `id` up to work `number`, and of the other streams only what that waits for (random policy: now and then
    /// something else as well). Whatever is not needed stays undone.
    pub fn advance(&mut self, id: usize, number: u64) -> Result<(), Code> {
        let mut wanted = vec![(id, number)];
        while let Some(&(id, number)) = wanted.last() {
            if self.reached(id, number) {
                wanted.pop();
                continue;
            }
            if self.policy == Policy::Random && self.random().is_multiple_of(2) {
                self.step();
            }
            match self.streams[&id].queue.front() {
                Some((_, Work::Wait { stream, number })) if !self.reached(*stream, *number) => {
                    if wanted.len() > self.streams.len() {
                        self.wrong("every stream waits for another: the real program would hang here");
                        return Err(LAUNCH_TIMEOUT);
                    }
                    wanted.push((*stream, *number));
                }
                Some(_) => self.run_head(id),
                None => {
                    wanted.pop();
                }
            }
        }
        Ok(())
    }

    pub fn advance_device(&mut self, device: usize) -> Result<(), Code> {
        let of_device = self.streams.iter().filter(|(_, stream)| stream.device == device);
        let all: Vec<(usize, u64)> = of_device.map(|(&id, stream)| (id, stream.issued)).collect();
        all.into_iter().try_for_each(|(id, number)| self.advance(id, number))
    }

    /// Runs one operation of some stream whose head may run; false where there is none.
    pub fn step(&mut self) -> bool {
        let may_run = |work: &Work| !matches!(work, Work::Wait { stream, number } if !self.reached(*stream, *number));
        let heads = self.streams.iter().filter_map(|(&id, stream)| Some((id, stream.queue.front()?)));
        let ready: Vec<usize> = heads.filter(|(_, (_, work))| may_run(work)).map(|(id, _)| id).collect();
        if ready.is_empty() {
            return false;
        }
        let id = ready[self.random() as usize % ready.len()];
        self.run_head(id);
        true
    }

    fn run_head(&mut self, id: usize) {
        let stream = self.streams.get_mut(&id).expect("the caller found it");
        let (number, work) = stream.queue.pop_front().expect("the caller saw its head");
        let device = stream.device;
        // A lost device runs nothing more; its queue only empties.
        let lost = self.devices[device].lost.is_some() && !matches!(work, Work::Free { .. });
        let outcome = if lost { Ok(()) } else { self.execute(device, work) };
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.done = number;
        }
        if let Err(code) = outcome {
            self.devices[device].lost.get_or_insert(code);
        }
    }

    fn execute(&mut self, device: usize, work: Work) -> Result<(), Code> {
        match work {
            Work::ToDevice { to, data } => {
                let (from, len) = match &data {
                    Data::Staged(bytes) => (bytes.as_ptr(), bytes.len()),
                    Data::Pinned(start, len) => (*start as *const u8, *len),
                };
                self.still_live("copy to the device", to, len)?;
                unsafe { std::ptr::copy_nonoverlapping(from, to as *mut u8, len) };
            }
            Work::ToHost { to, from, len } => {
                self.still_live("copy to the host", from, len)?;
                unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, len) };
            }
            Work::Copy { to, from, len } => {
                self.still_live("device copy", from, len)?;
                self.still_live("device copy", to, len)?;
                unsafe { std::ptr::copy(from as *const u8, to as *mut u8, len) };
            }
            Work::Set { to, value, len } => {
                self.still_live("memset", to, len)?;
                unsafe { std::ptr::write_bytes(to as *mut u8, value, len) };
            }
            Work::Free { start } => return self.free(start),
            Work::Record { event, stamp } => {
                if let Some(event) = self.events.get_mut(&event) {
                    event.finished = Some((stamp, Instant::now()));
                }
            }
            Work::Wait { .. } => {}
            Work::Host { function, data } => function(data as *mut c_void),
            Work::Launch { function, grid, block, parameters } => {
                self.gate(&format!("run:{}", function.name), Some(device))?;
                return self.run_kernel(device, &function, grid, block, parameters);
            }
        }
        Ok(())
    }

    /// The memory may have been freed between the call and its turn in the stream.
    fn still_live(&mut self, what: &str, start: u64, len: usize) -> Result<(), Code> {
        if len == 0 {
            return Ok(());
        }
        self.inside(start, len, None).map_err(|told| {
            self.wrong(&format!("{what} after free? {told}"));
            ILLEGAL_ADDRESS
        })
    }
}
