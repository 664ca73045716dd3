//! Where batches run, as a user writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where batches of grains run, and rays where the scene has many. It changes no result on the processor and on CUDA, which give the same bytes; a GPU through
/// wgpu rounds as its driver likes, and such a run is not called reproducible. The command line's `--device`, then the
/// environment's LINETWIN_DEVICE, come before what stands here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Compute")]
pub struct ComputeSpec {
    /// `auto`, `cpu`, `cuda`, `cuda:ORDINAL`, `cuda:UUID`, `wgpu`, `wgpu:ORDINAL` or `wgpu:NAME`. `auto` takes the third CUDA
    /// device, or the last of fewer, or the processor; `cuda` insists on one.
    pub device: String,
    /// What happens when the device fails in the middle of a run.
    pub on_device_loss: DeviceLossSpec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeviceLossSpec {
    /// The processor goes on, from the last committed step, with the same bytes.
    Cpu,
    /// The run ends with exit code 3; the same command goes on from the last snapshot.
    Stop,
}

impl Default for ComputeSpec {
    fn default() -> Self {
        ComputeSpec { device: "auto".into(), on_device_loss: DeviceLossSpec::Cpu }
    }
}
