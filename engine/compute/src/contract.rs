//! What a kernel promises, as data: entries, buffers with unit, shape and access, parameters, the block it was written
//! for and the registers it may take. Launches and tests are checked against it. Knows no device.

use std::mem::{align_of, size_of};

/// A kernel: one stem, `kernels/<stem>.cu`, the PTX and the machine code made of it, `shaders/<stem>.wgsl`, and the meaning in
/// `engine/compute/src/kernels/<stem>.rs`.
#[derive(Debug)]
pub struct Kernel {
    pub stem: &'static str,
    /// Text of `kernels/<stem>.cu`.
    pub source: &'static str,
    /// Text of `kernels/<stem>.ptx`, made of `source` by the pinned NVRTC for compute_75.
    pub ptx: &'static str,
    /// `kernels/<stem>.cubin`, made of `source` by the same NVRTC for sm_100.
    pub cubin: Option<&'static [u8]>,
    /// Text of `shaders/<stem>.wgsl`; none where a kernel runs on CUDA alone so far.
    pub wgsl: Option<&'static str>,
    pub entries: &'static [&'static Entry],
}

/// A `__global__` function: it loads what belongs to its thread, calls helpers, stores.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    /// Threads of a block [-], ordinarily 64 to 256: a multiple of the warp, small enough that a block fits everywhere.
    pub threads_per_block: u32,
    /// Registers that a thread may take on sm_100 [-]. 64 lets 1,024 threads live on a multiprocessor, half of what fits;
    /// what takes more loses the latency hiding that its bound was written for.
    pub registers_at_most: u32,
    /// Warps that can live on a multiprocessor of sm_100 at a time, of 64 [-]: theoretical occupancy, see [`resident_warps`].
    pub warps_at_least: u32,
    /// In the order of the CUDA parameters.
    pub arguments: &'static [Argument],
}

/// Warps of an entry that can live on a multiprocessor of compute capability 10.0 at a time, as NVIDIA's occupancy calculator
/// has it: registers come in units of 256 for a warp and are split among four schedulers, a block keeps 1 kB of shared
/// memory for itself.
pub fn resident_warps(registers: u32, shared_bytes: u32, threads_per_block: u32) -> u32 {
    const WARPS: u32 = 64;
    const BLOCKS: u32 = 32;
    const REGISTERS_OF_A_SCHEDULER: u32 = 65_536 / 4;
    const SHARED_BYTES: u32 = 228 << 10;
    let warps_of_block = threads_per_block.div_ceil(32);
    let registers_of_warp = (registers.max(1) * 32).next_multiple_of(256);
    let by_registers = REGISTERS_OF_A_SCHEDULER / registers_of_warp * 4 / warps_of_block;
    let by_shared = SHARED_BYTES / (shared_bytes + 1024).next_multiple_of(128);
    warps_of_block * (WARPS / warps_of_block).min(BLOCKS).min(by_registers).min(by_shared)
}

/// One parameter of an entry.
#[derive(Debug)]
pub enum Argument {
    Buffer(BufferArgument),
    /// A plain struct, passed by value.
    Parameters {
        name: &'static str,
        bytes: usize,
    },
}

/// A pointer into device memory.
#[derive(Debug)]
pub struct BufferArgument {
    pub name: &'static str,
    /// Of what a number in it measures: "m", "m/s", "-" where it has none.
    pub unit: &'static str,
    /// Dimensions, slowest first: names such as "ray_count", or numbers. In one launch a name means one length.
    pub shape: &'static [&'static str],
    pub access: Access,
    pub element_bytes: usize,
    pub element_align: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    ReadWrite,
}

impl Argument {
    pub const fn read<T>(name: &'static str, unit: &'static str, shape: &'static [&'static str]) -> Argument {
        Argument::buffer::<T>(name, unit, shape, Access::Read)
    }

    pub const fn write<T>(name: &'static str, unit: &'static str, shape: &'static [&'static str]) -> Argument {
        Argument::buffer::<T>(name, unit, shape, Access::Write)
    }

    pub const fn read_write<T>(name: &'static str, unit: &'static str, shape: &'static [&'static str]) -> Argument {
        Argument::buffer::<T>(name, unit, shape, Access::ReadWrite)
    }

    pub const fn parameters<T>(name: &'static str) -> Argument {
        Argument::Parameters { name, bytes: size_of::<T>() }
    }

    const fn buffer<T>(name: &'static str, unit: &'static str, shape: &'static [&'static str], access: Access) -> Argument {
        Argument::Buffer(BufferArgument { name, unit, shape, access, element_bytes: size_of::<T>(), element_align: align_of::<T>() })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Argument::Buffer(buffer) => buffer.name,
            Argument::Parameters { name, .. } => name,
        }
    }

    /// Bytes of the CUDA parameter: a pointer has eight.
    pub fn parameter_bytes(&self) -> usize {
        match self {
            Argument::Buffer(_) => 8,
            Argument::Parameters { bytes, .. } => *bytes,
        }
    }
}

impl BufferArgument {
    /// The one named dimension and its length in a buffer of `elements`; none where the shape has more names or none.
    pub fn named_length(&self, elements: usize) -> Option<(&'static str, usize)> {
        let numbers: usize = self.shape.iter().filter_map(|dimension| dimension.parse::<usize>().ok()).product();
        let mut names = self.shape.iter().filter(|dimension| dimension.parse::<usize>().is_err());
        let name = names.next()?;
        if names.next().is_some() {
            return None;
        }
        assert!(elements.is_multiple_of(numbers), "`{}` has {elements} elements, no multiple of {numbers}", self.name);
        Some((name, elements / numbers))
    }
}

