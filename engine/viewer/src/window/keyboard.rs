//! Key presses in the order in which they came, each with what was held then: a picture may take longer than a press. Tells the panels of
//! them as well, whose own way is to ask what is held when the picture is drawn. Knows no action.

use super::keys::{Action, action_of};
use super::session::Session;
use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyboardFocusLost, KeyboardInput};
use bevy::prelude::*;
use bevy_egui::egui::{Event, Modifiers};
use bevy_egui::helpers::{bevy_to_egui_key, bevy_to_egui_physical_key};
use bevy_egui::input::EguiInputEvent;
use bevy_egui::{EguiGlobalSettings, EguiInputSet, PrimaryEguiContext};

pub struct KeyboardPlugin;

impl Plugin for KeyboardPlugin {
    fn build(&self, app: &mut App) {
        app.world_mut().resource_mut::<EguiGlobalSettings>().input_system_settings.run_write_keyboard_input_messages_system = false;
        app.add_systems(PreUpdate, listen.in_set(EguiInputSet::ReadBevyMessages));
    }
}

/// What is held, and what was asked for since it was taken last; by a key that is held on, where that is told.
#[derive(Default)]
pub struct Keyboard {
    held: Modifiers,
    pub asked: Vec<(Action, bool)>,
}

impl Keyboard {
    /// What the panels are to know of it.
    fn hear(&mut self, input: &KeyboardInput) -> Vec<Event> {
        let is_pressed = input.state == ButtonState::Pressed;
        match &input.logical_key {
            Key::Control => (self.held.ctrl, self.held.command) = (is_pressed, is_pressed && cfg!(not(target_os = "macos"))),
            Key::Super if cfg!(target_os = "macos") => (self.held.mac_cmd, self.held.command) = (is_pressed, is_pressed),
            Key::Shift => self.held.shift = is_pressed,
            Key::Alt => self.held.alt = is_pressed,
            key if is_pressed => {
                // With Shift, letters come as capitals.
                let key = if let Key::Character(text) = key { &Key::Character(text.to_uppercase().into()) } else { key };
                let action = bevy_to_egui_key(key).and_then(|key| action_of(self.held, key));
                self.asked.extend(action.map(|action| (action, input.repeat)));
            }
            _ => {}
        }
        let text = match &input.logical_key {
            // Ctrl and Alt together are the right Alt of many keyboards, which types.
            _ if !is_pressed || (self.held.ctrl && !self.held.alt) || self.held.mac_cmd => None,
            Key::Character(text) if !text.contains(char::is_control) => Some(text.to_string()),
            Key::Space => Some(" ".to_string()),
            _ => None,
        };
        let physical_key = bevy_to_egui_physical_key(&input.key_code);
        // Layouts without Latin letters have the keys of those all the same.
        let key = bevy_to_egui_key(&input.logical_key).or(physical_key);
        let press = key.map(|key| Event::Key { key, physical_key, pressed: is_pressed, repeat: false, modifiers: self.held });
        text.map(Event::Text).into_iter().chain(press).collect()
    }
}

fn listen(
    mut inputs: MessageReader<KeyboardInput>,
    mut lost: MessageReader<KeyboardFocusLost>,
    panels: Query<Entity, With<PrimaryEguiContext>>,
    mut told: MessageWriter<EguiInputEvent>,
    mut session: ResMut<Session>,
) {
    if inputs.is_empty() && lost.is_empty() {
        return;
    }
    for input in inputs.read() {
        let events = session.keyboard.hear(input);
        for context in &panels {
            told.write_batch(events.iter().cloned().map(|event| EguiInputEvent { context, event }));
        }
    }
    // Whoever has the keys now does not tell when they are let go.
    if lost.read().next().is_some() {
        session.keyboard.held = Modifiers::NONE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ButtonState::{Pressed, Released};

    fn hear(keyboard: &mut Keyboard, key: Key, state: ButtonState) -> Vec<Event> {
        let input =
            KeyboardInput { key_code: KeyCode::KeyZ, logical_key: key, state, text: None, repeat: false, window: Entity::PLACEHOLDER };
        keyboard.hear(&input)
    }

    #[test]
    fn a_press_means_what_was_held_when_it_came() {
        let mut keyboard = Keyboard::default();
        let mut hear = |key: Key, state: ButtonState| _ = hear(&mut keyboard, key, state);
        hear(Key::Control, Pressed);
        hear(Key::Character("z".into()), Pressed);
        hear(Key::Shift, Pressed);
        hear(Key::Character("Z".into()), Pressed);
        hear(Key::Control, Released);
        hear(Key::Character("?".into()), Pressed);
        hear(Key::Shift, Released);
        hear(Key::Space, Pressed);
        hear(Key::Space, Released);
        assert_eq!(
            keyboard.asked.iter().map(|(action, _)| *action).collect::<Vec<_>>(),
            [Action::Undo, Action::Redo, Action::Help, Action::TogglePlay]
        );
    }

    #[test]
    fn a_field_selects_all_by_ctrl_a_though_ctrl_was_let_go_before_the_picture() {
        let mut keyboard = Keyboard::default();
        let strokes = [(Key::Control, Pressed), (Key::Character("a".into()), Pressed), (Key::Control, Released)];
        let told: Vec<Event> = strokes.into_iter().flat_map(|(key, state)| hear(&mut keyboard, key, state)).collect();
        let types = |event: &Event| matches!(event, Event::Text(_));
        assert!(!told.iter().any(types), "{told:?}");
        let selects = |event: &Event| matches!(event, Event::Key { key: bevy_egui::egui::Key::A, modifiers, .. } if modifiers.command);
        assert!(told.iter().any(selects), "{told:?}");
        assert!(hear(&mut keyboard, Key::Character("a".into()), Pressed).iter().any(types));
        // The right Alt of many keyboards.
        hear(&mut keyboard, Key::Control, Pressed);
        hear(&mut keyboard, Key::Alt, Pressed);
        assert!(hear(&mut keyboard, Key::Character("@".into()), Pressed).iter().any(types));
    }
}
