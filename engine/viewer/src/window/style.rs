//! Colours and measures of the panels, dark and light. State colours are the scene's own (Okabe and Ito), which people with any kind of
//! colour vision tell apart.

use bevy_egui::egui::{self, Color32, CornerRadius, FontId, Margin, RichText, Stroke, TextStyle, Ui, Visuals, vec2};
use linetwin_sim::event::ElementState;
use linetwin_sim::view::{Colour, state_colour};

pub const ACCENT: Color32 = Color32::from_rgb(60, 140, 200);
/// Red as people who do not see red see it too.
pub const ALARM: Color32 = Color32::from_rgb(213, 94, 0);
/// What a hand holds.
pub const FORCED: Color32 = Color32::from_rgb(230, 120, 200);
pub const SELECTED: Color32 = Color32::from_rgb(255, 176, 32);
/// X, y and z.
pub const AXIS_COLOURS: [Color32; 3] = [Color32::from_rgb(222, 84, 60), Color32::from_rgb(58, 170, 110), Color32::from_rgb(70, 130, 225)];

pub fn colour(Colour([r, g, b]): Colour) -> Color32 {
    Color32::from_rgb(r, g, b)
}

pub fn of_state(state: ElementState) -> Color32 {
    colour(state_colour(state))
}

/// By its name in reports.
pub fn of_state_named(name: &str) -> Color32 {
    ElementState::ALL.into_iter().find(|state| state.name() == name).map_or(Color32::GRAY, of_state)
}

/// What panels lie on.
pub fn panel(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(30, 33, 38) } else { Color32::from_rgb(245, 246, 248) }
}

pub fn apply(context: &egui::Context, dark: bool) {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    let (raised, extreme, line) = match dark {
        true => (Color32::from_rgb(44, 48, 55), Color32::from_rgb(20, 22, 26), Color32::from_rgb(56, 61, 69)),
        false => (Color32::from_rgb(230, 233, 237), Color32::WHITE, Color32::from_rgb(208, 212, 218)),
    };
    visuals.panel_fill = panel(dark);
    visuals.window_fill = panel(dark);
    visuals.weak_text_color = Some(if dark { Color32::from_rgb(146, 152, 161) } else { Color32::from_rgb(96, 102, 111) });
    visuals.extreme_bg_color = extreme;
    visuals.faint_bg_color = if dark { Color32::from_rgb(35, 38, 44) } else { Color32::from_rgb(237, 239, 243) };
    visuals.window_stroke = Stroke::new(1.0, line);
    visuals.selection.bg_fill = if dark { Color32::from_rgb(38, 86, 124) } else { Color32::from_rgb(176, 212, 240) };
    visuals.selection.stroke = Stroke::new(1.0, if dark { Color32::WHITE } else { Color32::from_rgb(16, 44, 68) });
    visuals.hyperlink_color = ACCENT;
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, line);
    let text = if dark { Color32::from_rgb(214, 218, 224) } else { Color32::from_rgb(38, 42, 48) };
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, text);
    visuals.widgets.inactive.fg_stroke = Stroke::new(1.0, text);
    visuals.widgets.inactive.weak_bg_fill = raised;
    visuals.widgets.inactive.bg_fill = raised;
    for widget in [
        &mut visuals.widgets.noninteractive,
        &mut visuals.widgets.inactive,
        &mut visuals.widgets.hovered,
        &mut visuals.widgets.active,
        &mut visuals.widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(4);
    }
    context.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
    context.all_styles_mut(|style| {
        style.visuals = visuals.clone();
        style.spacing.item_spacing = vec2(8.0, 5.0);
        style.spacing.button_padding = vec2(8.0, 3.0);
        style.spacing.interact_size.y = 22.0;
        style.spacing.menu_margin = Margin::same(6);
        style.interaction.selectable_labels = false;
        style.text_styles = [
            (TextStyle::Heading, FontId::proportional(16.0)),
            (TextStyle::Body, FontId::proportional(13.0)),
            (TextStyle::Button, FontId::proportional(13.0)),
            (TextStyle::Small, FontId::proportional(11.0)),
            (TextStyle::Monospace, FontId::monospace(12.5)),
        ]
        .into();
    });
}

/// A heading of a section in a panel.
pub fn section(ui: &mut Ui, title: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(title).strong().size(12.0).color(ui.visuals().weak_text_color()));
    ui.separator();
}

/// A dot in the colour of a state.
pub fn dot(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
    ui.painter().circle(rect.center(), 4.0, colour, Stroke::new(0.75, ui.visuals().weak_text_color()));
}

/// 00:01:23.45, days where there are some.
pub fn clock(seconds: f64) -> String {
    let hundredths = (seconds * 100.0 + 1e-6).floor() as u64;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let days = if whole >= 86_400 { format!("{}d ", whole / 86_400) } else { String::new() };
    format!("{days}{:02}:{:02}:{:02}.{rest:02}", whole / 3600 % 24, whole / 60 % 60, whole % 60)
}

/// A field's name without its unit, and the unit: `speed_mps` is speed in m/s.
pub fn name_and_unit(field: &str) -> (String, &'static str) {
    const UNITS: [(&str, &str); 19] = [
        ("_per_h", "1/h"),
        ("_kgps", "kg/s"),
        ("_kgpm3", "kg/m3"),
        ("_mps2", "m/s2"),
        ("_mps", "m/s"),
        ("_deg", "deg"),
        ("_rad", "rad"),
        ("_min", "min"),
        ("_kg", "kg"),
        ("_hz", "Hz"),
        ("_pa", "Pa"),
        ("_px", "px"),
        ("_um", "um"),
        ("_w", "W"),
        ("_j", "J"),
        ("_n", "N"),
        ("_m", "m"),
        ("_s", "s"),
        ("_h", "h"),
    ];
    let found = UNITS.iter().find(|(ending, _)| field.len() > ending.len() && field.ends_with(ending));
    let (name, unit) = found.map_or((field, ""), |(ending, unit)| (&field[..field.len() - ending.len()], *unit));
    (name.replace('_', " "), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_fields_read_as_people_write_them() {
        assert_eq!(clock(83.456), "00:01:23.45");
        assert_eq!(clock(90_061.0), "1d 01:01:01.00");
        assert_eq!(name_and_unit("speed_mps"), ("speed".to_string(), "m/s"));
        assert_eq!(name_and_unit("rate_per_h"), ("rate".to_string(), "1/h"));
        assert_eq!(name_and_unit("acceleration_mps2"), ("acceleration".to_string(), "m/s2"));
        assert_eq!(name_and_unit("hold"), ("hold".to_string(), ""));
    }
}
