//! On what was measured.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result};
use postgres::Client;

/// The facts without which a number means nothing, as one line each.
pub fn facts(database: &mut Client) -> Result<Vec<String>> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let memory = find("/proc/meminfo", "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok());
    let mut machine = format!("{processors} processors");
    if let Some(model) = find("/proc/cpuinfo", "model name") {
        let _ = write!(machine, " ({model})");
    }
    if let Some(kibibytes) = memory {
        let _ = write!(machine, ", {:.0} GiB memory", kibibytes / 1024.0 / 1024.0);
    }
    let row = database
        .query_one(
            "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD'), current_setting('server_version'),
                current_setting('shared_buffers'), current_setting('fsync'), current_setting('synchronous_commit')",
            &[],
        )
        .context("ask the server for its settings")?;
    let (date, version, buffers): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    let (fsync, synchronous): (String, String) = (row.get(3), row.get(4));
    Ok(vec![
        format!("{date}, {machine}, Linux {}", read("/proc/sys/kernel/osrelease")),
        format!("PostgreSQL {version}, shared_buffers {buffers}, fsync {fsync}, synchronous_commit {synchronous}"),
        compiler(),
    ])
}

/// How many processes wanted a processor in the last minute, which is told when it disturbs.
pub fn load() -> Option<f64> {
    read("/proc/loadavg").split(' ').next()?.parse().ok()
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(|_| "unknown compiler".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn find(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
