//! What people see while it runs: one bar, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(200);

/// The bar. Without a terminal nothing is drawn but each step is still told.
pub struct Screen {
    bar: ProgressBar,
}

impl Screen {
    /// A bar that grows as steps are planned.
    pub fn new() -> Screen {
        let style =
            ProgressStyle::with_template("{bar:30.cyan/blue} {pos:>3}/{len} {elapsed} {msg}")
                .expect("the template is valid");
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(TICK);
        Screen { bar }
    }

    /// So many more steps are to come.
    pub fn plan(&self, steps: u32) {
        self.bar.inc_length(u64::from(steps));
    }

    /// A step begins.
    pub fn step(&self, what: &str) {
        self.bar.inc(1);
        if self.bar.is_hidden() {
            eprintln!("{what}");
        } else {
            self.bar.set_message(what.to_owned());
        }
    }

    /// Tells something that stays on the screen.
    pub fn tell(&self, what: &str) {
        if self.bar.is_hidden() {
            eprintln!("{what}");
        } else {
            self.bar.println(what);
        }
    }

    /// The bar goes.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
