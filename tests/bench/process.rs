//! A process seen from outside: how it is started, on which core, and what `/proc` says of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Ticks of `/proc/PID/stat` in a second; Linux has always shown 100.
const TICKS: f64 = 100.0;

/// A running process; killed when it is dropped.
pub struct Process {
    child: Child,
    name: String,
}

/// `command`, on one core only where one is given.
pub fn on_core(program: &Path, core: Option<usize>) -> Command {
    let Some(core) = core else {
        return Command::new(program);
    };
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// Keeps this process, and what it starts from now on, on one core.
pub fn stay_on(core: usize) -> Result<()> {
    let own = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["-a", "-c", "-p", &core.to_string(), &own]);
    let moved = command.stdout(Stdio::null()).status();
    ensure!(moved.is_ok_and(|moved| moved.success()), "no taskset");
    Ok(())
}

/// Lets this process run on every core again.
pub fn stay_anywhere() -> Result<()> {
    let own = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["-a", "-p", "ffffffff", &own]);
    let moved = command.stdout(Stdio::null()).status();
    ensure!(moved.is_ok_and(|moved| moved.success()), "no taskset");
    Ok(())
}

impl Process {
    /// Starts a command; what it says goes into a file.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let name = format!("{:?}", command.get_program());
        let log = std::fs::File::create(log)?;
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(log).spawn();
        let child = child.with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name })
    }

    /// Fails when it has ended.
    pub fn lives(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended with {status}", self.name),
            None => Ok(()),
        }
    }

    /// Seconds of processor time until now, all threads.
    pub fn cpu(&self) -> Result<f64> {
        ticks(&self.proc("stat")?)
    }

    /// The same of each living thread, added up by name.
    pub fn threads(&self) -> Result<BTreeMap<String, f64>> {
        let mut threads = BTreeMap::new();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let task = task?.path();
            // One may end while it is looked at.
            let (Ok(name), Ok(stat)) = (
                std::fs::read_to_string(task.join("comm")),
                std::fs::read_to_string(task.join("stat")),
            ) else {
                continue;
            };
            *threads.entry(name.trim().to_owned()).or_default() += ticks(&stat)?;
        }
        Ok(threads)
    }

    /// A line of its memory, in MiB: `VmRSS:` is what is resident, `VmHWM:` the most that was.
    pub fn memory(&self, line: &str) -> Result<f64> {
        memory(self.child.id(), line).context("it has gone")
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Open file descriptors.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(told.success(), "cannot stop {}", self.name);
        let status = self.child.wait()?;
        ensure!(
            status.success(),
            "{} did not stop cleanly: {status}",
            self.name
        );
        Ok(())
    }

    fn proc(&self, file: &str) -> Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .with_context(|| format!("{} has gone", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Dead already, where it was asked to stop.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A line of a process's memory, in MiB.
pub fn memory(id: u32, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let found = status.lines().find_map(|held| held.strip_prefix(line))?;
    let kib: f64 = found.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// What a process takes for itself and its part of what it shares with others (PSS), in MiB.
pub fn part(id: u32) -> Option<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let found = rollup.lines().find_map(|held| held.strip_prefix("Pss:"))?;
    let kib: f64 = found.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

fn ticks(stat: &str) -> Result<f64> {
    let (_, fields) = stat.rsplit_once(") ").context("cannot read stat")?;
    let ticks = fields.split(' ').skip(11).take(2);
    Ok(ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS)
}
