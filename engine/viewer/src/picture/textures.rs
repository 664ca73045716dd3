//! Textures, computed: a floor with lines, a belt, a roller, a label. Each with its smaller copies, so that nothing flickers from
//! afar.

use bevy::asset::RenderAssetUsages;
use bevy::image::{Image, ImageAddressMode, ImageFilterMode, ImageSampler, ImageSamplerDescriptor};
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};

/// sRGB.
type Pixel = [u8; 3];

/// Concrete, with a line around each tile.
pub fn floor(anisotropy: u16) -> Image {
    const SIDE: u32 = 256;
    tiled([SIDE, SIDE], anisotropy, |x, y| {
        let line = x < 2 || y < 2;
        let grain = (speckle(x / 2, y / 2) * 10.0) as u8;
        if line { [150, 153, 156] } else { [184 + grain, 186 + grain, 188 + grain] }
    })
}

/// Rubber with ribs across the flow, some lighter, so that one sees it run.
pub fn belt(anisotropy: u16) -> Image {
    tiled([256, 64], anisotropy, |x, y| {
        let rib = x % 16 < 2;
        let mark = x < 6;
        let grain = (speckle(x, y) * 6.0) as u8;
        let base = if mark {
            96
        } else if rib {
            38
        } else {
            56
        };
        [base + grain, base + 2 + grain, base + 4 + grain]
    })
}

/// Zinc with a dark and a bright line along it, so that one sees it turn; once around.
pub fn roller(anisotropy: u16) -> Image {
    tiled([64, 4], anisotropy, |x, _| match x % 32 {
        0..3 => [120, 124, 128],
        16..18 => [232, 234, 236],
        _ => [196, 200, 204],
    })
}

/// A carton's label: lines of text and a barcode.
pub fn label(anisotropy: u16) -> Image {
    const WIDE: u32 = 128;
    const HIGH: u32 = 96;
    tiled([WIDE, HIGH], anisotropy, |x, y| {
        let border = x < 3 || y < 3 || x >= WIDE - 3 || y >= HIGH - 3;
        let bars = (44..86).contains(&y) && (12..WIDE - 12).contains(&x) && speckle(x / 2, 7) < 0.5;
        let words = (12..36).contains(&y) && y % 8 < 3 && (12..WIDE - 40 + (y / 8 * 13) % 30).contains(&x) && speckle(x / 3, y / 8) < 0.8;
        if border {
            [214, 216, 218]
        } else if bars || words {
            [24, 26, 28]
        } else {
            [250, 250, 250]
        }
    })
}

/// 0 to 1, the same every time.
fn speckle(x: u32, y: u32) -> f32 {
    let mut hash = x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ hash >> 12).wrapping_mul(0x297A_2D39);
    (hash ^ hash >> 15) as f32 / u32::MAX as f32
}

/// A picture from a file that was decoded before: the check of the scene has done so.
pub fn png(bytes: &[u8], anisotropy: u16) -> Image {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().expect("it was decoded before");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it was decoded before")];
    let info = reader.next_frame(&mut pixels).expect("it was decoded before");
    let stored = |value: u8| light(f32::from(value) / 255.0);
    let level = match info.color_type {
        png::ColorType::GrayscaleAlpha => pixels
            .chunks_exact(2)
            .map(|pixel| [stored(pixel[0]), stored(pixel[0]), stored(pixel[0]), f32::from(pixel[1]) / 255.0])
            .collect(),
        _ => pixels
            .chunks_exact(4)
            .map(|pixel| [stored(pixel[0]), stored(pixel[1]), stored(pixel[2]), f32::from(pixel[3]) / 255.0])
            .collect(),
    };
    with_smaller_copies([info.width, info.height], level, ImageAddressMode::ClampToEdge, anisotropy)
}

fn tiled([width, height]: [u32; 2], anisotropy: u16, colour: impl Fn(u32, u32) -> Pixel) -> Image {
    let linear = |[r, g, b]: Pixel| [r, g, b, 255].map(|value| light(f32::from(value) / 255.0));
    let level = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| linear(colour(x, y))).collect();
    with_smaller_copies([width, height], level, ImageAddressMode::Repeat, anisotropy)
}

/// Of light and cover, row by row.
fn with_smaller_copies([width, height]: [u32; 2], mut level: Vec<[f32; 4]>, beyond: ImageAddressMode, anisotropy_clamp: u16) -> Image {
    let (mut wide, mut high, mut levels, mut data) = (width, height, 0, Vec::new());
    loop {
        data.extend(level.iter().flat_map(|&[r, g, b, cover]| {
            let [r, g, b] = [r, g, b].map(|value| (stored(value) * 255.0).round() as u8);
            [r, g, b, (cover * 255.0).round() as u8]
        }));
        levels += 1;
        if wide == 1 && high == 1 {
            break;
        }
        let (next_wide, next_high) = ((wide / 2).max(1), (high / 2).max(1));
        let (across, down) = (wide / next_wide, high / next_high);
        let mean = |x: u32, y: u32| {
            let of = (0..across * down).map(|k| level[((y * down + k / across) * wide + x * across + k % across) as usize]);
            of.fold([0.0; 4], |sum, pixel| std::array::from_fn(|c| sum[c] + pixel[c] / (across * down) as f32))
        };
        level = (0..next_high).flat_map(|y| (0..next_wide).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect();
        (wide, high) = (next_wide, next_high);
    }
    let size = Extent3d { width, height, depth_or_array_layers: 1 };
    let mut image = Image::new_uninit(size, TextureDimension::D2, TextureFormat::Rgba8UnormSrgb, RenderAssetUsages::RENDER_WORLD);
    image.texture_descriptor.mip_level_count = levels;
    image.data = Some(data);
    image.sampler = ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: beyond,
        address_mode_v: beyond,
        mag_filter: ImageFilterMode::Linear,
        min_filter: ImageFilterMode::Linear,
        mipmap_filter: ImageFilterMode::Linear,
        anisotropy_clamp,
        ..ImageSamplerDescriptor::default()
    });
    image
}

/// Linear light of what is stored, about.
fn light(value: f32) -> f32 {
    value.powf(2.2)
}

fn stored(light: f32) -> f32 {
    light.powf(1.0 / 2.2)
}
