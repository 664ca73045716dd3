//! "Did you mean": the nearest known word. Knows nothing about what the words name.

/// The candidate nearest to `word` by edits (insert, delete, replace, swap neighbours; case counts half), where it is
/// near enough to be meant: at most a third of the word. Of equally near ones, the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (2 * word.chars().count()).div_ceil(3).max(2);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = half_edits(word, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Twice the restricted Damerau-Levenshtein distance, where another case of the same letter costs one.
fn half_edits(a: &str, b: &str) -> usize {
    /// Names beyond this are compared by their beginning: the table grows with the square.
    const LONGEST: usize = 64;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).map(|column| 2 * column).collect()];
    for (i, &left) in a.iter().enumerate() {
        let mut row = vec![2 * (i + 1)];
        for (j, &right) in b.iter().enumerate() {
            let replace = match () {
                () if left == right => 0,
                () if left.eq_ignore_ascii_case(&right) => 1,
                () => 2,
            };
            let mut least = (rows[i][j] + replace).min(rows[i][j + 1] + 2).min(row[j] + 2);
            if i > 0 && j > 0 && left == b[j - 1] && a[i - 1] == right {
                least = least.min(rows[i - 1][j - 1] + 2);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// "a", "a or b", "a, b or c".
pub fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// `` `a`, `b`, `c` `` of at most thirty names; then the number of the rest.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 30;
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let rest = names.len().saturating_sub(MOST);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let fields = ["speed_mps", "width_m", "length_m", "from_m"];
        assert_eq!(nearest("sped_mps", fields), Some("speed_mps"));
        assert_eq!(nearest("lenght_m", fields), Some("length_m"));
        assert_eq!(nearest("colour", fields), None);
        assert_eq!(nearest("belt 11", ["belt 1", "Belt 11"]), Some("Belt 11"));
        assert_eq!(nearest("x", ["y"]), Some("y"));
        assert_eq!(nearest("", ["long"]), None);
    }

    #[test]
    fn distance_is_a_metric_on_samples() {
        let words = ["", "a", "ab", "ba", "Ab", "abc", "speed", "Speed_mps"];
        for a in words {
            assert_eq!(half_edits(a, a), 0);
            for b in words {
                assert_eq!(half_edits(a, b), half_edits(b, a), "{a} {b}");
                assert!(a == b || half_edits(a, b) > 0);
            }
        }
    }
}
