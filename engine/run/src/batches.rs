//! Where the batches of a run are computed: who decides, what is opened, and whether another machine would give the same
//! bytes. A scene without bulk material
//! and with few rays needs none, and no driver is touched for it.

use crate::error::RunError;
use linetwin_compute::{Device, DeviceChoice, DeviceError, OnDeviceLoss, Placement};
use linetwin_model::Scene;

/// What was asked for beside the scene, which counts where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    pub choice: Option<DeviceChoice>,
    pub on_loss: Option<OnDeviceLoss>,
}

/// What it comes to for one scene.
#[derive(Clone, Debug)]
pub(crate) struct Batches {
    choice: DeviceChoice,
    on_loss: OnDeviceLoss,
    /// The GPU that would round as its driver likes. What it computes is another run than everybody else's.
    pub adapter: Option<String>,
}

impl Batches {
    /// Opens nothing.
    pub fn of(request: &DeviceRequest, scene: &Scene) -> Result<Batches, RunError> {
        if scene.bulk.is_none() && !linetwin_sim::ranging::is_worth_a_device(scene) {
            return Ok(Batches { choice: DeviceChoice::Cpu, on_loss: OnDeviceLoss::Cpu, adapter: None });
        }
        let written = scene.compute.as_ref();
        let choice = match (&request.choice, written) {
            (Some(choice), _) => choice.clone(),
            (None, Some(written)) => written.device.parse()?,
            (None, None) => DeviceChoice::Auto,
        };
        let stops = written.is_some_and(|written| written.stops_on_loss);
        let on_loss = request.on_loss.unwrap_or(if stops { OnDeviceLoss::Stop } else { OnDeviceLoss::Cpu });
        let adapter = choice.adapter()?.map(|info| info.to_string());
        Ok(Batches { choice, on_loss, adapter })
    }

    /// The device, and what the user should know of it.
    pub fn open(&self) -> Result<(Placement, Option<String>), RunError> {
        let (device, note) = Device::open(&self.choice)?;
        Ok((Placement { device, on_loss: self.on_loss }, note))
    }
}

/// A device that is missing is missing; one that cannot even be one is a usage error.
pub(crate) fn exit_code(error: &DeviceError) -> u8 {
    if matches!(error, DeviceError::Unreadable(_)) { 2 } else { 3 }
}
