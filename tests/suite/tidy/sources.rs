//! What a single source file must and must not hold.

use super::code::{before_tests, code_only, names};
use super::{TextFile, assert_none, rust_files, text_files};

const LONGEST_FILE_LINES: usize = 600;

/// Lines of `files` whose code names one of `words`, as `path:line: word`.
fn findings(files: &[TextFile], words: &[&str], code_of: impl Fn(&str) -> String) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (index, line) in code_of(&file.text).lines().enumerate() {
            found.extend(words.iter().filter(|word| names(line, word)).map(|word| format!("{}:{}: {word}", file.path, index + 1)));
        }
    }
    found
}

fn under(folders: &[&str]) -> Vec<TextFile> {
    let files: Vec<TextFile> = rust_files().into_iter().filter(|file| folders.iter().any(|folder| file.path.starts_with(folder))).collect();
    assert!(!files.is_empty(), "no files under {folders:?}: the rule watches nothing");
    files
}

#[test]
fn every_file_says_what_it_owns() {
    let silent = rust_files().into_iter().filter(|file| !file.text.starts_with("//! ")).map(|file| file.path).collect();
    assert_none(silent, "open the file with `//!`: what it owns, and what it must not know");
}

#[test]
fn no_file_holds_two_ideas() {
    let long = rust_files().into_iter().map(|file| (file.text.lines().count(), file.path)).filter(|(lines, _)| *lines > LONGEST_FILE_LINES);
    assert_none(long.map(|(lines, path)| format!("{path}: {lines} lines")).collect(), "past 600 lines a file holds two ideas: split it");
}

#[test]
fn nothing_is_left_for_later() {
    let found = findings(&rust_files(), &["todo!", "unimplemented!", "dbg!"], code_only);
    assert_none(found, "finish it, or leave the feature out with its argument");
}

#[test]
fn engine_code_does_not_unwrap() {
    let engine: Vec<TextFile> = under(&["engine/"])
        .into_iter()
        .filter(|file| file.path.contains("/src/") && !file.path.ends_with("tests.rs") && !file.path.contains("/tests/"))
        .collect();
    let found = findings(&engine, &[".unwrap()"], |text| before_tests(&code_only(text)).to_string());
    assert_none(found, "our bug: `expect` with the reason why it cannot happen; the user's: a typed error");
}

#[test]
fn every_allowed_lint_gives_its_reason() {
    let mut found = Vec::new();
    for file in rust_files() {
        // Literals are blanked in `code_only`, so the word `reason` is what remains of the sentence.
        let code = code_only(&file.text);
        for (at, _) in code.match_indices("allow(").filter(|(at, _)| code[..*at].ends_with("#[") || code[..*at].ends_with("#![")) {
            let attribute = code[at..].split(']').next().unwrap_or_default();
            if !names(attribute, "reason") {
                found.push(format!("{}:{}", file.path, code[..at].matches('\n').count() + 1));
            }
        }
    }
    assert_none(found, "write `#[allow(lint, reason = \"why\")]`, or mend what the lint saw");
}

/// Their last digits differ between platforms and versions of the standard library; `sqrt`, `abs`, `floor`, `ceil`,
/// `round` and `mul_add` are exact everywhere.
const INEXACT: [&str; 25] = [
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sin_cos", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "exp2",
    "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "hypot",
];

#[test]
fn results_use_no_platform_mathematics() {
    let mut words: Vec<String> = INEXACT.iter().map(|name| format!(".{name}(")).collect();
    words.extend(INEXACT.iter().flat_map(|name| [format!("f64::{name}"), format!("f32::{name}")]));
    words.push(".cbrt(".into());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // A unit test may compare with the standard library: it makes no result.
    let found = findings(&under(&["engine/model/src/", "engine/sim/src/"]), &words, |text| before_tests(&code_only(text)).to_string());
    assert_none(found, "use `libm` (for whole powers: multiply): results must be the same bytes on every machine");
}

#[test]
fn results_come_in_no_random_order() {
    let found =
        findings(&under(&["engine/model/src/", "engine/sim/src/"]), &["HashMap", "HashSet", "RandomState", "DefaultHasher"], code_only);
    assert_none(found, "use a dense table by id, a BTreeMap or an IndexMap: the order of a hash map differs from run to run");
}

#[test]
fn the_engine_is_alone_with_its_inputs() {
    let words = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::io::stdout",
        "Instant",
        "SystemTime",
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
    ];
    let found = findings(&under(&["engine/sim/src/"]), &words, code_only);
    assert_none(
        found,
        "`sim` opens no file, reads no wall clock, prints nothing: take a value, give one back, let `run` or `cli` do the rest",
    );
    // Its tests read the scenes of the repository.
    let model: Vec<_> = under(&["engine/model/src/"]).into_iter().filter(|file| !file.path.ends_with("_tests.rs")).collect();
    let found = findings(&model, &["std::fs", "std::env", "Instant", "SystemTime", "println!", "eprintln!"], code_only);
    assert_none(found, "`model` opens nothing of its own accord: the caller lends the function that does");
}

/// Joined here, so that this file does not find itself.
fn machine_paths() -> Vec<String> {
    ["root", "home", "Users", "work", "builds"].iter().map(|folder| format!("/{folder}/")).collect()
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let mut found = Vec::new();
    for file in text_files() {
        for (index, line) in file.text.lines().enumerate() {
            for path in machine_paths() {
                // Only at the start of a path: a folder of that name inside the repository or a web address is another matter.
                let absolute =
                    line.match_indices(&path).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~/".contains(c)));
                if absolute {
                    found.push(format!("{}:{}: {path}", file.path, index + 1));
                }
            }
        }
    }
    assert_none(found, "write the path relative to the repository, or take it from the environment");
}

/// Whose addresses a document may give.
const KNOWN_HOSTS: [&str; 14] = [
    "github.com",
    "doi.org",
    "no-color.org",
    "rustup.rs",
    "keepachangelog.com",
    "semver.org",
    "www.apache.org",
    "json-schema.org",
    "www.w3.org",
    "docs.rs",
    "arxiv.org",
    "www.iso.org",
    "creativecommons.org",
    "example.com",
];

#[test]
fn addresses_lead_to_public_documents() {
    let mut found = Vec::new();
    for file in text_files() {
        for (index, line) in file.text.lines().enumerate() {
            for (at, scheme) in line.match_indices("https://").chain(line.match_indices("http://")) {
                let host: String = line[at + scheme.len()..].chars().take_while(|c| c.is_alphanumeric() || ".-".contains(*c)).collect();
                if !host.is_empty() && !KNOWN_HOSTS.contains(&host.as_str()) {
                    found.push(format!("{}:{}: {host}", file.path, index + 1));
                }
            }
        }
    }
    assert_none(found, "name the document, not a mirror of it; a new public host goes into KNOWN_HOSTS");
}
