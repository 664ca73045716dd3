//! Rust source without its comments and the contents of its literals, so that a rule about calls does not stumble over
//! a sentence. Line numbers stay.

/// `text` with comments, strings and characters blanked out.
pub fn code_only(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let end = end_of_blank(&characters, at);
        if end > at {
            code.extend(characters[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            code.push(characters[at]);
            at += 1;
        }
    }
    code
}

/// Where the comment or literal that starts at `at` ends; `at` itself where none starts there.
fn end_of_blank(characters: &[char], at: usize) -> usize {
    let rest = &characters[at..];
    match rest {
        ['/', '/', ..] => at + rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => end_of_block_comment(characters, at),
        ['"', ..] => end_of_quoted(characters, at),
        ['r', '"' | '#', ..] if at == 0 || !is_word(characters[at - 1]) || characters[at - 1] == 'b' => end_of_raw_string(characters, at),
        ['\'', '\\', ..] => at + 2 + rest[2..].iter().position(|&c| c == '\'').map_or(rest.len() - 2, |n| if n == 0 { 2 } else { n + 1 }),
        // A quote two places further closes a character; otherwise it is a lifetime.
        ['\'', _, '\'', ..] => at + 3,
        _ => at,
    }
}

fn end_of_block_comment(characters: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0usize);
    while at < characters.len() {
        match &characters[at..] {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_quoted(characters: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < characters.len() && characters[at] != '"' {
        at += if characters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(characters.len())
}

/// `start` itself where it is no raw string but an identifier such as `r#type`.
fn end_of_raw_string(characters: &[char], start: usize) -> usize {
    let hashes = characters[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if characters.get(open) != Some(&'"') {
        return start;
    }
    let closes = |at: usize| characters[at] == '"' && characters[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (open + 1..characters.len()).find(|&at| closes(at)).map_or(characters.len(), |at| at + 1 + hashes)
}

/// Whether `word` stands in `code` on its own, not as part of a longer name.
pub fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let starts_word = word.starts_with(is_word);
        let ends_word = word.ends_with(is_word);
        !(starts_word && before.is_some_and(is_word) || ends_word && after.is_some_and(is_word))
    })
}

/// What ships: everything before the unit tests at the end of a file.
pub fn before_tests(code: &str) -> &str {
    code.split("#[cfg(test)]").next().expect("a split has a first part")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn comments_and_literals_are_blanked_and_code_stays() {
    let source =
        "let a = \"x.sin()\"; // .cos()\n/* .exp( /* nested */ */ b.ln(); let c = '\"'; let d: &'a str = r#\"\".tan(\"#; e.abs(); '\\'' f";
    let code = code_only(source);
    assert_eq!(code.lines().count(), source.lines().count());
    assert!(names(&code, ".ln(") && names(&code, ".abs("), "{code}");
    for gone in [".sin(", ".cos(", ".exp(", ".tan(", "nested"] {
        assert!(!names(&code, gone), "{gone} in {code}");
    }
    assert!(code.ends_with(" f"));
    assert!(!names("let my_HashMap = HashMaps;", "HashMap") && names("a::HashMap<u8>", "HashMap"));
}
