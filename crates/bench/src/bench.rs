//! The run: every section that is wanted, then the report.

use crate::report::Report;
use crate::screen::Screen;
use crate::sections;
use crate::settings::{QueueSettings, Section};
use crate::stage::Stage;

/// What every section works with.
pub struct Bench {
    /// What was asked for.
    pub settings: QueueSettings,
    /// The database.
    pub stage: Stage,
    /// The bar.
    pub screen: Screen,
    /// The figures so far.
    pub report: Report,
}

/// Measures everything that is wanted and prints it.
pub async fn run(settings: QueueSettings) -> anyhow::Result<()> {
    let screen = Screen::new();
    let stage = Stage::set(settings.database_url.as_ref(), &screen).await?;
    let report = Report::new(&stage.postgres, settings.rounds());
    let mut bench = Bench {
        settings,
        stage,
        screen,
        report,
    };
    bench.sections().await?;
    bench.screen.finish();
    bench.report.judge();
    print(&bench)?;
    bench.stage.strike().await
}

impl Bench {
    async fn sections(&mut self) -> anyhow::Result<()> {
        if self.settings.wants(Section::Enqueue) {
            sections::enqueue::measure(self).await?;
        }
        if self.settings.wants(Section::Http) {
            sections::http::measure(self).await?;
        }
        if self.settings.wants(Section::Drain) {
            sections::drain::measure(self).await?;
        }
        if self.settings.wants(Section::Peers) {
            sections::peers::measure(self).await?;
        }
        if self.settings.wants(Section::Groups) {
            sections::groups::measure(self).await?;
        }
        if self.settings.wants(Section::Pickup) {
            sections::pickup::measure(self).await?;
        }
        if self.settings.wants(Section::Sustained) {
            sections::sustained::measure(self).await?;
        }
        if self.settings.wants(Section::Held) {
            sections::held::measure(self).await?;
        }
        if self.settings.wants(Section::History) {
            sections::history::measure(self).await?;
        }
        if self.settings.wants(Section::Metrics) {
            sections::metrics::measure(self).await?;
        }
        if self.settings.wants(Section::Idle) {
            sections::idle::measure(self).await?;
        }
        Ok(())
    }

    /// The numbers of the rounds; the first is the warm-up and is not counted.
    pub fn rounds(&self) -> std::ops::RangeInclusive<u32> {
        0..=self.settings.rounds()
    }

    /// A step of a section begins.
    pub fn step(&self, what: &str, round: u32) {
        let of = match round {
            0 => "warm-up".to_owned(),
            round => format!("round {round} of {}", self.settings.rounds()),
        };
        self.screen.step(&format!("{what}, {of}"));
    }
}

#[expect(clippy::print_stdout, reason = "the result is the command's output")]
fn print(bench: &Bench) -> anyhow::Result<()> {
    if bench.settings.json {
        println!("{}", serde_json::to_string(&bench.report)?);
    } else if bench.settings.markdown {
        println!("{}", bench.report.markdown());
    } else {
        println!("{}", bench.report);
    }
    Ok(())
}
