//! `linetwin tree FILE`: the elements of a scene, or the edges along which parts flow.

use super::scene_file::read_valid_scene;
use crate::arguments::TreeArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};

pub fn print_tree(arguments: &TreeArguments, console: Console) -> Result<Exit, Failure> {
    let scene = read_valid_scene(&arguments.file, &arguments.overrides.set, console)?;
    let text = if arguments.edges { linetwin_model::graph::edges(&scene) } else { linetwin_model::graph::tree(&scene) };
    console.result(&format!("{}\n", text.trim_end()))?;
    Ok(Exit::Ok)
}
