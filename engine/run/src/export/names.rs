//! Names of a scene as identifiers of a file format: letters, digits and underscores, each once.

use std::collections::BTreeSet;

#[derive(Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// `belt 1` becomes `belt_1`, and the next that would be that `belt_1_2`.
    pub fn unique(&mut self, name: &str) -> String {
        let mut plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            plain.insert(0, '_');
        }
        let mut found = plain.clone();
        let mut number = 2;
        while !self.taken.insert(found.clone()) {
            found = format!("{plain}_{number}");
            number += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_of_which_no_two_are_alike() {
        let mut names = Names::default();
        let found = ["belt 1", "belt.1", "1st", "Größe", "", "belt 1"].map(|name| names.unique(name));
        assert_eq!(found, ["belt_1", "belt_1_2", "_1st", "Gr__e", "_", "belt_1_3"]);
    }
}
