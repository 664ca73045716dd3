//! `linetwin schema`: the JSON Schema of a scene, or of kpi.json.

use crate::arguments::SchemaArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};

pub fn print_schema(arguments: &SchemaArguments, console: Console) -> Result<Exit, Failure> {
    let schema = if arguments.kpi { linetwin_model::report::kpi_schema().to_value() } else { linetwin_model::schema::json_schema() };
    let json = serde_json::to_string_pretty(&schema).expect("a schema is serialisable");
    console.result(&format!("{json}\n"))?;
    Ok(Exit::Ok)
}
