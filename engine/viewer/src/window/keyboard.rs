//! Key presses in the order in which they came, each with what was held then: a picture may take longer than a press. Knows no action.

use super::keys::{Action, action_of};
use super::session::Session;
use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyboardFocusLost, KeyboardInput};
use bevy::prelude::*;
use bevy_egui::egui::Modifiers;
use bevy_egui::helpers::bevy_to_egui_key;

/// What is held, and what was asked for since it was taken last; by a key that is held on, where that is told.
#[derive(Default)]
pub struct Keyboard {
    held: Modifiers,
    pub asked: Vec<(Action, bool)>,
}

impl Keyboard {
    fn hear(&mut self, input: &KeyboardInput) {
        let is_pressed = input.state == ButtonState::Pressed;
        match &input.logical_key {
            Key::Control if cfg!(not(target_os = "macos")) => (self.held.ctrl, self.held.command) = (is_pressed, is_pressed),
            Key::Super if cfg!(target_os = "macos") => self.held.command = is_pressed,
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
    }
}

pub fn listen(mut inputs: MessageReader<KeyboardInput>, mut lost: MessageReader<KeyboardFocusLost>, mut session: ResMut<Session>) {
    if inputs.is_empty() && lost.is_empty() {
        return;
    }
    inputs.read().for_each(|input| session.keyboard.hear(input));
    // Whoever has the keys now does not tell when they are let go.
    if lost.read().next().is_some() {
        session.keyboard.held = Modifiers::NONE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_means_what_was_held_when_it_came() {
        let mut keyboard = Keyboard::default();
        let mut hear = |key: Key, state: ButtonState| {
            let input =
                KeyboardInput { key_code: KeyCode::KeyZ, logical_key: key, state, text: None, repeat: false, window: Entity::PLACEHOLDER };
            keyboard.hear(&input);
        };
        use ButtonState::{Pressed, Released};
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
}
