//! `constants: {"pitch_m": 1.5}` and `Value("2 * pitch_m")`: every such value is computed in its place. A name alone stands
//! for the constant whatever it is: `Value("host")` may be text or a distribution. What a template binds stands beside the
//! text, `Value("2 * x_m", x_m: 3)`, and goes before the scene's constants.

use super::expression::{Number, Problem, evaluate, is_name, single_name};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::syntax::lexer::Notation;
use crate::syntax::tree::{Argument, Entry, Node, NodeKind};
use crate::words::{listed, nearest};

/// The word before the brackets.
pub const VALUE: &str = "Value";

/// A constant on its way to its value.
enum Constant {
    Open(Node),
    /// It is being computed: who asks for it again goes in a circle.
    Asked,
    /// `None` where an error says why not.
    Known(Option<Node>),
}

struct Constants<'a> {
    names: Vec<(String, Span)>,
    values: Vec<Constant>,
    sources: &'a Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// Computes every `Value(...)` in the scene `root`.
pub fn compute(root: &mut Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut constants = Constants { names: Vec::new(), values: Vec::new(), sources, diagnostics };
    if let Some(node) = super::field_mut(root, "constants")
        && let NodeKind::Map(entries) = &mut node.kind
    {
        for Entry { key, value } in entries.iter() {
            let NodeKind::Text(name) = &key.kind else { continue };
            if constants.names.iter().any(|(known, _)| known == name) {
                continue;
            }
            if !is_name(name) {
                let error = Diagnostic::error("bad-name", key.span, format!("`{name}` cannot be a constant"));
                constants.diagnostics.push(error.allowed("letters, digits and `_`, so that it can stand in an expression"));
            }
            constants.names.push((name.clone(), key.span));
            constants.values.push(Constant::Open(value.clone()));
        }
        // Computed in place, so that each constant is an input with its value.
        for entry in entries.iter_mut() {
            if let Some(index) = entry.text().and_then(|name| constants.index(name)) {
                entry.value = constants.known(index).unwrap_or(Node { kind: NodeKind::Missing, ..entry.value.clone() });
            }
        }
        // What is no plain value (a distribution) has its meaning where it is used.
        entries.retain(|entry| !matches!(entry.value.kind, NodeKind::Group { .. } | NodeKind::Map(_)));
    }
    let others = |name: Option<&str>| name != Some("constants");
    match &mut root.kind {
        NodeKind::Group { arguments, .. } => {
            let others = arguments.iter_mut().filter(|argument| others(argument.label.as_ref().map(|label| label.text.as_str())));
            others.for_each(|argument| constants.compute_in(&mut argument.value));
        }
        NodeKind::Map(entries) => {
            entries.iter_mut().filter(|entry| others(entry.text())).for_each(|entry| constants.compute_in(&mut entry.value));
        }
        _ => {}
    }
}

