//! What people see while the demo runs: one bar and live counts, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// The screen of a run. Without a terminal nothing is drawn but the steps are still told.
pub struct Screen {
    bar: ProgressBar,
}

/// The counts beside the bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub sent: u64,
    pub placed: u64,
    pub refused: u64,
    pub delivered: u64,
    pub cancelled: u64,
    pub failed: u64,
    pub mails: u64,
}

impl Screen {
    /// A screen for `orders` orders.
    pub fn new(orders: u64) -> Screen {
        let style = ProgressStyle::with_template("{bar:30.cyan/blue} {pos:>4}/{len} {msg}")
            .expect("the template is valid");
        let bar = ProgressBar::new(orders).with_style(style);
        Screen { bar }
    }

    /// Tells a step of the preparation or of the end.
    pub fn tell(&self, what: &str) {
        if self.bar.is_hidden() {
            eprintln!("{what}");
        } else {
            self.bar.println(what);
        }
    }

    /// The orders start.
    pub fn start(&self) {
        self.bar.enable_steady_tick(TICK);
    }

    /// Moves the bar: its position is how many orders have come to an end, well or not.
    pub fn show(&self, progress: Progress) {
        let Progress {
            sent,
            placed,
            refused,
            delivered,
            cancelled,
            failed,
            mails,
        } = progress;
        self.bar
            .set_position(refused + delivered + cancelled + failed);
        self.bar.set_message(format!(
            "sent {sent} · placed {placed} · delivered {delivered} · refused {refused} · \
             cancelled {cancelled} · on hold {failed} · mails {mails}"
        ));
    }

    /// The orders are over; the bar stays as it is.
    pub fn finish(&self) {
        self.bar.abandon();
    }
}
