//! Running a kernel: the .cu file as the host's compiler built it, or the PTX that was loaded.

use crate::errors::*;
use crate::ptx::{self, Fault};
use crate::state::{Engine, Function, State};
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

/// As `on_cpu::Kernel` in `host/cuda_on_cpu.h`.
#[repr(C)]
pub struct NativeKernel {
    name: *const c_char,
    parameter_count: c_uint,
    sizes: *const c_uint,
    call: *const c_void,
}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

const RTLD_NOW: c_int = 2;

type Find = unsafe extern "C" fn(*const c_char) -> *const NativeKernel;
type Run = unsafe extern "C" fn(*const NativeKernel, *const u32, *const u32, *mut *mut c_void, *mut c_char, usize) -> c_int;

fn library() -> Option<(Find, Run)> {
    static LIBRARY: OnceLock<Option<(Find, Run)>> = OnceLock::new();
    *LIBRARY.get_or_init(|| {
        let path = CString::new(std::env::var("CUDA_TEST_DOUBLE_KERNELS").ok()?).ok()?;
        unsafe {
            let library = dlopen(path.as_ptr(), RTLD_NOW);
            if library.is_null() {
                eprintln!("cuda-double: {}", CStr::from_ptr(dlerror()).to_string_lossy());
                return None;
            }
            let (find, run) = (dlsym(library, c"on_cpu_find".as_ptr()), dlsym(library, c"on_cpu_launch".as_ptr()));
            if find.is_null() || run.is_null() {
                return None;
            }
            Some((std::mem::transmute::<*mut c_void, Find>(find), std::mem::transmute::<*mut c_void, Run>(run)))
        }
    })
}

/// The kernel of the native engine, and the sizes of its parameters.
pub fn native(name: &str) -> Option<(*const NativeKernel, Vec<usize>)> {
    let c_name = CString::new(name).ok()?;
    let (find, _) = library()?;
    unsafe {
        let kernel = find(c_name.as_ptr()).as_ref()?;
        let sizes = (0..kernel.parameter_count as usize).map(|index| *kernel.sizes.add(index) as usize).collect();
        Some((kernel, sizes))
    }
}

struct DeviceMemory<'a> {
    state: &'a State,
    device: usize,
}

impl ptx::Memory for DeviceMemory<'_> {
    fn check(&self, address: u64, len: usize) -> Result<(), String> {
        self.state.inside(address, len, Some(self.device))
    }
}

impl State {
    pub fn run_kernel(
        &mut self,
        device: usize,
        function: &Function,
        grid: [u32; 3],
        block: [u32; 3],
        parameters: Vec<u8>,
    ) -> Result<(), Code> {
        match self.engine {
            Engine::Native => self.run_native(function, grid, block, parameters),
            Engine::Ptx { checked, seed } => {
                let Some(entry) = &function.ptx else {
                    self.wrong(&format!("{}: the PTX engine cannot run a cubin", function.name));
                    return Err(NOT_SUPPORTED);
                };
                let memory = DeviceMemory { state: self, device };
                let mut launch = ptx::Launch::new(entry, grid, block, &parameters, &memory, checked, seed);
                let outcome = launch.run();
                self.ptx_instructions += launch.instructions;
                outcome.map_err(|fault| {
                    let (code, told) = match fault {
                        Fault::IllegalAddress(told) => (ILLEGAL_ADDRESS, told),
                        Fault::Misaligned(told) => (MISALIGNED_ADDRESS, told),
                        Fault::Race(told) | Fault::Hang(told) => (LAUNCH_FAILED, told),
                    };
                    self.wrong(&told);
                    code
                })
            }
        }
    }

    fn run_native(&mut self, function: &Function, grid: [u32; 3], block: [u32; 3], mut parameters: Vec<u8>) -> Result<(), Code> {
        if function.native == 0 {
            self.wrong(&format!("{}: not in the library of the native engine (CUDA_TEST_DOUBLE_KERNELS)", function.name));
            return Err(NOT_SUPPORTED);
        }
        let pointer_to = |&(offset, _): &(usize, usize)| unsafe { parameters.as_mut_ptr().add(offset) }.cast();
        let mut pointers: Vec<*mut c_void> = function.parameters.iter().map(pointer_to).collect();
        let mut told = [0u8; 512];
        let (_, run) = library().expect("a native kernel came from it");
        let kernel = function.native as *const NativeKernel;
        let code = unsafe { run(kernel, grid.as_ptr(), block.as_ptr(), pointers.as_mut_ptr(), told.as_mut_ptr().cast(), told.len()) };
        if code == 0 {
            return Ok(());
        }
        let told = CStr::from_bytes_until_nul(&told).map(|told| told.to_string_lossy().into_owned()).unwrap_or_default();
        self.wrong(&told);
        Err(LAUNCH_FAILED)
    }
}
