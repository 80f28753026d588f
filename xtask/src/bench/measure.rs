//! What a process cost, and what several runs of it have in common.

use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What a process and those it waited for took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pub(super) wall: Duration,
    /// Time on a processor, in user space and in the kernel.
    pub(super) cpu: Duration,
    /// The most memory that one of them held at once, in MiB.
    pub(super) memory: f64,
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command) -> Result<(ExitStatus, Usage), String> {
    let start = Instant::now();
    let used = command
        .spawn()
        .and_then(Wait4::wait4)
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))?;
    let usage = Usage {
        wall: start.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        memory: used.rusage.maxrss as f64 / (1024.0 * 1024.0),
    };
    Ok((used.status, usage))
}

/// Runs a compiler in place of cargo, as `RUSTC_WORKSPACE_WRAPPER`, and adds a line with what it cost to a file: what cargo
/// itself costs is the same for all, and would hide how they differ.
pub(super) fn run_compiler(
    log: &Path,
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Result<i32, String> {
    let mut arguments = arguments;
    let compiler = arguments.next().ok_or("no compiler given")?;
    let (status, usage) = run(Command::new(compiler).args(arguments))?;
    let line = json!([usage.wall.as_secs_f64(), usage.cpu.as_secs_f64(), usage.memory]);
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .and_then(|mut file| writeln!(file, "{line}"))
        .map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    Ok(status.code().unwrap_or(1))
}

/// The last line that [`run_compiler`] wrote.
pub(super) fn last_compiler(log: &str) -> Option<Usage> {
    let [wall, cpu, memory]: [f64; 3] = serde_json::from_str(log.lines().last()?).ok()?;
    let seconds = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    Some(Usage { wall: seconds(wall), cpu: seconds(cpu), memory })
}

/// The same figure of several runs, smallest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs(Vec<f64>);

impl Runs {
    pub(super) fn new(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_by(f64::total_cmp);
        Self(figures)
    }

    /// The one in the middle.
    pub(super) fn median(&self) -> Option<f64> {
        self.0.get(self.0.len() / 2).copied()
    }

    /// `1.25 (1.20 to 1.41)`, or a dash where nothing ran.
    pub(super) fn print(&self, digits: usize) -> String {
        match (self.median(), self.0.first(), self.0.last()) {
            (Some(median), Some(least), Some(most)) => {
                format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
            }
            _ => "-".to_owned(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!(self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_spread_are_shown() {
        let runs = Runs::new([3.0, 1.0, 2.25].into_iter());
        assert_eq!(runs.median(), Some(2.25));
        assert_eq!(runs.print(1), "2.2 (1.0 to 3.0)");
        assert_eq!(Runs::default().print(1), "-");
    }

    #[test]
    fn a_process_has_costs_and_a_status() {
        let (status, usage) = run(Command::new(env!("CARGO")).arg("--version")).unwrap();
        assert!(status.success());
        assert!(usage.memory > 1.0, "{usage:?}");
        let (status, _) = run(Command::new(env!("CARGO")).arg("no-such-subcommand-of-cargo")).unwrap();
        assert!(!status.success());
        assert!(run(&mut Command::new("no-such-program-at-all")).is_err());
    }

    #[test]
    fn a_compiler_leaves_what_it_cost() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let arguments = [env!("CARGO"), "--version"].map(std::ffi::OsString::from);
        assert_eq!(run_compiler(log.path(), arguments.into_iter()), Ok(0));
        let usage = last_compiler(&std::fs::read_to_string(log.path()).unwrap()).unwrap();
        assert!(usage.memory > 1.0, "{usage:?}");
        assert!(last_compiler("").is_none());
    }
}
