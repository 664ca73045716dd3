//! Module images: PTX text, or a cubin (ELF, machine 190). Both must agree with the library of the native engine.

use crate::engines;
use crate::errors::*;
use crate::ptx::{self, Entry};
use crate::state::{Function, State};
use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::Arc;

pub enum Image {
    Ptx(ptx::Module),
    /// Offset and size of each parameter, by kernel.
    Cubin(HashMap<String, Vec<(usize, usize)>>),
}

type Refusal = (Code, String);

/// # Safety
/// As cuModuleLoadData: `start` points to PTX that ends with NUL, or to a whole cubin.
pub unsafe fn load(start: *const u8, state: &State) -> Result<Image, Refusal> {
    let head = unsafe { std::slice::from_raw_parts(start, 4) };
    if head == b"\x7fELF" {
        return unsafe { cubin(start, state.compute_capability) };
    }
    let text = unsafe { CStr::from_ptr(start.cast()) }.to_str();
    let text = text.map_err(|_| (INVALID_IMAGE, "neither ELF nor PTX text".to_string()))?;
    let module = ptx::parse(text).map_err(|told| (INVALID_PTX, told))?;
    if module.target > state.compute_capability {
        let told = format!("PTX for sm_{} on a device of compute capability {}", module.target, state.compute_capability);
        return Err((NO_BINARY_FOR_GPU, told));
    }
    // PTX ISA 8.7 came with CUDA 12.8, 8.8 with 12.9, 9.x with 13.x.
    let newest = match state.driver {
        driver if driver >= 13000 => (9, driver % 1000 / 10),
        12090 => (8, 8),
        _ => (8, 7),
    };
    if module.version > newest {
        let (major, minor) = module.version;
        let told = format!("PTX ISA {major}.{minor} on a driver that knows it up to {}.{}", newest.0, newest.1);
        return Err((UNSUPPORTED_PTX_VERSION, told));
    }
    Ok(Image::Ptx(module))
}

/// Kernel names and parameter layouts from the sections .nv.info.NAME (attribute 0x17: ordinal, offset, size).
unsafe fn cubin(start: *const u8, compute_capability: u32) -> Result<Image, Refusal> {
    let bad = |told: &str| (INVALID_IMAGE, format!("cubin: {told}"));
    let u16_at = |at: usize| unsafe { start.add(at).cast::<u16>().read_unaligned() } as usize;
    let u32_at = |at: usize| unsafe { start.add(at).cast::<u32>().read_unaligned() };
    let u64_at = |at: usize| unsafe { start.add(at).cast::<u64>().read_unaligned() } as usize;
    if u16_at(0x12) != 190 {
        return Err(bad("not a CUDA ELF"));
    }
    let flags = u32_at(0x30);
    // The architecture moved from bits 0-7 to bits 8-15 with ELF ABI version 8.
    let architecture = if unsafe { *start.add(8) } >= 8 { flags >> 8 & 0xff } else { flags & 0xff };
    if architecture / 10 != compute_capability / 10 || architecture > compute_capability {
        let told = format!("cubin for sm_{architecture} on a device of compute capability {compute_capability}");
        return Err((NO_BINARY_FOR_GPU, told));
    }
    let (headers, count, names) = (u64_at(0x28), u16_at(0x3c), u16_at(0x3e));
    let header = |index: usize| headers + 64 * index;
    let mut kernels = HashMap::new();
    for index in 0..count {
        let name_at = u64_at(header(names) + 0x18) + u32_at(header(index)) as usize;
        let name = unsafe { CStr::from_ptr(start.add(name_at).cast()) }.to_str().map_err(|_| bad("section name"))?;
        let Some(kernel) = name.strip_prefix(".nv.info.") else { continue };
        let mut at = u64_at(header(index) + 0x18);
        let end = at + u64_at(header(index) + 0x20);
        let mut parameters: Vec<(usize, usize, usize)> = Vec::new();
        while at + 4 <= end {
            let (format, attribute) = unsafe { (*start.add(at), *start.add(at + 1)) };
            if format == 4 && attribute == 0x17 {
                parameters.push((u16_at(at + 8), u16_at(at + 10), (u32_at(at + 12) >> 18) as usize));
            }
            // Format 4 has a body of the length that the next two bytes say; the others hold their value there.
            at += if format == 4 { 4 + u16_at(at + 2) } else { 4 };
        }
        parameters.sort();
        kernels.insert(kernel.to_string(), parameters.into_iter().map(|(_, offset, size)| (offset, size)).collect());
    }
    Ok(Image::Cubin(kernels))
}

impl Image {
    pub fn function(&self, name: &str) -> Result<Function, Refusal> {
        let missing = || (NOT_FOUND, format!("no kernel `{name}` in the module"));
        let (parameters, ptx): (Vec<(usize, usize)>, Option<Arc<Entry>>) = match self {
            Image::Ptx(module) => {
                let entry = module.entries.get(name).ok_or_else(missing)?;
                (entry.params.iter().map(|parameter| (parameter.offset, parameter.size)).collect(), Some(entry.clone()))
            }
            Image::Cubin(kernels) => (kernels.get(name).ok_or_else(missing)?.clone(), None),
        };
        let native = engines::native(name);
        if let Some((_, built)) = &native {
            let image: Vec<usize> = parameters.iter().map(|&(_, size)| size).collect();
            if *built != image {
                let told = format!("`{name}`: parameters of {image:?} bytes in the image, {built:?} in the CPU build: stale build?");
                return Err((INVALID_IMAGE, told));
            }
        }
        let parameter_bytes = parameters.last().map_or(0, |&(offset, size)| offset + size);
        let native = native.map_or(0, |(kernel, _)| kernel as usize);
        Ok(Function { name: name.into(), parameters, parameter_bytes, ptx, native })
    }
}
