//! One line of the study: `key=value` words over Rapier's defaults with Coulomb friction. Knows nothing about piles.

use rapier3d::dynamics::{FrictionModel, IntegrationParameters};

pub struct Setting {
    /// As given, for the table.
    pub text: String,
    pub hz: f64,
    /// Of cubes and bin alike [-].
    pub friction: f32,
    /// Of cubes and bin alike [-].
    pub restitution: f32,
    pub sleep: bool,
    /// Of the start rotations.
    pub seed: u64,
    parameters: IntegrationParameters,
}

impl Setting {
    pub fn parse(text: &str) -> Result<Setting, String> {
        let parameters = IntegrationParameters { friction_model: FrictionModel::Coulomb, ..IntegrationParameters::default() };
        let mut setting =
            Setting { text: text.to_owned(), hz: 120.0, friction: 0.5, restitution: 0.0, sleep: false, seed: 12345, parameters };
        for word in text.split_whitespace() {
            let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"))?;
            setting.set(key, value).ok_or_else(|| format!("`{word}`: no such key, or not a value of it"))?;
        }
        Ok(setting)
    }

    pub fn integration_parameters(&self) -> IntegrationParameters {
        IntegrationParameters { dt: (1.0 / self.hz) as f32, ..self.parameters }
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let number = || value.parse::<f32>().ok();
        let count = || value.parse::<usize>().ok();
        let parameters = &mut self.parameters;
        match key {
            "hz" => self.hz = value.parse().ok()?,
            "mu" => self.friction = number()?,
            "restitution" => self.restitution = number()?,
            "seed" => self.seed = value.parse().ok()?,
            "sleep" => self.sleep = on_off(value)?,
            "model" => {
                parameters.friction_model = match value {
                    "simplified" => FrictionModel::Simplified,
                    "coulomb" => FrictionModel::Coulomb,
                    _ => return None,
                }
            }
            // `off`, or the drift [m] up to which a contact pair keeps its old points.
            "recycle" => match value {
                "off" => parameters.contact_recycling = false,
                _ => parameters.normalized_contact_recycle_distance = number()?,
            },
            "iterations" => parameters.num_solver_iterations = count()?,
            "pgs" => parameters.num_internal_pgs_iterations = count()?,
            "stabilization" => parameters.num_internal_stabilization_iterations = count()?,
            "bias_friction" => parameters.friction_in_bias_pass = on_off(value)?,
            // Of two cubes on each other [Hz]; twice this against the bin, as in Rapier's defaults.
            "frequency" => {
                parameters.contact_softness.natural_frequency = number()?;
                parameters.static_contact_softness.natural_frequency = 2.0 * number()?;
            }
            "damping" => {
                parameters.contact_softness.damping_ratio = number()?;
                parameters.static_contact_softness.damping_ratio = number()?;
            }
            "corrective" => parameters.normalized_max_corrective_velocity = number()?,
            "slop" => parameters.normalized_allowed_linear_error = number()?,
            "prediction" => parameters.normalized_prediction_distance = number()?,
            "cluster" => parameters.contact_clustering = on_off(value)?,
            "warmstart" => parameters.warmstart_coefficient = number()?,
            _ => return None,
        }
        Some(())
    }
}

fn on_off(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}
