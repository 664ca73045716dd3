//! Which adapters are there. Asks the drivers, opens none.

use super::AdapterInfo;
use crate::error::DeviceError;
use std::sync::OnceLock;

/// Everything that wgpu can run compute shaders on, in the order of the ordinals; never empty.
pub fn adapters() -> Result<Vec<AdapterInfo>, DeviceError> {
    Ok(found()?.into_iter().map(|(info, _)| info).collect())
}

/// The adapters themselves.
pub(super) fn found() -> Result<Vec<(AdapterInfo, wgpu::Adapter)>, DeviceError> {
    let able = |adapter: &wgpu::Adapter| adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS);
    let mut adapters = now(instance().enumerate_adapters(interfaces()));
    adapters.retain(able);
    // Stable: among equals the system's order stays.
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    if adapters.is_empty() {
        return Err(DeviceError::NoAdapter);
    }
    Ok(adapters.into_iter().enumerate().map(|(ordinal, adapter)| (described(ordinal, &adapter.get_info()), adapter)).collect())
}

fn interfaces() -> wgpu::Backends {
    wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12
}

/// One for the process: it holds the drivers' libraries.
fn instance() -> &'static wgpu::Instance {
    static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = interfaces();
        // Validation layers would be looked for in builds with assertions.
        descriptor.flags = wgpu::InstanceFlags::empty();
        wgpu::Instance::new(descriptor)
    })
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn described(ordinal: usize, info: &wgpu::AdapterInfo) -> AdapterInfo {
    let interface = match info.backend {
        wgpu::Backend::Vulkan => "Vulkan",
        wgpu::Backend::Metal => "Metal",
        wgpu::Backend::Dx12 => "DX12",
        _ => "another interface",
    };
    let told = [&info.driver, &info.driver_info].into_iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>();
    AdapterInfo {
        ordinal,
        name: info.name.clone(),
        interface: interface.to_string(),
        driver: if told.is_empty() { "driver without a name".into() } else { told.join(" ") },
        software: info.device_type == wgpu::DeviceType::Cpu,
    }
}

/// The value of a future of wgpu, which outside of browsers is ready at once.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("wgpu's own backends answer at once"),
    }
}
