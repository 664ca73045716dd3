//! Where batches run: is it written as a device is? What there is on a machine, who runs the scene finds out.

use super::{Checker, top};
use crate::scene::Compute;
use crate::spec::DeviceLossSpec;

/// As the errors of devices list it.
const DEVICES: &str = "auto, cpu, cuda, cuda:ORDINAL, cuda:UUID, wgpu, wgpu:ORDINAL or wgpu:NAME";

impl Checker<'_, '_> {
    pub(super) fn compute(&mut self) -> Option<Compute> {
        let spec = self.spec.compute.as_ref()?;
        if !names_a_device(&spec.device) {
            let message = format!("`{}` names no device", spec.device);
            let problem = self.error("device", &top("compute").name("device"), message);
            self.push(problem.allowed(DEVICES).help("`linetwin doctor` lists the devices of this machine; \"auto\" takes what is there"));
        }
        Some(Compute { device: spec.device.clone(), stops_on_loss: spec.on_device_loss == DeviceLossSpec::Stop })
    }
}

fn names_a_device(text: &str) -> bool {
    let is_ordinal = |which: &str| (1..=9).contains(&which.len()) && which.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(':') {
        None => ["auto", "cpu", "cuda", "wgpu"].contains(&text),
        Some(("cuda", which)) => which.starts_with("GPU-") || is_ordinal(which),
        Some(("wgpu", which)) => which.bytes().any(|byte| byte.is_ascii_alphabetic()) || is_ordinal(which),
        Some(_) => false,
    }
}
