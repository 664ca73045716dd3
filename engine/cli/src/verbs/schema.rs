//! `linetwin schema`: the JSON Schema of a scene, or of kpi.json; the reference page of one element.

use crate::arguments::SchemaArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::reference::{element_page, elements};
use linetwin_model::words::{listed, nearest};

pub fn print_schema(arguments: &SchemaArguments, console: Console) -> Result<Exit, Failure> {
    if let Some(element) = &arguments.element {
        let Some(page) = element_page(element, None) else {
            let names = || elements().map(|(name, _)| name);
            let near = nearest(element, names()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            return Err(Failure::usage(format!("no element is called `{element}`.{near} There are {}.", listed(names()))));
        };
        console.result(&page)?;
        return Ok(Exit::Ok);
    }
    let schema = if arguments.kpi { linetwin_model::report::kpi_schema().to_value() } else { linetwin_model::schema::json_schema() };
    let json = serde_json::to_string_pretty(&schema).expect("a schema is serialisable");
    console.result(&format!("{json}\n"))?;
    Ok(Exit::Ok)
}
