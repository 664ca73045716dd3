//! What an item of a picture is, which colour that has, and what a stack light says. Colours are those of Okabe and Ito
//! (2008), which people with any kind of colour vision tell apart, and greys. Knows no renderer.

use crate::event::ElementState;
use linetwin_model::scene::{DriveId, EyeId, PartTypeId};

/// sRGB, each 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub const BLACK: Colour = Colour([0, 0, 0]);
    pub const ORANGE: Colour = Colour([230, 159, 0]);
    pub const SKY_BLUE: Colour = Colour([86, 180, 233]);
    pub const BLUISH_GREEN: Colour = Colour([0, 158, 115]);
    pub const YELLOW: Colour = Colour([240, 228, 66]);
    pub const BLUE: Colour = Colour([0, 114, 178]);
    pub const VERMILLION: Colour = Colour([213, 94, 0]);
    pub const REDDISH_PURPLE: Colour = Colour([204, 121, 167]);
    pub const WHITE: Colour = Colour([240, 240, 240]);
    pub const LIGHT_GREY: Colour = Colour([190, 194, 198]);
    pub const GREY: Colour = Colour([128, 132, 136]);
    pub const DARK_GREY: Colour = Colour([62, 66, 70]);

    /// Linear light, each 0 to 1 (IEC 61966-2-1).
    pub fn linear(self) -> [f32; 3] {
        self.0.map(|value| {
            let share = f32::from(value) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { libm::powf((share + 0.055) / 1.055, 2.4) }
        })
    }
}

/// One lamp of a stack light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lamp {
    Red,
    Yellow,
    Green,
    Blue,
}

impl Lamp {
    pub fn colour(self) -> Colour {
        match self {
            Lamp::Red => Colour::VERMILLION,
            Lamp::Yellow => Colour::YELLOW,
            Lamp::Green => Colour::BLUISH_GREEN,
            Lamp::Blue => Colour::BLUE,
        }
    }
}

/// Which lamps of a stack light are lit, and whether they blink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lamps {
    /// `None`: all are dark.
    pub lit: Option<Lamp>,
    pub blinks: bool,
}

impl Lamps {
    /// As IEC 60073 codes the condition of equipment: red for what calls for action at once, yellow for what is abnormal, green
    /// for normal, blue where a person is to do something.
    ///
    /// | state | lamp |
    /// |---|---|
    /// | processing, idle | green |
    /// | starved | yellow |
    /// | blocked | yellow, blinking |
    /// | down | red |
    /// | jammed | red, blinking |
    /// | held, setup | blue |
    /// | planned stop | blue, blinking |
    /// | not scheduled | dark |
    pub fn of(state: ElementState) -> Self {
        let (lit, blinks) = match state {
            ElementState::Processing | ElementState::Idle => (Some(Lamp::Green), false),
            ElementState::Starved => (Some(Lamp::Yellow), false),
            ElementState::Blocked => (Some(Lamp::Yellow), true),
            ElementState::Down => (Some(Lamp::Red), false),
            ElementState::Jammed => (Some(Lamp::Red), true),
            ElementState::Held | ElementState::Setup => (Some(Lamp::Blue), false),
            ElementState::PlannedStop => (Some(Lamp::Blue), true),
            ElementState::NotScheduled => (None, false),
        };
        Lamps { lit, blinks }
    }
}

/// Of a state in charts and overlays: no two are alike.
pub fn state_colour(state: ElementState) -> Colour {
    match state {
        ElementState::Processing => Colour::BLUISH_GREEN,
        ElementState::Idle => Colour::LIGHT_GREY,
        ElementState::Starved => Colour::SKY_BLUE,
        ElementState::Blocked => Colour::YELLOW,
        ElementState::Held => Colour::REDDISH_PURPLE,
        ElementState::Setup => Colour::BLUE,
        ElementState::Down => Colour::VERMILLION,
        ElementState::Jammed => Colour::ORANGE,
        ElementState::PlannedStop => Colour::GREY,
        ElementState::NotScheduled => Colour::DARK_GREY,
    }
}

