//! Diagnostics as people and editors read them: with an excerpt of the text, as one line each, as JSON. Knows how to
//! print, not what is wrong.

use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use serde_json::{Value, json};
use std::fmt;

/// Characters in a line of the terminal, where advice is wrapped.
const WIDTH: usize = 120;

impl Diagnostic {
    /// With file, line, column, the lines it is about, what is allowed and what to do; ends with a line break.
    pub fn render(&self, sources: &Sources, colour: bool) -> String {
        let theme = if colour { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
        let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_context_lines(1).with_links(false);
        let elsewhere = self.related.iter().filter(|(span, _)| span.file != self.span.file);
        let related = elsewhere.map(|(span, label)| Shown::related(*span, label, sources)).collect();
        let shown = Shown::new(self, sources, related);
        let mut text = String::new();
        match handler.render_report(&mut text, &shown) {
            Ok(()) => text,
            Err(fmt::Error) => self.render_line(sources) + "\n",
        }
    }

    /// In one line, without a line break: `scene.ron:13:40: error: ... [unknown-field]`.
    pub fn render_line(&self, sources: &Sources) -> String {
        let mut line = format!("{}: {}: {}", place(self.span, sources), word(self.severity), self.message);
        for advice in self.allowed.iter().map(|allowed| format!("allowed: {allowed}")).chain(self.help.clone()) {
            line += &format!("; {advice}");
        }
        for (span, label) in &self.related {
            line += &format!("; {label} at {}", place(*span, sources));
        }
        line + &format!(" [{}]", self.code)
    }

    /// For editors: lines and columns count from 1, columns in characters, ends are exclusive.
    pub fn to_json(&self, sources: &Sources) -> Value {
        let mut object = json!({ "severity": word(self.severity), "code": self.code, "message": self.message });
        add_place(&mut object, self.span, sources);
        object["allowed"] = json!(self.allowed);
        object["help"] = json!(self.help);
        let related = self.related.iter().map(|(span, label)| {
            let mut place = json!({ "message": label });
            add_place(&mut place, *span, sources);
            place
        });
        object["related"] = related.collect();
        object
    }
}

fn add_place(object: &mut Value, span: Span, sources: &Sources) {
    let (line, column) = sources.line_column(span.file, span.start);
    let (end_line, end_column) = sources.line_column(span.file, span.end);
    object["file"] = json!(sources.file(span.file).name);
    object["line"] = json!(line);
    object["column"] = json!(column);
    object["end_line"] = json!(end_line);
    object["end_column"] = json!(end_column);
}

fn place(span: Span, sources: &Sources) -> String {
    let (line, column) = sources.line_column(span.file, span.start);
    format!("{}:{line}:{column}", sources.file(span.file).name)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A diagnostic in miette's eyes.
#[derive(Debug)]
struct Shown {
    severity: miette::Severity,
    code: Option<String>,
    message: String,
    help: Option<String>,
    labels: Vec<miette::LabeledSpan>,
    source: miette::NamedSource<String>,
    related: Vec<Shown>,
}

impl Shown {
    fn new(diagnostic: &Diagnostic, sources: &Sources, related: Vec<Shown>) -> Self {
        let here = diagnostic.related.iter().filter(|(span, _)| span.file == diagnostic.span.file);
        let mut labels = vec![miette::LabeledSpan::new_primary_with_span(None, range(diagnostic.span, sources))];
        labels.extend(here.map(|(span, label)| miette::LabeledSpan::new_with_span(Some(label.clone()), range(*span, sources))));
        let allowed = diagnostic.allowed.as_ref().map(|allowed| format!("allowed: {allowed}"));
        let advice: Vec<String> = diagnostic.help.iter().cloned().chain(allowed).collect();
        Shown {
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            code: Some(format!("{}: {}", word(diagnostic.severity), diagnostic.code)),
            message: diagnostic.message.clone(),
            help: (!advice.is_empty()).then(|| advice.join("\n")),
            labels,
            source: source(diagnostic.span, sources),
            related,
        }
    }

    fn related(span: Span, label: &str, sources: &Sources) -> Self {
        Shown {
            severity: miette::Severity::Advice,
            code: None,
            message: label.to_owned(),
            help: None,
            labels: vec![miette::LabeledSpan::new_primary_with_span(None, range(span, sources))],
            source: source(span, sources),
            related: Vec::new(),
        }
    }
}

fn source(span: Span, sources: &Sources) -> miette::NamedSource<String> {
    let file = sources.file(span.file);
    // miette shows nothing of an empty text, not even its name.
    let text = if file.text.is_empty() { " ".to_owned() } else { file.text.clone() };
    miette::NamedSource::new(&file.name, text)
}

/// A place at the end of the text points at its last character, and an empty one at what follows it: an excerpt needs
/// something to underline. A place of many lines is shown by its first.
fn range(span: Span, sources: &Sources) -> std::ops::Range<usize> {
    let text = &sources.file(span.file).text;
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    if let Some(line_end) = text[start..end].find('\n').filter(|&length| length > 0) {
        end = start + text[start..start + line_end].trim_end().len().max(1);
    }
    if start == end {
        let shown = text.trim_end();
        if start >= shown.len() {
            start = shown.char_indices().next_back().map_or(0, |(at, _)| at);
        }
        end = start + text[start..].chars().next().map_or(1, char::len_utf8);
    }
    start..end
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|related| related as &dyn miette::Diagnostic)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;

    fn sample() -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::default();
        let scene = sources.add("scene.ron", "Scene(\n    sped_mps: 1,\n)\n");
        let goods = sources.add("goods.csv", "article,é\n1,x\n");
        let span = |file: FileId, start, end| Span { file, start, end };
        let diagnostics = vec![
            Diagnostic::error("unknown-field", span(scene, 11, 19), "the scene has no field `sped_mps`")
                .allowed("`speed_mps`")
                .help("did you mean `speed_mps`?")
                .related(span(goods, 11, 12), "it is used here"),
            Diagnostic::warning("at-the-end", span(scene, 26, 26), "the text ends here"),
        ];
        (sources, diagnostics)
    }

    #[test]
    fn one_line_each() {
        let (sources, diagnostics) = sample();
        let lines: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render_line(&sources)).collect();
        assert_eq!(
            lines,
            [
                "scene.ron:2:5: error: the scene has no field `sped_mps`; allowed: `speed_mps`; did you mean `speed_mps`?; \
                 it is used here at goods.csv:2:1 [unknown-field]",
                "scene.ron:4:1: warning: the text ends here [at-the-end]",
            ]
        );
    }

    #[test]
    fn the_excerpt_shows_place_text_and_advice_of_both_files() {
        let (sources, diagnostics) = sample();
        let text = diagnostics[0].render(&sources, false);
        for part in
            ["scene.ron:2:5", "sped_mps: 1", "did you mean `speed_mps`?", "allowed: `speed_mps`", "goods.csv:2:1", "it is used here"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        assert!(diagnostics[0].render(&sources, true).contains('\u{1b}'));
    }

    #[test]
    fn editors_get_places_with_ends() {
        let (sources, diagnostics) = sample();
        let json = diagnostics[0].to_json(&sources);
        assert_eq!(json["end_column"], 13);
        assert_eq!(json["related"][0]["file"], "goods.csv");
        assert_eq!(diagnostics[1].to_json(&sources)["severity"], "warning");
    }
}
