//! The graphics adapter that draws, asked for before anything else is built: Bevy's own answer to a machine without one is a panic.

use crate::failure::Failure;
use bevy::render::renderer::initialize_renderer;
use bevy::render::settings::{Backends, RenderResources, WgpuFeatures, WgpuSettings};
use bevy::tasks::block_on;
use std::panic::{catch_unwind, set_hook, take_hook};

const REMEDY: &str = "no graphics adapter was found: install a driver for the GPU, or a software adapter \
    (Debian and Ubuntu: `apt install mesa-vulkan-drivers`); depth, instances, classes, normals and boxes need none";

pub struct Adapter {
    pub resources: RenderResources,
    pub name: String,
    /// It is a processor: what costs much and shows little is left out.
    pub is_software: bool,
}

/// `software`: one that computes on the processor, even where there is a GPU.
pub fn open(software: bool) -> Result<Adapter, Failure> {
    // What an adapter can do beyond the base is used, and nothing of it is asked for: the least of them draws, too.
    let mut settings = WgpuSettings { force_fallback_adapter: software, features: WgpuFeatures::empty(), ..WgpuSettings::default() };
    // OpenGL through a software renderer is known to crash.
    settings.backends = settings.backends.map(|backends| backends & (Backends::VULKAN | Backends::METAL | Backends::DX12));
    let backends = settings.backends.unwrap_or(Backends::PRIMARY);
    // The panic says nothing that the message does not say better.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let opened = catch_unwind(|| block_on(initialize_renderer(backends, None, &settings)));
    set_hook(hook);
    let resources = opened.map_err(|_| Failure::missing(REMEDY))?;
    // The type of the adapter belongs to wgpu, which is not ours to name.
    let is_software = format!("{:?}", resources.2.device_type) == "Cpu";
    let name = resources.2.name.clone();
    Ok(Adapter { resources, name, is_software })
}

/// Where a simulation and a software adapter want the same processors, the simulation comes first: the adapter's threads step back. For
/// whoever does not wait for the picture; nothing happens where threads cannot be told apart.
pub fn step_back() {
    #[cfg(target_os = "linux")]
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        /// A third of what others get, while they want it.
        const NICE: i32 = 5;
        let is_its = std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("llvmpipe"));
        let thread = task.file_name().to_string_lossy().parse().ok().and_then(rustix::process::Pid::from_raw);
        if is_its && thread.is_some() {
            // Who may not, draws as before.
            let _ = rustix::process::setpriority_process(thread, NICE);
        }
    }
}
