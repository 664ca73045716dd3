//! What stands in this room's place in a build without the cargo feature `wgsl`: nothing of it can exist.

use super::AdapterInfo;
use crate::contract::{Entry, Kernel};
use crate::error::DeviceError;
use bytemuck::Pod;
use std::marker::PhantomData;
use std::sync::Arc;

pub fn adapters() -> Result<Vec<AdapterInfo>, DeviceError> {
    Err(DeviceError::WithoutWgsl)
}

#[derive(Debug)]
pub enum WgpuDevice {}

#[derive(Debug)]
pub struct DeviceBuffer<T> {
    never: WgpuDevice,
    of: PhantomData<T>,
}

impl<T> DeviceBuffer<T> {
    pub fn len(&self) -> usize {
        match self.never {}
    }

    pub fn is_empty(&self) -> bool {
        match self.never {}
    }
}

impl WgpuDevice {
    pub fn open(_ordinal: usize) -> Result<WgpuDevice, DeviceError> {
        Err(DeviceError::WithoutWgsl)
    }

    pub fn info(&self) -> &AdapterInfo {
        match *self {}
    }

    pub fn zeros<T: Pod>(&self, _len: usize) -> Result<DeviceBuffer<T>, DeviceError> {
        match *self {}
    }

    pub fn upload<T: Pod>(&self, _values: &[T]) -> Result<DeviceBuffer<T>, DeviceError> {
        match *self {}
    }

    pub fn write<T: Pod>(&self, _buffer: &mut DeviceBuffer<T>, _first: usize, _values: &[T]) -> Result<(), DeviceError> {
        match *self {}
    }

    pub fn clear<T: Pod>(&self, _buffer: &mut DeviceBuffer<T>) -> Result<(), DeviceError> {
        match *self {}
    }

    pub fn download<T: Pod>(&self, _buffer: &DeviceBuffer<T>, _values: &mut [T]) -> Result<(), DeviceError> {
        match *self {}
    }

    pub fn download_from<T: Pod>(&self, _buffer: &DeviceBuffer<T>, _first: usize, _values: &mut [T]) -> Result<(), DeviceError> {
        match *self {}
    }

    pub fn synchronize(&self) -> Result<(), DeviceError> {
        match *self {}
    }
}

#[derive(Debug)]
pub struct Loaded {
    never: WgpuDevice,
}

impl Loaded {
    pub fn new(device: &Arc<WgpuDevice>, _kernel: &'static Kernel) -> Result<Loaded, DeviceError> {
        match **device {}
    }

    pub fn device(&self) -> &Arc<WgpuDevice> {
        match self.never {}
    }

    pub fn launch(&self, _entry: &'static Entry) -> Launch<'_> {
        match self.never {}
    }
}

pub struct Launch<'a> {
    never: &'a WgpuDevice,
}

impl<'a> Launch<'a> {
    pub fn read<T: Pod>(self, _buffer: &'a DeviceBuffer<T>) -> Self {
        match *self.never {}
    }

    pub fn write<T: Pod>(self, _buffer: &'a mut DeviceBuffer<T>) -> Self {
        match *self.never {}
    }

    pub fn value<P: Pod>(self, _value: &'a P) -> Self {
        match *self.never {}
    }

    pub fn over(self, _items: usize) -> Result<(), DeviceError> {
        match *self.never {}
    }

    pub fn in_blocks(self, _blocks: usize) -> Result<(), DeviceError> {
        match *self.never {}
    }
}
