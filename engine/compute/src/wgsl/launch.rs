//! Loading the shaders of a stem and launching them. Arguments are held against the contract, the contract against the
//! shader when its pipelines are made.

use super::device::{DeviceBuffer, WgpuDevice};
use crate::contract::{Argument, ArgumentCheck, Entry, Kernel};
use crate::error::DeviceError;
use bytemuck::Pod;
use std::sync::Arc;

/// The shaders of one stem on one device.
#[derive(Debug)]
pub struct Loaded {
    device: Arc<WgpuDevice>,
    entries: Vec<LoadedEntry>,
}

#[derive(Debug)]
struct LoadedEntry {
    entry: &'static Entry,
    /// `@binding` of each argument.
    bindings: Vec<u32>,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

impl Loaded {
    /// Compiles the committed WGSL for the device.
    pub fn new(device: &Arc<WgpuDevice>, kernel: &'static Kernel) -> Result<Loaded, DeviceError> {
        let refused = |error| match error {
            DeviceError::Other(told) => DeviceError::Refused { stem: kernel.stem, told },
            error => error,
        };
        let source = kernel.wgsl.ok_or(DeviceError::Refused { stem: kernel.stem, told: "it is not written in WGSL yet".into() })?;
        let descriptor = wgpu::ShaderModuleDescriptor { label: Some(kernel.stem), source: wgpu::ShaderSource::Wgsl(source.into()) };
        let module = device.guarded(|| device.device.create_shader_module(descriptor)).map_err(refused)?;
        let load = |entry: &&'static Entry| device.guarded(|| LoadedEntry::new(device, kernel, entry, &module)).map_err(refused);
        let entries = kernel.entries.iter().map(load).collect::<Result<_, DeviceError>>()?;
        Ok(Loaded { device: device.clone(), entries })
    }

    pub fn device(&self) -> &Arc<WgpuDevice> {
        &self.device
    }

    pub fn launch(&self, entry: &'static Entry) -> Launch<'_> {
        let found = self.entries.iter().find(|known| std::ptr::eq(known.entry, entry));
        let loaded = found.unwrap_or_else(|| panic!("`{}` belongs to another kernel", entry.name));
        Launch { device: &self.device, loaded, check: ArgumentCheck::new(entry), buffers: Vec::new(), parameters: Vec::new() }
    }
}

impl LoadedEntry {
    fn new(device: &WgpuDevice, kernel: &Kernel, entry: &'static Entry, module: &wgpu::ShaderModule) -> LoadedEntry {
        let names = kernel.bindings();
        let place = |name| names.iter().position(|known| *known == name).expect("the kernel lists all of its arguments") as u32;
        let bindings: Vec<u32> = entry.arguments.iter().map(|argument| place(argument.name())).collect();
        let described = |(argument, binding): (&Argument, &u32)| wgpu::BindGroupLayoutEntry {
            binding: *binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: !kernel.writes(argument.name()) },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = entry.arguments.iter().zip(&bindings).map(described).collect();
        let layout =
            device.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(entry.name), entries: &entries });
        let pipeline_layout = device.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry.name),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry.name),
            layout: Some(&pipeline_layout),
            module,
            entry_point: Some(entry.name),
            compilation_options: Default::default(),
            cache: None,
        });
        LoadedEntry { entry, bindings, pipeline, layout }
    }
}

/// A launch that is being put together: arguments in the order of the contract, then [`over`](Launch::over).
#[must_use = "nothing runs before `over` or `in_blocks`"]
pub struct Launch<'a> {
    device: &'a WgpuDevice,
    loaded: &'a LoadedEntry,
    check: ArgumentCheck,
    /// In the order of the arguments; none where parameters stand.
    buffers: Vec<Option<&'a wgpu::Buffer>>,
    parameters: Vec<u8>,
}

impl<'a> Launch<'a> {
    pub fn read<T: Pod>(mut self, buffer: &'a DeviceBuffer<T>) -> Self {
        self.check.read::<T>(buffer.len());
        self.buffers.push(Some(&buffer.buffer));
        self
    }

    /// Also for what is read and written.
    pub fn write<T: Pod>(mut self, buffer: &'a mut DeviceBuffer<T>) -> Self {
        self.check.write::<T>(buffer.len());
        self.buffers.push(Some(&buffer.buffer));
        self
    }

    pub fn value<P: Pod>(mut self, value: &'a P) -> Self {
        self.check.value::<P>();
        assert!(self.parameters.is_empty(), "{}: parameters are one struct", self.check.entry().name);
        self.parameters.extend(bytemuck::bytes_of(value));
        self.buffers.push(None);
        self
    }

    /// Launches one thread for each item, in blocks as the contract says; nothing where there are no items.
    pub fn over(self, items: usize) -> Result<(), DeviceError> {
        let blocks = items.div_ceil(self.check.entry().threads_per_block as usize);
        self.in_blocks(blocks)
    }

    /// Launches at least so many whole blocks: where one dimension does not hold them, full rows of a second one. Shaders
    /// number their blocks along the rows and leave alone what is beyond their count.
    pub fn in_blocks(self, blocks: usize) -> Result<(), DeviceError> {
        self.check.finish();
        if blocks == 0 {
            return Ok(());
        }
        let widest = self.device.limits().max_compute_workgroups_per_dimension as usize;
        let rows = blocks.div_ceil(widest);
        assert!(rows <= widest, "{}: {blocks} blocks are too many", self.check.entry().name);
        let columns = if rows == 1 { blocks } else { widest };
        self.device.guarded(|| self.submit(columns as u32, rows as u32))
    }

    fn submit(&self, columns: u32, rows: u32) {
        let device = &self.device.device;
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let size = self.parameters.len().max(4) as u64;
        let parameters = device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        self.device.queue.write_buffer(&parameters, 0, &self.parameters);
        let entries: Vec<_> = (self.buffers.iter().zip(&self.loaded.bindings))
            .map(|(buffer, &binding)| wgpu::BindGroupEntry { binding, resource: buffer.unwrap_or(&parameters).as_entire_binding() })
            .collect();
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.loaded.layout, entries: &entries });
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.loaded.pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(columns, rows, 1);
        }
        self.device.queue.submit([encoder.finish()]);
    }
}
