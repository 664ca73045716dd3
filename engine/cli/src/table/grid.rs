//! Rows of cells, padded to columns. Knows nothing about what the cells mean.

use crate::console::Style;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table that is padded when it is printed.
pub struct Grid {
    headings: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub fn new(headings: Vec<(String, Align)>) -> Self {
        Grid { headings, rows: Vec::new() }
    }

    pub fn push(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.headings.len(), "a row has a cell for each heading");
        self.rows.push(row);
    }

    /// Headings bold, two blanks between columns, no blanks at the ends of lines.
    pub fn text(&self, style: Style) -> String {
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| self.rows.iter().map(|row| width(&row[column])).chain([width(&self.headings[column].0)]).max().unwrap_or(0))
            .collect();
        let heading: Vec<&str> = self.headings.iter().map(|(name, _)| name.as_str()).collect();
        let mut text = style.bold(&self.line(&heading, &widths));
        text.push('\n');
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            text.push_str(&self.line(&cells, &widths));
            text.push('\n');
        }
        text
    }

    fn line(&self, cells: &[&str], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, (_, align)), &column_width) in cells.iter().zip(&self.headings).zip(widths) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let blanks = " ".repeat(column_width - width(cell));
            match align {
                Align::Left => line.extend([cell, blanks.as_str()]),
                Align::Right => line.extend([blanks.as_str(), cell]),
            }
        }
        line.trim_end().to_string()
    }
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_names_left() {
        let mut grid = Grid::new(vec![("element".into(), Align::Left), ("in".into(), Align::Right)]);
        grid.push(vec!["belt 1".into(), "7".into()]);
        grid.push(vec!["förderer".into(), "1234".into()]);
        assert_eq!(grid.text(Style { enabled: false }), "element     in\nbelt 1       7\nförderer  1234\n");
    }
}
