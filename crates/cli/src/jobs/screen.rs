//! Where answers go: text for people, JSON for programs, colours for terminals.

use std::io::{IsTerminal, stdout};

use serde::Serialize;

use super::Output;
use super::table::{Colour, Table};

/// How this run answers.
#[derive(Clone, Copy)]
pub struct Screen {
    /// One document instead of text.
    pub json: bool,
    coloured: bool,
}

impl Screen {
    /// As the settings and the terminal want it.
    pub fn new(output: Output) -> Self {
        Screen {
            json: output.json,
            coloured: !output.no_color && stdout().is_terminal(),
        }
    }

    /// Prints a document, all of it at once.
    #[expect(clippy::print_stdout, reason = "the document is the command's output")]
    pub fn document(self, document: &impl Serialize) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(document)?);
        Ok(())
    }

    /// Prints a table, its states in their colours.
    #[expect(clippy::print_stdout, reason = "the table is the command's output")]
    pub fn table(self, table: &Table) {
        print!("{}", table.render(|column, cell| self.colour(column, cell)));
    }

    /// Prints a line.
    #[expect(clippy::print_stdout, reason = "the line is the command's output")]
    pub fn line(self, text: &str) {
        println!("{text}");
    }

    /// A state in its colour.
    pub fn state(self, state: &str) -> String {
        match Colour::of_state(state).filter(|_| self.coloured) {
            Some(colour) => colour.on(state),
            None => state.to_owned(),
        }
    }

    fn colour(self, column: &str, cell: &str) -> Option<Colour> {
        let is_state = matches!(column, "STATE" | "OUTCOME" | "PAUSED" | "NOTE");
        (self.coloured && is_state)
            .then(|| Colour::of_state(cell))
            .flatten()
    }
}

/// How long something took or lasts, in at most six characters.
pub fn short_time(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 1.0 {
        return format!("{:.0}ms", seconds * 1000.0);
    }
    if seconds < 60.0 {
        return format!("{seconds:.1}s");
    }
    for (unit, length) in [("d", 86_400.0), ("h", 3600.0), ("m", 60.0)] {
        if seconds >= 2.0 * length || (unit == "m") {
            return format!("{:.0}{unit}", seconds / length);
        }
    }
    String::new()
}

/// A rate with as many digits as mean something.
pub fn rate(per_minute: f64) -> String {
    match per_minute {
        0.0 => "0".to_owned(),
        1.0.. => format!("{per_minute:.0}"),
        _ => format!("{per_minute:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::short_time;

    #[test]
    fn times_are_short_at_every_size() {
        let told = [0.0042, 1.5, 59.9, 61.0, 7300.0, 400_000.0].map(short_time);
        assert_eq!(told, ["4ms", "1.5s", "59.9s", "1m", "2h", "5d"]);
    }
}
