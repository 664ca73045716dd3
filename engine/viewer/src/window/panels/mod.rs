//! The panels about the line, docked as their user likes, between the bar above and the timeline below.

mod dialogs;
mod elements;
mod events;
mod inspector;
mod measures;
mod signals;
mod status;
mod timeline;
mod toolbar;

use super::keys::Action;
use super::session::Session;
use super::settings::Tab;
use super::{style, view};
use bevy::prelude::*;
use bevy_egui::{EguiContext, PrimaryEguiContext, egui};
use egui::{Frame, Ui, UiBuilder, WidgetText};
use egui_dock::{DockArea, Style, TabViewer};

/// Keys, bars, panels, dialogs: once a frame.
pub fn draw(world: &mut World) {
    let mut contexts = world.query_filtered::<&mut EguiContext, With<PrimaryEguiContext>>();
    let Ok(context) = contexts.single_mut(world).map(|mut context| context.get_mut().clone()) else { return };
    let dark = world.resource::<Session>().settings.dark;
    let [r, g, b, _] = style::panel(dark).to_array();
    world.resource_mut::<ClearColor>().0 = Color::srgb_u8(r, g, b);
    let mut session = world.resource_mut::<Session>();
    let session = &mut *session;
    style::apply(&context, session.settings.dark);
    if (context.zoom_factor() - session.settings.zoom).abs() > 1e-3 {
        context.set_zoom_factor(session.settings.zoom);
    }
    press_keys(&context, session);
    let mut whole =
        Ui::new(context.clone(), "window".into(), UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(context.viewport_rect()));
    let bar =
        |ui: &Ui, margin: [i8; 2]| Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(margin[0], margin[1]));
    let (top, bottom, low) = (bar(&whole, [8, 6]), bar(&whole, [10, 3]), bar(&whole, [10, 6]));
    egui::Panel::top("toolbar").frame(top).show(&mut whole, |ui| toolbar::ui(ui, session));
    egui::Panel::bottom("status").frame(bottom).show(&mut whole, |ui| status::ui(ui, session));
    egui::Panel::bottom("timeline").frame(low).show(&mut whole, |ui| timeline::ui(ui, session));
    egui::CentralPanel::default().frame(Frame::NONE).show(&mut whole, |ui| dock(ui, session));
    dialogs::ui(&context, session);
}

fn press_keys(context: &egui::Context, session: &mut Session) {
    // What is typed into a field is no command; a dialog takes its own keys.
    let types = context.egui_wants_keyboard_input();
    let repeats = |action: &Action| matches!(action, Action::Step | Action::Nudge(_) | Action::Slower | Action::Faster);
    let asked = std::mem::take(&mut session.keyboard.asked);
    for (action, _) in asked.into_iter().filter(|(action, is_held)| !is_held || repeats(action)) {
        let always = matches!(action, Action::Save | Action::Quit | Action::Screenshot | Action::Larger | Action::Smaller);
        if action == Action::Deselect && dialogs::close(session) {
            continue;
        }
        // Behind an open question nothing goes on by a key.
        let is_asked = session.dialogs.branch.is_some() || session.dialogs.quit;
        if always || !(types || is_asked) {
            session.act(action);
        }
    }
}

fn dock(ui: &mut Ui, session: &mut Session) {
    let mut state = std::mem::replace(&mut session.settings.dock, egui_dock::DockState::new(Vec::new()));
    // Only while it is drawn.
    session.rectangle = None;
    let mut style = Style::from_egui(ui.style());
    style.tab_bar.height = 26.0;
    style.tab.tab_body.inner_margin = egui::Margin::same(8);
    style.separator.width = 2.0;
    DockArea::new(&mut state)
        .style(style)
        .show_leaf_close_all_buttons(false)
        .show_leaf_collapse_buttons(false)
        .show_inside(ui, &mut Tabs { session });
    session.settings.dock = state;
}

struct Tabs<'s> {
    session: &'s mut Session,
}

impl TabViewer for Tabs<'_> {
    type Tab = Tab;

    fn id(&mut self, tab: &mut Tab) -> egui::Id {
        egui::Id::new(("tab", *tab))
    }
    fn title(&mut self, tab: &mut Tab) -> WidgetText {
        tab.title().into()
    }
    fn ui(&mut self, ui: &mut Ui, tab: &mut Tab) {
        match tab {
            Tab::Line => view::ui(ui, self.session),
            Tab::Elements => elements::ui(ui, self.session),
            Tab::Inspector => inspector::ui(ui, self.session),
            Tab::Measures => measures::ui(ui, self.session),
            Tab::Events => events::ui(ui, self.session),
        }
    }
    fn is_closeable(&self, tab: &Tab) -> bool {
        *tab != Tab::Line
    }
    // One window is enough to look after.
    fn allowed_in_windows(&self, _: &mut Tab) -> bool {
        false
    }
    fn clear_background(&self, tab: &Tab) -> bool {
        *tab != Tab::Line
    }
    fn scroll_bars(&self, _: &Tab) -> [bool; 2] {
        [false, false]
    }
    fn tab_style_override(&self, tab: &Tab, global: &egui_dock::TabStyle) -> Option<egui_dock::TabStyle> {
        (*tab == Tab::Line).then(|| {
            let mut style = global.clone();
            style.tab_body.inner_margin = egui::Margin::ZERO;
            style.tab_body.bg_fill = egui::Color32::TRANSPARENT;
            style
        })
    }
}
