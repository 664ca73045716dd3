//! NVRTC, where it is installed: PTX and cubins from CUDA source. A run needs none of it, since PTX is committed, and may
//! use it; the tests make that PTX, and cubins to look at registers.

use cudarc::nvrtc::sys;
use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::OnceLock;

/// Folder of NVRTC where the system's linker does not know it: `.../nvidia/cuda_nvrtc/lib` of NVIDIA's wheel.
pub const NVRTC_FOLDER: &str = "LINETWIN_NVRTC";

/// `own`: kernels are compiled for the device's own architecture where NVRTC is there. Else, and where that fails, the driver
/// compiles the committed PTX.
pub const KERNELS_FOR: &str = "LINETWIN_KERNELS";

/// IEEE single precision to the bit: nothing contracted, nothing flushed, division and root rounded.
const OPTIONS: [&str; 4] = ["--fmad=false", "--ftz=false", "--prec-div=true", "--prec-sqrt=true"];

/// Loads what [`NVRTC_FOLDER`] names, so that cudarc's later search by name finds it; cudarc panics without a library.
fn is_present() -> bool {
    static LOADED: OnceLock<()> = OnceLock::new();
    LOADED.get_or_init(|| {
        let Some(folder) = std::env::var_os(NVRTC_FOLDER) else { return };
        for name in ["libnvrtc-builtins.so.12.8", "libnvrtc.so.12"] {
            // SAFETY: NVIDIA's libraries do nothing when they are loaded but set themselves up. Kept to the end of the process.
            if let Ok(library) = unsafe { libloading::Library::new(Path::new(&folder).join(name)) } {
                std::mem::forget(library);
            }
        }
    });
    // SAFETY: only tries to open the library.
    unsafe { sys::is_culib_present() }
}

/// Version of the NVRTC that is there, such as (12, 8).
pub fn nvrtc_version() -> Option<(i32, i32)> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library is there.
    (is_present() && unsafe { sys::nvrtcVersion(&mut major, &mut minor) }.result().is_ok()).then_some((major, minor))
}

/// PTX for an architecture such as `compute_75`.
pub fn compile_ptx(source: &str, name: &str, architecture: &str) -> Result<String, String> {
    let mut ptx = compile(source, name, architecture, sys::nvrtcGetPTXSize, sys::nvrtcGetPTX)?;
    // The driver wants a NUL at its end, a file none.
    ptx.retain(|&byte| byte != 0);
    String::from_utf8(ptx).map_err(|error| error.to_string())
}

/// Machine code for the architecture of a device, if [`KERNELS_FOR`] asks for it and NVRTC can make it.
pub fn compile_for(source: &str, stem: &str, (major, minor): (i32, i32)) -> Option<Vec<u8>> {
    let asked = std::env::var_os(KERNELS_FOR).is_some_and(|kernels| kernels == "own");
    if asked { compile_cubin(source, &format!("{stem}.cu"), &format!("sm_{major}{minor}")).ok() } else { None }
}

/// Machine code for an architecture such as `sm_100`.
pub fn compile_cubin(source: &str, name: &str, architecture: &str) -> Result<Vec<u8>, String> {
    compile(source, name, architecture, sys::nvrtcGetCUBINSize, sys::nvrtcGetCUBIN)
}

type SizeOf = unsafe fn(sys::nvrtcProgram, *mut usize) -> sys::nvrtcResult;
type TextOf = unsafe fn(sys::nvrtcProgram, *mut std::ffi::c_char) -> sys::nvrtcResult;

fn compile(source: &str, name: &str, architecture: &str, size_of: SizeOf, text_of: TextOf) -> Result<Vec<u8>, String> {
    if !is_present() {
        return Err(format!("NVRTC is not installed, and {NVRTC_FOLDER} names no folder that has it"));
    }
    let c_string = |text: &str| CString::new(text).map_err(|error| error.to_string());
    let (source, name) = (c_string(source)?, c_string(name)?);
    let architecture = c_string(&format!("--gpu-architecture={architecture}"))?;
    let options = OPTIONS.iter().map(|option| c_string(option)).collect::<Result<Vec<_>, _>>()?;
    let pointers: Vec<_> = std::iter::once(&architecture).chain(&options).map(|option| option.as_ptr()).collect();
    let mut program = std::ptr::null_mut();
    // SAFETY: every string lives to the end of this function and ends with NUL; no headers are passed.
    unsafe { sys::nvrtcCreateProgram(&mut program, source.as_ptr(), name.as_ptr(), 0, std::ptr::null(), std::ptr::null()) }
        .result()
        .map_err(|error| error.to_string())?;
    // SAFETY: `program` is alive until it is destroyed below, and `pointers` holds as many options as it says.
    let compiled = unsafe { sys::nvrtcCompileProgram(program, pointers.len() as i32, pointers.as_ptr()) }.result();
    let outcome = match compiled {
        Ok(()) => fetch(program, size_of, text_of),
        Err(error) => {
            let log = fetch(program, sys::nvrtcGetProgramLogSize, sys::nvrtcGetProgramLog).unwrap_or_default();
            let log = CStr::from_bytes_until_nul(&log).map(|log| log.to_string_lossy().into_owned());
            Err(format!("{error}\n{}", log.unwrap_or_default()))
        }
    };
    // SAFETY: made above, destroyed once.
    unsafe { sys::nvrtcDestroyProgram(&mut program) };
    outcome
}

fn fetch(program: sys::nvrtcProgram, size_of: SizeOf, text_of: TextOf) -> Result<Vec<u8>, String> {
    let mut size = 0;
    // SAFETY: the program is alive, and the text is as long as NVRTC says.
    unsafe {
        size_of(program, &mut size).result().map_err(|error| error.to_string())?;
        let mut text = vec![0u8; size];
        text_of(program, text.as_mut_ptr().cast()).result().map_err(|error| error.to_string())?;
        Ok(text)
    }
}