impl Constants<'_> {
    fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|(known, _)| known == name)
    }

    fn known(&mut self, index: usize) -> Option<Node> {
        match std::mem::replace(&mut self.values[index], Constant::Asked) {
            Constant::Open(mut node) => {
                self.compute_in(&mut node);
                let value = (node.kind != NodeKind::Missing).then_some(node);
                self.values[index] = Constant::Known(value.clone());
                value
            }
            Constant::Known(value) => {
                self.values[index] = Constant::Known(value.clone());
                value
            }
            Constant::Asked => {
                let (name, span) = self.names[index].clone();
                self.diagnostics.push(
                    Diagnostic::error("endless-constant", span, format!("`{name}` follows from itself")).help("give one of them a number"),
                );
                None
            }
        }
    }

    fn compute_in(&mut self, node: &mut Node) {
        if let Some(value) = self.value_of(node) {
            *node = value;
            return;
        }
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.compute_in(item)),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|entry| self.compute_in(&mut entry.value)),
            NodeKind::Group { arguments, .. } => arguments.iter_mut().for_each(|argument| self.compute_in(&mut argument.value)),
            _ => {}
        }
    }

    /// What stands for `Value(...)`; `None` for everything else.
    fn value_of<'n>(&mut self, node: &'n Node) -> Option<Node> {
        let here = |kind| Some(Node { span: node.span, notation: node.notation, kind });
        let (text, bound): (&Node, Vec<(&str, &Node)>) = match &node.kind {
            NodeKind::Group { name: Some(name), arguments } if name.text == VALUE => match arguments.as_slice() {
                [first, bound @ ..] if first.label.is_none() && matches!(first.value.kind, NodeKind::Text(_)) => {
                    let named = |argument: &'n Argument| Some((argument.label.as_ref()?.text.as_str(), &argument.value));
                    (&first.value, bound.iter().filter_map(named).collect())
                }
                _ => {
                    let error = Diagnostic::error("bad-expression", node.span, "`Value` takes one text in quotes");
                    self.diagnostics.push(error.help("write Value(\"2 * pitch_m\")"));
                    return here(NodeKind::Missing);
                }
            },
            NodeKind::Map(entries) if node.notation == Notation::Json => match entries.as_slice() {
                [first, bound @ ..] if first.text() == Some(VALUE) && matches!(first.value.kind, NodeKind::Text(_)) => {
                    (&first.value, bound.iter().filter_map(|entry| Some((entry.text()?, &entry.value))).collect())
                }
                _ => return None,
            },
            _ => return None,
        };
        let NodeKind::Text(expression) = &text.kind else { return None };
        if let Some(value) = single_name(expression).and_then(|name| self.named(name, &bound)) {
            return here(value.map_or(NodeKind::Missing, |value| value.kind));
        }
        let mut follows = false;
        let computed = evaluate(expression, &mut |name| {
            let Some(value) = self.named(name, &bound) else { return Err(self.unknown(name, &bound)) };
            match value.map(|value| value.kind) {
                Some(NodeKind::Integer(value)) => Ok(i64::try_from(value).map_or(Number::Real(value as f64), Number::Whole)),
                Some(NodeKind::Float(value)) => Ok(Number::Real(value)),
                Some(_) => Err(format!("`{name}` is no number")),
                None => {
                    follows = true;
                    Err(String::new())
                }
            }
        });
        match computed {
            Ok(Number::Whole(value)) => here(NodeKind::Integer(i128::from(value))),
            Ok(Number::Real(value)) => here(NodeKind::Float(value)),
            Err(problem) => {
                if !follows {
                    let error = self.placed(text, expression, problem);
                    self.diagnostics.push(error);
                }
                here(NodeKind::Missing)
            }
        }
    }

    /// What a name stands for: of those that are `bound` at the place, else of the scene's constants. `Some(None)`: it has no
    /// value, and an error says why.
    fn named(&mut self, name: &str, bound: &[(&str, &Node)]) -> Option<Option<Node>> {
        if let Some((_, value)) = bound.iter().find(|(known, _)| *known == name) {
            let mut value = (*value).clone();
            self.compute_in(&mut value);
            return Some((value.kind != NodeKind::Missing).then_some(value));
        }
        self.index(name).map(|index| self.known(index))
    }

    fn unknown(&self, name: &str, bound: &[(&str, &Node)]) -> String {
        let names = || bound.iter().map(|(name, _)| *name).chain(self.names.iter().map(|(name, _)| name.as_str()));
        match nearest(name, names()) {
            Some(near) => format!("no constant is called `{name}`: did you mean `{near}`?"),
            None if names().next().is_none() => format!("no constant is called `{name}`: the scene has no `constants`"),
            None => format!("no constant is called `{name}`, only {}", listed(names())),
        }
    }

    /// In the text, where it is written plainly.
    fn placed(&self, text: &Node, expression: &str, problem: Problem) -> Diagnostic {
        let source = &self.sources.file(text.span.file).text;
        let plain = source.get(text.span.start as usize..text.span.end as usize) == Some(&format!("\"{expression}\""));
        let place = |offset: usize| text.span.start + 1 + offset as u32;
        let span = if plain { Span { start: place(problem.start), end: place(problem.end), ..text.span } } else { text.span };
        let error = Diagnostic::error("bad-expression", span, problem.message);
        match problem.help {
            Some(help) => error.allowed(help),
            None => error,
        }
    }
}
