//! Tables of text that fit a terminal of 100 columns, and colours where they help.

use std::fmt::Write;

/// No line is longer, however long an error.
const COLUMNS_MAX: usize = 100;

/// What stands between two columns.
const GAP: &str = "  ";

/// A table: a head, rows, and the columns whose cells are numbers.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    numbers: Vec<&'static str>,
}

impl Table {
    /// An empty table. The last column takes what is left of the line.
    pub fn new(head: &[&'static str]) -> Self {
        Table {
            head: head.to_vec(),
            rows: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Sets these columns to the right.
    pub fn right(mut self, columns: &[&'static str]) -> Self {
        self.numbers = columns.to_vec();
        self
    }

    /// Adds a row: a cell for each column.
    pub fn row<const CELLS: usize>(&mut self, cells: [String; CELLS]) {
        self.rows.push(cells.into());
    }

    /// The lines of the table; `paint` colours a cell by its column, after it was cut to size.
    pub fn render(&self, paint: impl Fn(&str, &str) -> Option<Colour>) -> String {
        let widths = self.widths();
        let head: Vec<String> = self.head.iter().map(|name| (*name).to_owned()).collect();
        let mut text = self.line(&head, &widths, |_, _| None);
        for row in &self.rows {
            text.push_str(&self.line(row, &widths, &paint));
        }
        text
    }

    /// As wide as the widest cell; where that is too wide, the widest columns give way.
    fn widths(&self) -> Vec<usize> {
        let widest = |place: usize, name: &str| {
            let cells = self.rows.iter().map(|row| row[place].chars().count());
            cells.max().unwrap_or(0).max(name.chars().count())
        };
        let mut widths: Vec<usize> = self
            .head
            .iter()
            .enumerate()
            .map(|(place, name)| widest(place, name))
            .collect();
        let gaps = GAP.len() * (widths.len() - 1);
        while widths.iter().sum::<usize>() + gaps > COLUMNS_MAX {
            let Some(widest) = widths.iter_mut().max() else {
                break;
            };
            *widest -= 1;
        }
        widths
    }

    fn line(
        &self,
        cells: &[String],
        widths: &[usize],
        paint: impl Fn(&str, &str) -> Option<Colour>,
    ) -> String {
        let mut text = String::new();
        for ((cell, width), name) in cells.iter().zip(widths).zip(&self.head) {
            let cut = fit(cell, *width);
            let blank = " ".repeat(width - cut.chars().count());
            let cut = match paint(name, cell) {
                Some(colour) => colour.on(&cut),
                None => cut,
            };
            if !text.is_empty() {
                text.push_str(GAP);
            }
            let is_number = self.numbers.contains(name);
            let (left, right) = if is_number {
                (&*blank, "")
            } else {
                ("", &*blank)
            };
            write!(text, "{left}{cut}{right}").expect("a String takes all text");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// One line of at most `width` characters; what is cut off is shown by an ellipsis.
fn fit(text: &str, width: usize) -> String {
    let one_line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if one_line.chars().count() <= width {
        return one_line;
    }
    let kept = one_line.chars().take(width.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// Colours that any terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
    Yellow,
    Cyan,
    Dim,
}

impl Colour {
    /// The text in this colour.
    pub fn on(self, text: &str) -> String {
        let code = match self {
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Cyan => 36,
            Colour::Dim => 2,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The colour of a state or an outcome.
    pub fn of_state(state: &str) -> Option<Colour> {
        match state {
            "running" => Some(Colour::Cyan),
            "completed" => Some(Colour::Green),
            "dead" | "lost" => Some(Colour::Red),
            "failed" | "blocked" | "paused" => Some(Colour::Yellow),
            "cancelled" | "discarded" | "stopped" => Some(Colour::Dim),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_never_leaves_its_columns() {
        let mut table = Table::new(&["ID", "KIND", "ERROR"]).right(&["ID"]);
        table.row(["7".into(), "mail".into(), "no\nroute ".repeat(50)]);
        table.row(["12345".into(), "k".repeat(90), String::new()]);
        let text = table.render(|_, _| None);
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS_MAX, "{line}");
        }
        assert_eq!(text.lines().count(), 3, "a cell is one line");
        assert!(text.contains("    7  mail") && text.contains('…'), "{text}");
    }
}