/// Holds the arguments of a launch against its entry, in order. What does not fit is our bug and panics before a device can
/// run wild.
#[derive(Debug)]
pub struct ArgumentCheck {
    entry: &'static Entry,
    passed: usize,
    /// Named dimensions met so far.
    lengths: Vec<(&'static str, usize)>,
}

impl ArgumentCheck {
    pub fn new(entry: &'static Entry) -> ArgumentCheck {
        ArgumentCheck { entry, passed: 0, lengths: Vec::new() }
    }

    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    pub fn read<T>(&mut self, elements: usize) {
        let argument = self.next_buffer::<T>(elements);
        assert!(argument.access == Access::Read, "{}: `{}` is written, pass it with `write`", self.entry.name, argument.name);
    }

    pub fn write<T>(&mut self, elements: usize) {
        let argument = self.next_buffer::<T>(elements);
        assert!(argument.access != Access::Read, "{}: `{}` is only read, pass it with `read`", self.entry.name, argument.name);
    }

    pub fn value<P>(&mut self) {
        match self.next() {
            Argument::Parameters { name, bytes } => {
                assert!(*bytes == size_of::<P>(), "{}: `{name}` has {bytes} bytes, {} were passed", self.entry.name, size_of::<P>());
            }
            Argument::Buffer(buffer) => panic!("{}: `{}` is a buffer", self.entry.name, buffer.name),
        }
    }

    pub fn finish(&self) {
        let wanted = self.entry.arguments.len();
        assert!(self.passed == wanted, "{}: {} of {wanted} arguments were passed", self.entry.name, self.passed);
    }

    fn next(&mut self) -> &'static Argument {
        let argument = self.entry.arguments.get(self.passed);
        self.passed += 1;
        argument.unwrap_or_else(|| panic!("{}: more than {} arguments were passed", self.entry.name, self.entry.arguments.len()))
    }

    fn next_buffer<T>(&mut self, elements: usize) -> &'static BufferArgument {
        let Argument::Buffer(buffer) = self.next() else {
            panic!("{}: argument {} is no buffer", self.entry.name, self.passed);
        };
        let fits = buffer.element_bytes == size_of::<T>() && buffer.element_align == align_of::<T>();
        assert!(fits, "{}: elements of `{}` have {} bytes, not {}", self.entry.name, buffer.name, buffer.element_bytes, size_of::<T>());
        if let Some((name, length)) = buffer.named_length(elements) {
            let known = self.lengths.iter().find(|(known, _)| *known == name).map(|(_, length)| *length);
            let same = known.is_none_or(|known| known == length);
            assert!(same, "{}: {name} is {known:?}, but {length} by `{}`", self.entry.name, buffer.name);
            self.lengths.push((name, length));
        }
        buffer
    }
}

/// Parameter sizes of each entry [bytes], read from PTX text: what the image really wants.
pub fn parameter_bytes_of_ptx(ptx: &str) -> Vec<(&str, Vec<usize>)> {
    let mut entries: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut in_head = false;
    for line in ptx.lines().map(str::trim) {
        if let Some((_, name)) = line.split_once(".entry ") {
            entries.push((name.trim_end_matches(['(', ')', ' ']), Vec::new()));
            in_head = true;
        } else if in_head && line.starts_with(".param ") {
            let words: Vec<&str> = line.trim_end_matches(',').split_whitespace().collect();
            let unit = words.iter().find_map(|word| bytes_of_ptx_type(word)).unwrap_or(0);
            let count = words.last().and_then(|last| last.split_once('[')).and_then(|(_, count)| count.trim_end_matches(']').parse().ok());
            if let Some((_, sizes)) = entries.last_mut() {
                sizes.push(unit * count.unwrap_or(1));
            }
        } else if line.starts_with('{') {
            in_head = false;
        }
    }
    entries
}

fn bytes_of_ptx_type(word: &str) -> Option<usize> {
    let digits = word.strip_prefix('.').and_then(|word| word.strip_prefix(['b', 'u', 's', 'f']))?;
    digits.parse::<usize>().ok().map(|bits| bits / 8)
}

impl Kernel {
    /// Names of all arguments, each once, in the order of the entries: its place is its `@binding` in WGSL.
    pub fn bindings(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for argument in self.entries.iter().flat_map(|entry| entry.arguments) {
            if !names.contains(&argument.name()) {
                names.push(argument.name());
            }
        }
        names
    }

    /// Whether an entry writes the buffer of that name: WGSL declares it once for all of them.
    pub fn writes(&self, name: &str) -> bool {
        let writes =
            |argument: &Argument| matches!(argument, Argument::Buffer(buffer) if buffer.name == name && buffer.access != Access::Read);
        self.entries.iter().flat_map(|entry| entry.arguments).any(writes)
    }

    /// Where the committed PTX and the contract disagree; empty where they agree.
    pub fn disagreements(&self) -> Vec<String> {
        let image = parameter_bytes_of_ptx(self.ptx);
        let mut found = Vec::new();
        for entry in self.entries {
            let wanted: Vec<usize> = entry.arguments.iter().map(Argument::parameter_bytes).collect();
            match image.iter().find(|(name, _)| *name == entry.name) {
                None => found.push(format!("{}: no entry `{}` in the PTX", self.stem, entry.name)),
                Some((_, sizes)) if *sizes != wanted => {
                    found
                        .push(format!("{}: `{}` takes parameters of {sizes:?} bytes, the contract says {wanted:?}", self.stem, entry.name));
                }
                Some(_) => {}
            }
        }
        let unknown = image.iter().filter(|(name, _)| self.entries.iter().all(|entry| entry.name != *name));
        found.extend(unknown.map(|(name, _)| format!("{}: `{name}` of the PTX is in no contract", self.stem)));
        found
    }
}
