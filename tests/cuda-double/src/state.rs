//! What the double knows: devices, memory, streams, events, modules; its settings; its injected faults.

use crate::errors::*;
use crate::image::Image;
use crate::ptx::Entry;
use std::alloc::Layout;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

pub struct Device {
    pub total_bytes: usize,
    pub used_bytes: usize,
    pub retains: u32,
    /// Set by a fault that kills the device, and never cleared: on an H100 nothing short of a new process helped.
    pub lost: Option<Code>,
}

pub struct Allocation {
    pub len: usize,
    pub device: usize,
}

/// Something that waits in a stream.
pub enum Work {
    ToDevice { to: u64, data: Data },
    ToHost { to: usize, from: u64, len: usize },
    Copy { to: u64, from: u64, len: usize },
    Set { to: u64, value: u8, len: usize },
    Free { start: u64 },
    Launch { function: Arc<Function>, grid: [u32; 3], block: [u32; 3], parameters: Vec<u8> },
    Record { event: usize, stamp: u64 },
    Wait { stream: usize, number: u64 },
    Host { function: extern "C" fn(*mut c_void), data: usize },
}

/// Pageable memory is read when the call is made; pinned memory when the copy runs.
pub enum Data {
    Staged(Vec<u8>),
    Pinned(usize, usize),
}

#[derive(Default)]
pub struct Stream {
    pub device: usize,
    /// Whether it and the NULL stream wait for each other.
    pub blocking: bool,
    pub queue: VecDeque<(u64, Work)>,
    /// Numbers of the last work that was asked for, and of the last that is done.
    pub issued: u64,
    pub done: u64,
}

pub struct Event {
    pub device: usize,
    /// Stream and number of its last record.
    pub at: Option<(usize, u64)>,
    pub stamp: u64,
    pub finished: Option<(u64, Instant)>,
}

pub struct Function {
    pub name: String,
    /// Offset and size of each parameter.
    pub parameters: Vec<(usize, usize)>,
    pub parameter_bytes: usize,
    pub ptx: Option<Arc<Entry>>,
    /// In the library of the native engine; 0: not there.
    pub native: usize,
}

pub struct Module {
    pub device: usize,
    pub image: Image,
}