/// Of the parts of a type: the types of a scene in turn.
pub fn part_colour(part_type: PartTypeId) -> Colour {
    const TURN: [Colour; 7] =
        [Colour::ORANGE, Colour::SKY_BLUE, Colour::REDDISH_PURPLE, Colour::YELLOW, Colour::BLUE, Colour::VERMILLION, Colour::BLUISH_GREEN];
    TURN[part_type.index() % TURN.len()]
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// Its top is at the scene's floor height.
    Floor,
    /// A surface that runs: u of its mesh grows along the flow [m], and the surface has moved by `share` times the way of the
    /// drive. `None`: nothing drives it.
    Belt {
        drive: Option<DriveId>,
        share: f32,
    },
    /// A cylinder about the y axis of its place, which turns about that by the way of the drive over its radius.
    Roller {
        drive: Option<DriveId>,
        radius_m: f32,
    },
    /// What a belt runs around, side frames, beds of chutes.
    Frame,
    Leg,
    Rail,
    /// The housing of something that works on parts.
    Machine,
    /// A blade, jaw, plate, arm, shoe, or a surface that takes parts off.
    Device,
    /// What travels with parts on it: a lift's or a table's platform, a sorter's carrier.
    Platform,
    /// A plate or machine frame that the scene names.
    Fixture,
    /// The pole and foot of a stack light.
    StackLight,
    /// One of its lamps, lit where [`Lamps::of`] the owner's state says so.
    Lamp(Lamp),
    EyeHousing,
    Reflector,
    /// A ray of light, a thin rod; broken where `eye` is blocked.
    Beam {
        eye: Option<EyeId>,
    },
    /// A scanner, antenna, lidar, encoder or scale.
    Sensor,
    /// Sheets of a hopper, bin, chute or feeder, seen from both sides.
    Vessel,
    /// Where parts come from, go to, and are kept.
    Source,
    Sink,
    Buffer,
    /// What physics meets, as it is: for an overlay, and not for the ordinary picture.
    Collider,
}

impl Role {
    /// In words, for the names of what is exported.
    pub fn name(self) -> &'static str {
        match self {
            Role::Floor => "floor",
            Role::Belt { .. } => "belt",
            Role::Roller { .. } => "roller",
            Role::Frame => "frame",
            Role::Leg => "leg",
            Role::Rail => "rail",
            Role::Machine => "machine",
            Role::Device => "device",
            Role::Platform => "platform",
            Role::Fixture => "fixture",
            Role::StackLight => "stack light",
            Role::Lamp(Lamp::Red) => "red lamp",
            Role::Lamp(Lamp::Yellow) => "yellow lamp",
            Role::Lamp(Lamp::Green) => "green lamp",
            Role::Lamp(Lamp::Blue) => "blue lamp",
            Role::EyeHousing => "eye",
            Role::Reflector => "reflector",
            Role::Beam { .. } => "beam",
            Role::Sensor => "sensor",
            Role::Vessel => "vessel",
            Role::Source => "source",
            Role::Sink => "sink",
            Role::Buffer => "buffer",
            Role::Collider => "collider",
        }
    }

    pub fn colour(self) -> Colour {
        match self {
            Role::Floor => Colour([168, 170, 172]),
            Role::Belt { .. } => Colour([48, 52, 56]),
            Role::Roller { .. } => Colour([176, 182, 188]),
            Role::Frame => Colour([108, 124, 140]),
            Role::Leg => Colour::GREY,
            Role::Rail => Colour::LIGHT_GREY,
            Role::Machine => Colour([214, 218, 222]),
            Role::Device => Colour::YELLOW,
            Role::Platform => Colour([88, 104, 120]),
            Role::Fixture => Colour([150, 140, 128]),
            Role::StackLight => Colour::DARK_GREY,
            Role::Lamp(lamp) => lamp.colour(),
            Role::EyeHousing => Colour::BLACK,
            Role::Reflector => Colour::WHITE,
            Role::Beam { .. } => Colour::VERMILLION,
            Role::Sensor => Colour::BLUE,
            Role::Vessel => Colour([160, 176, 190]),
            Role::Source => Colour::BLUISH_GREEN,
            Role::Sink => Colour::BLUE,
            Role::Buffer => Colour([140, 150, 160]),
            Role::Collider => Colour::REDDISH_PURPLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_states_differ_and_linear_light_is_that_of_the_standard() {
        let colours = ElementState::ALL.map(state_colour);
        for (index, colour) in colours.iter().enumerate() {
            assert!(!colours[..index].contains(colour), "{:?} looks like another", ElementState::ALL[index]);
        }
        let [r, g, b] = Colour([255, 188, 10]).linear();
        assert!((r - 1.0).abs() < 1e-6 && (g - 0.502_886).abs() < 1e-5 && (b - 0.003_035).abs() < 1e-5, "{r} {g} {b}");
    }
}
