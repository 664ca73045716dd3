//! The functions of the driver that cudarc calls. Each is counted, may be made to fail, and works on the one locked state.

use crate::errors::*;
use crate::image;
use crate::state::*;
use std::alloc::Layout;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::sync::Arc;

fn code_of(outcome: Result<(), Code>) -> Code {
    outcome.err().unwrap_or(OK)
}

fn page_layout(len: usize) -> Layout {
    Layout::from_size_align(len.max(1), 4096).expect("4096 is a power of two, and no allocation nears isize::MAX")
}

/// `fn cuName(arguments) |state| body`: works on the locked state, counted and gated; with `ctx device` in the context that
/// is current in this thread.
macro_rules! api {
    ($(fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(ctx $device:ident)? |$state:ident| $body:block)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> Code {
            code_of((|| -> Result<(), Code> {
                let mut guard = state();
                let $state: &mut State = &mut guard;
                let here: Option<usize> = None;
                $(let $device = current()?; let here = here.or(Some($device));)?
                $state.gate(stringify!($name), here)?;
                #[allow(unused_unsafe, reason = "some bodies have nothing unsafe")]
                unsafe { $body }
            })())
        }
    )* };
}

api! {
    fn cuInit(_flags: c_uint) |s| { if s.devices.is_empty() { return Err(100); } s.initialised = true; Ok(()) }
    fn cuDriverGetVersion(v: *mut c_int) |s| { *v = s.driver as c_int; Ok(()) }
    fn cuDeviceGetCount(n: *mut c_int) |s| { *n = s.devices.len() as c_int; Ok(()) }
    fn cuDeviceGet(d: *mut c_int, ordinal: c_int) |s| {
        if ordinal < 0 || ordinal as usize >= s.devices.len() { return Err(INVALID_DEVICE); }
        *d = ordinal; Ok(())
    }
    fn cuDeviceGetName(out: *mut c_char, len: c_int, _d: c_int) |s| {
        let engine = match s.engine { Engine::Native => "native engine", Engine::Ptx { .. } => "ptx engine" };
        let name = CString::new(format!("CUDA TEST DOUBLE ({engine})")).expect("no NUL in it");
        let b = name.as_bytes_with_nul();
        if b.len() > len as usize { return Err(INVALID_VALUE); }
        std::ptr::copy_nonoverlapping(b.as_ptr(), out.cast(), b.len()); Ok(())
    }
    fn cuDeviceGetUuid(out: *mut u8, d: c_int) |s| { let _ = &s; std::ptr::write_bytes(out, 0xD0 + d as u8, 16); Ok(()) }
    fn cuDeviceGetUuid_v2(out: *mut u8, d: c_int) |s| { let _ = &s; std::ptr::write_bytes(out, 0xD0 + d as u8, 16); Ok(()) }
    fn cuDeviceTotalMem_v2(out: *mut usize, d: c_int) |s| { *out = s.devices.get(d as usize).ok_or(INVALID_DEVICE)?.total_bytes; Ok(()) }
    fn cuDeviceGetAttribute(out: *mut c_int, attribute: c_int, d: c_int) |s| {
        s.devices.get(d as usize).ok_or(INVALID_DEVICE)?;
        *out = match attribute {
            1 => 1024, 2 | 3 => 1024, 4 => 64, 5 => i32::MAX, 6 | 7 => 65535, 8 => 48 << 10, 10 => 32, 12 => 65536, 16 => 148,
            39 => 2048, 75 => (s.compute_capability / 10) as c_int, 76 => (s.compute_capability % 10) as c_int, 81 => 228 << 10, 82 => 65536, 97 => 227 << 10,
            115 => 1, // memory pools: cudarc then uses cuMemAllocAsync
            _ => 0,
        };
        Ok(())
    }
    fn cuDevicePrimaryCtxRetain(ctx: *mut *mut c_void, d: c_int) |s| {
        let v = s.devices.get_mut(d as usize).ok_or(INVALID_DEVICE)?;
        if let Some(code) = v.lost { return Err(code); }
        v.retains += 1; *ctx = context_handle(d as usize); Ok(())
    }
    fn cuDevicePrimaryCtxRelease_v2(d: c_int) |s| {
        let dev = d as usize;
        let v = s.devices.get_mut(dev).ok_or(INVALID_DEVICE)?;
        if v.retains == 0 { return Err(INVALID_CONTEXT); }
        v.retains -= 1;
        if v.retains == 0 { s.end_context(dev); }
        Ok(())
    }
    fn cuCtxGetCurrent(ctx: *mut *mut c_void) |s| { let _ = &s; *ctx = current().map_or(std::ptr::null_mut(), context_handle); Ok(()) }
    fn cuCtxSetCurrent(ctx: *mut c_void) |s| {
        if ctx.is_null() { CURRENT.set(None); return Ok(()); }
        let d = device_of_context(ctx);
        if s.devices.get(d).is_none_or(|v| v.retains == 0) { return Err(INVALID_CONTEXT); }
        CURRENT.set(Some(d)); Ok(())
    }
    fn cuCtxSynchronize() ctx dev |s| { s.advance_device(dev)?; s.alive(dev) }
    fn cuCtxSetFlags(_flags: c_uint) ctx _dev |s| { let _ = &s; Ok(()) }
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) ctx dev |s| { let d = &s.devices[dev]; *total = d.total_bytes; *free = d.total_bytes - d.used_bytes; Ok(()) }
    fn cuMemAlloc_v2(out: *mut u64, len: usize) ctx dev |s| { if len == 0 { return Err(INVALID_VALUE); } *out = s.allocate(dev, len)?; Ok(()) }
    fn cuMemFree_v2(ptr: u64) ctx dev |s| { s.advance_device(dev)?; s.free(ptr) }
    fn cuMemAllocAsync(out: *mut u64, len: usize, stream: *mut c_void) ctx dev |s| { s.stream_of(stream, dev)?; *out = s.allocate(dev, len)?; Ok(()) }
    fn cuMemFreeAsync(ptr: u64, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.push(id, Work::Free { start: ptr })?;
        s.alive(dev)
    }
    fn cuMemHostAlloc(out: *mut *mut c_void, len: usize, _flags: c_uint) ctx _dev |s| {
        let p = std::alloc::alloc(page_layout(len));
        s.pinned.insert(p as usize, len); *out = p.cast(); Ok(())
    }
    fn cuMemFreeHost(p: *mut c_void) ctx _dev |s| {
        let len = s.pinned.remove(&(p as usize)).ok_or(INVALID_VALUE)?;
        std::alloc::dealloc(p.cast(), page_layout(len)); Ok(())
    }
    fn cuMemcpyHtoDAsync_v2(dst: u64, src: *const c_void, len: usize, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.check_range("cuMemcpyHtoDAsync", dst, len, Some(dev))?;
        let data = if s.is_pinned(src as usize, len) { Data::Pinned(src as usize, len) } else { Data::Staged(std::slice::from_raw_parts(src.cast::<u8>(), len).to_vec()) };
        s.push(id, Work::ToDevice { to: dst, data })?; Ok(())
    }
    fn cuMemcpyDtoHAsync_v2(dst: *mut c_void, src: u64, len: usize, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.check_range("cuMemcpyDtoHAsync", src, len, Some(dev))?;
        let seq = s.push(id, Work::ToHost { to: dst as usize, from: src, len })?;
        // To pageable memory the real driver returns after the copy, though its manual only says "might"; cudarc counts on it.
        if !s.pageable_async && !s.is_pinned(dst as usize, len) {
            s.advance(id, seq)?;
            return s.alive(dev);
        }
        Ok(())
    }
    fn cuMemcpyDtoDAsync_v2(dst: u64, src: u64, len: usize, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.check_range("cuMemcpyDtoDAsync", dst, len, Some(dev))?; s.check_range("cuMemcpyDtoDAsync", src, len, None)?;
        s.push(id, Work::Copy { to: dst, from: src, len })?; Ok(())
    }
    fn cuMemcpyPeerAsync(dst: u64, _dctx: *mut c_void, src: u64, _sctx: *mut c_void, len: usize, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.check_range("cuMemcpyPeerAsync", dst, len, None)?; s.check_range("cuMemcpyPeerAsync", src, len, None)?;
        s.push(id, Work::Copy { to: dst, from: src, len })?; Ok(())
    }
    fn cuMemsetD8Async(dst: u64, value: u8, len: usize, stream: *mut c_void) ctx dev |s| {
        let id = s.stream_of(stream, dev)?;
        s.check_range("cuMemsetD8Async", dst, len, Some(dev))?;
        s.push(id, Work::Set { to: dst, value, len })?; Ok(())
    }
    fn cuStreamCreate(out: *mut *mut c_void, flags: c_uint) ctx dev |s| {
        let h = s.handle();
        s.streams.insert(h, Stream { device: dev, blocking: flags & 1 == 0, ..Default::default() });
        *out = h as *mut c_void; Ok(())
    }
    fn cuStreamCreateWithPriority(out: *mut *mut c_void, flags: c_uint, _priority: c_int) ctx dev |s| {
        let h = s.handle();
        s.streams.insert(h, Stream { device: dev, blocking: flags & 1 == 0, ..Default::default() });
        *out = h as *mut c_void; Ok(())
    }
    fn cuStreamDestroy_v2(h: *mut c_void) ctx dev |s| {
        let id = s.stream_of(h, dev)?;
        let all = s.streams[&id].issued; s.advance(id, all)?;   // the driver keeps it until its work is done
        s.streams.remove(&id); Ok(())
    }
    fn cuStreamSynchronize(h: *mut c_void) ctx dev |s| { let id = s.stream_of(h, dev)?; let all = s.streams[&id].issued; s.advance(id, all)?; s.alive(dev) }
    fn cuStreamQuery(h: *mut c_void) ctx dev |s| { let id = s.stream_of(h, dev)?; if s.streams[&id].queue.is_empty() { Ok(()) } else { s.step(); Err(NOT_READY) } }
    fn cuStreamWaitEvent(h: *mut c_void, event: *mut c_void, _flags: c_uint) ctx dev |s| {
        let id = s.stream_of(h, dev)?;
        let e = s.events.get(&(event as usize)).ok_or(INVALID_HANDLE)?;
        if let Some((stream, seq)) = e.at { s.push(id, Work::Wait { stream, number: seq })?; }
        Ok(())
    }
    fn cuLaunchHostFunc(h: *mut c_void, f: extern "C" fn(*mut c_void), data: *mut c_void) ctx dev |s| { let id = s.stream_of(h, dev)?; s.push(id, Work::Host { function: f, data: data as usize })?; Ok(()) }
    fn cuEventCreate(out: *mut *mut c_void, _flags: c_uint) ctx dev |s| {
        let h = s.handle();
        s.events.insert(h, Event { device: dev, at: None, stamp: 0, finished: None });
        *out = h as *mut c_void; Ok(())
    }
    fn cuEventDestroy_v2(e: *mut c_void) ctx _dev |s| { s.events.remove(&(e as usize)).map(drop).ok_or(INVALID_HANDLE) }
    fn cuEventRecord(e: *mut c_void, h: *mut c_void) ctx dev |s| {
        let id = s.stream_of(h, dev)?;
        let ev = s.events.get_mut(&(e as usize)).ok_or(INVALID_HANDLE)?;
        if ev.device != dev { return Err(INVALID_HANDLE); }
        ev.stamp += 1;
        let stamp = ev.stamp;
        // The sequence number is fixed before any work runs, so waiters see this very record.
        let at = s.streams[&id].issued + 1;
        let seq = s.push(id, Work::Record { event: e as usize, stamp })?;
        debug_assert!(seq >= at);
        if let Some(ev) = s.events.get_mut(&(e as usize)) { ev.at = Some((id, seq)); }
        Ok(())
    }
    fn cuEventQuery(e: *mut c_void) ctx _dev |s| { if s.event_done(e as usize)? { Ok(()) } else { s.step(); Err(NOT_READY) } }
    fn cuEventSynchronize(e: *mut c_void) ctx dev |s| { if let Some((id, seq)) = s.events.get(&(e as usize)).ok_or(INVALID_HANDLE)?.at { s.advance(id, seq)?; } s.alive(dev) }
    fn cuEventElapsedTime_v2(ms: *mut f32, a: *mut c_void, b: *mut c_void) ctx _dev |s| { *ms = s.elapsed_ms(a as usize, b as usize)?; Ok(()) }
    fn cuEventElapsedTime(ms: *mut f32, a: *mut c_void, b: *mut c_void) ctx _dev |s| { *ms = s.elapsed_ms(a as usize, b as usize)?; Ok(()) }
    fn cuModuleLoadData(out: *mut *mut c_void, data: *const c_void) ctx dev |s| {
        let image = image::load(data.cast(), s).map_err(|(c, e)| { s.wrong(&format!("cuModuleLoadData: {e}")); c })?;
        let h = s.handle();
        s.modules.insert(h, Module { device: dev, image });
        *out = h as *mut c_void; Ok(())
    }
    fn cuModuleLoad(out: *mut *mut c_void, path: *const c_char) ctx dev |s| {
        let mut bytes = std::fs::read(CStr::from_ptr(path).to_str().map_err(|_| INVALID_VALUE)?).map_err(|_| 301)?;
        bytes.push(0);
        let image = image::load(bytes.as_ptr(), s).map_err(|(c, e)| { s.wrong(&format!("cuModuleLoad: {e}")); c })?;
        let h = s.handle();
        s.modules.insert(h, Module { device: dev, image });
        *out = h as *mut c_void; Ok(())
    }
    fn cuModuleUnload(m: *mut c_void) ctx _dev |s| { s.modules.remove(&(m as usize)).map(drop).ok_or(INVALID_HANDLE) }
    fn cuModuleGetFunction(out: *mut *mut c_void, m: *mut c_void, name: *const c_char) ctx dev |s| {
        let module = s.modules.get(&(m as usize)).filter(|m| m.device == dev).ok_or(INVALID_HANDLE)?;
        let f = module.image.function(CStr::from_ptr(name).to_str().map_err(|_| NOT_FOUND)?);
        let f = f.map_err(|(c, e)| { s.wrong(&format!("cuModuleGetFunction: {e}")); c })?;
        let h = s.handle();
        s.functions.insert(h, Arc::new(f));
        *out = h as *mut c_void; Ok(())
    }
    fn cuModuleGetGlobal_v2(_p: *mut u64, _n: *mut usize, _m: *mut c_void, _name: *const c_char) ctx _dev |s| { let _ = &s; Err(NOT_FOUND) }
    fn cuFuncGetAttribute(_out: *mut c_int, _attribute: c_int, _f: *mut c_void) ctx _dev |s| { let _ = &s; Err(NOT_SUPPORTED) }
    fn cuFuncSetAttribute(_f: *mut c_void, _attribute: c_int, _value: c_int) ctx _dev |s| { let _ = &s; Ok(()) }
    fn cuLaunchKernel(f: *mut c_void, gx: c_uint, gy: c_uint, gz: c_uint, bx: c_uint, by: c_uint, bz: c_uint, shared: c_uint, h: *mut c_void,
                      params: *mut *mut c_void, extra: *mut *mut c_void) ctx dev |s| {
        let id = s.stream_of(h, dev)?;
        let func = s.functions.get(&(f as usize)).ok_or(INVALID_HANDLE)?.clone();
        let threads = bx as u64 * by as u64 * bz as u64;
        if threads == 0 || threads > 1024 || bz > 64 || gx == 0 || gy == 0 || gz == 0 || gx > i32::MAX as u32 || gy > 65535 || gz > 65535 || shared > 48 << 10 || !extra.is_null() {
            s.wrong(&format!("cuLaunchKernel {}: grid {gx}x{gy}x{gz}, block {bx}x{by}x{bz}, shared {shared}", func.name));
            return Err(INVALID_VALUE);
        }
        let mut packed = vec![0u8; func.parameter_bytes];
        for (k, &(off, size)) in func.parameters.iter().enumerate() { std::ptr::copy_nonoverlapping((*params.add(k)).cast::<u8>(), packed[off..].as_mut_ptr(), size); }
        s.push(id, Work::Launch { function: func, grid: [gx, gy, gz], block: [bx, by, bz], parameters: packed })?; Ok(())
    }
}

/// NVRTC, when it finds a libcuda, asks for private tables (its compile cache) and crashes if this symbol is missing.
/// # Safety
/// `table` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetExportTable(table: *mut *const c_void, _id: *const c_void) -> Code {
    unsafe { *table = std::ptr::null() };
    NOT_FOUND
}