struct Fault {
    what: String,
    nth: u64,
    code: Code,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Policy {
    Eager,
    Lazy,
    Random,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Engine {
    Native,
    Ptx {
        /// Whether races are reported.
        checked: bool,
        /// Shuffles threads and blocks; none: in order.
        seed: Option<u64>,
    },
}

pub struct State {
    pub initialised: bool,
    pub devices: Vec<Device>,
    pub allocations: BTreeMap<u64, Allocation>,
    pub pinned: BTreeMap<usize, usize>,
    /// The NULL stream of device d is d + 1.
    pub streams: BTreeMap<usize, Stream>,
    pub events: HashMap<usize, Event>,
    pub modules: HashMap<usize, Module>,
    pub functions: HashMap<usize, Arc<Function>>,
    last_handle: usize,
    pub policy: Policy,
    random: u64,
    faults: Vec<Fault>,
    counts: BTreeMap<String, u64>,
    pub compute_capability: u32,
    pub driver: u32,
    pub engine: Engine,
    pub ptx_instructions: u64,
    log: bool,
    pub pageable_async: bool,
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let name = format!("CUDA_TEST_DOUBLE_{name}");
    match std::env::var(&name) {
        // A setting that is not understood must not quietly test something else.
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is not understood")),
        Err(_) => default,
    }
}

fn engine_of(text: &str) -> Engine {
    match text.split_once(':') {
        None if text == "native" => Engine::Native,
        None if text == "ptx" => Engine::Ptx { checked: true, seed: None },
        None if text == "ptx-unchecked" => Engine::Ptx { checked: false, seed: None },
        Some(("ptx", seed)) => Engine::Ptx { checked: true, seed: Some(seed.parse().expect("ENGINE=ptx:SEED")) },
        _ => panic!("CUDA_TEST_DOUBLE_ENGINE={text} is not understood"),
    }
}

fn policy_of(text: &str) -> (Policy, u64) {
    match text.split_once(':') {
        None if text == "eager" => (Policy::Eager, 1),
        None if text == "lazy" => (Policy::Lazy, 1),
        Some(("random", seed)) => (Policy::Random, seed.parse().expect("STREAMS=random:SEED")),
        _ => panic!("CUDA_TEST_DOUBLE_STREAMS={text} is not understood"),
    }
}

fn fault_of(rule: &str) -> Fault {
    let words: Vec<&str> = rule.split_whitespace().collect();
    let [what, nth, code] = words[..] else { panic!("CUDA_TEST_DOUBLE_FAULTS: `{rule}` is not `WHAT NTH CODE`") };
    Fault { what: what.into(), nth: nth.parse().expect("NTH is a number"), code: code.parse().expect("CODE is a number") }
}

pub fn state() -> MutexGuard<'static, State> {
    static STATE: OnceLock<Mutex<State>> = OnceLock::new();
    let made = STATE.get_or_init(|| {
        let total_bytes = setting::<usize>("MEM_MIB", 1024) << 20;
        let devices: Vec<Device> =
            (0..setting("DEVICES", 4)).map(|_| Device { total_bytes, used_bytes: 0, retains: 0, lost: None }).collect();
        let null_stream = |device| (device + 1, Stream { device, blocking: true, ..Default::default() });
        let (policy, seed) = policy_of(&setting("STREAMS", "eager".to_string()));
        let faults = setting("FAULTS", String::new());
        eprintln!("cuda-double: NO GPU HERE, this is a TEST DOUBLE of libcuda with {} devices", devices.len());
        Mutex::new(State {
            initialised: false,
            allocations: BTreeMap::new(),
            pinned: BTreeMap::new(),
            streams: (0..devices.len()).map(null_stream).collect(),
            devices,
            events: HashMap::new(),
            modules: HashMap::new(),
            functions: HashMap::new(),
            last_handle: 0x1000,
            policy,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            faults: faults.split(';').filter(|rule| !rule.trim().is_empty()).map(fault_of).collect(),
            counts: BTreeMap::new(),
            compute_capability: setting("CC", 90),
            driver: setting("DRIVER", 12080),
            engine: engine_of(&setting("ENGINE", "native".to_string())),
            ptx_instructions: 0,
            log: setting("LOG", 0) > 0,
            pageable_async: setting("PAGEABLE", String::new()) == "async",
        })
    });
    made.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

thread_local! {
    /// The device whose context is current in this thread.
    pub static CURRENT: Cell<Option<usize>> = const { Cell::new(None) };
}

pub fn current() -> Result<usize, Code> {
    CURRENT.get().ok_or(INVALID_CONTEXT)
}

const CONTEXT_HANDLE: usize = 0xC0DE_0000;

pub fn context_handle(device: usize) -> *mut c_void {
    (CONTEXT_HANDLE + device) as *mut c_void
}

pub fn device_of_context(context: *mut c_void) -> usize {
    (context as usize).wrapping_sub(CONTEXT_HANDLE)
}

/// What a program calls to tidy up: it works on a lost device as well, as far as the double's books go.
const TIDYING: [&str; 4] = ["cuMemFreeAsync", "cuMemFree_v2", "cuMemFreeHost", "cuStreamDestroy_v2"];

impl State {
    /// Something is wrong with the program under test.
    pub fn wrong(&mut self, what: &str) {
        eprintln!("cuda-double: WRONG: {what}");
    }

    /// Counts the call, then answers an injected fault or the device's loss.
    pub fn gate(&mut self, what: &str, device: Option<usize>) -> Result<(), Code> {
        let count = self.counts.entry(what.to_string()).or_insert(0);
        *count += 1;
        let nth = *count;
        if self.log {
            eprintln!("cuda-double: {what} #{nth} device {device:?}");
        }
        if !self.initialised && what != "cuInit" && what != "cuDriverGetVersion" {
            return Err(NOT_INITIALIZED);
        }
        if let Some(device) = device
            && let Some(code) = self.devices[device].lost
            && !TIDYING.contains(&what)
        {
            return Err(code);
        }
        if let Some(index) = self.faults.iter().position(|fault| fault.what == what && fault.nth == nth) {
            let fault = self.faults.remove(index);
            eprintln!("cuda-double: injected fault {} in {what} #{nth}", fault.code);
            if let Some(device) = device
                && what.starts_with("run:")
            {
                self.devices[device].lost = Some(fault.code);
            }
            return Err(fault.code);
        }
        Ok(())
    }

    pub fn alive(&self, device: usize) -> Result<(), Code> {
        self.devices[device].lost.map_or(Ok(()), Err)
    }

    pub fn handle(&mut self) -> usize {
        self.last_handle += 16;
        self.last_handle
    }

    pub fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    pub fn is_pinned(&self, start: usize, len: usize) -> bool {
        self.pinned.range(..=start).next_back().is_some_and(|(&base, &size)| start + len <= base + size)
    }

    pub fn allocate(&mut self, device: usize, len: usize) -> Result<u64, Code> {
        if len == 0 {
            return Err(INVALID_VALUE);
        }
        let charged = len.next_multiple_of(512);
        let books = &mut self.devices[device];
        if books.used_bytes + charged > books.total_bytes {
            return Err(OUT_OF_MEMORY);
        }
        books.used_bytes += charged;
        // Of the exact length, so that AddressSanitizer sees the first byte past the end; filled with 0xFF, so that floats
        // that nobody wrote are NaN.
        let start = unsafe {
            let start = std::alloc::alloc(layout(len));
            assert!(!start.is_null(), "the host has no memory left");
            std::ptr::write_bytes(start, 0xFF, len);
            start as u64
        };
        self.allocations.insert(start, Allocation { len, device });
        Ok(start)
    }

    pub fn free(&mut self, start: u64) -> Result<(), Code> {
        let allocation = self.allocations.remove(&start).ok_or(INVALID_VALUE)?;
        self.devices[allocation.device].used_bytes -= allocation.len.next_multiple_of(512);
        unsafe { std::alloc::dealloc(start as *mut u8, layout(allocation.len)) };
        Ok(())
    }

    /// The bytes must lie in one live allocation, of this device where one is named.
    pub fn inside(&self, start: u64, len: usize, device: Option<usize>) -> Result<(), String> {
        match self.allocations.range(..=start).next_back() {
            Some((&base, allocation)) if start + len as u64 <= base + allocation.len as u64 => match device {
                Some(device) if device != allocation.device => {
                    Err(format!("{start:#x} belongs to device {}, not {device}", allocation.device))
                }
                _ => Ok(()),
            },
            Some((&base, allocation)) if start < base + allocation.len as u64 + 4096 => {
                Err(format!("{len} bytes at offset {} of an allocation of {} bytes", start - base, allocation.len))
            }
            _ => Err(format!("{len} bytes at {start:#x}, in no live allocation")),
        }
    }

    pub fn check_range(&mut self, what: &str, start: u64, len: usize, device: Option<usize>) -> Result<(), Code> {
        if len == 0 {
            return Ok(());
        }
        self.inside(start, len, device).map_err(|told| {
            self.wrong(&format!("{what}: {told}"));
            INVALID_VALUE
        })
    }

    /// The end of a primary context: says what was left in it, and drops it.
    pub fn end_context(&mut self, device: usize) {
        let left: Vec<u64> =
            self.allocations.iter().filter(|(_, allocation)| allocation.device == device).map(|(&start, _)| start).collect();
        let (count, pinned, ran) = (left.len(), self.pinned.len(), self.ptx_instructions);
        eprintln!("cuda-double: context of device {device} ended: {count} allocations left, {pinned} pinned; {ran} PTX instructions");
        for start in left {
            self.free(start).expect("it is in the books");
        }
        for stream in self.streams.values_mut().filter(|stream| stream.device == device) {
            stream.queue.clear();
            stream.done = stream.issued;
        }
        self.streams.retain(|&id, stream| stream.device != device || id == device + 1);
        self.events.retain(|_, event| event.device != device);
    }
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len, 256).expect("256 is a power of two, and no allocation nears isize::MAX")
}
