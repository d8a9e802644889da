//! `[workers]`: who does the work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// Who does the work.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Workers {
    /// Threads of this process that work on the platform's databases; 0 leaves that to `exeunt worker`.
    pub platform: u32,
    /// Threads of this process that send mails and delete archives.
    pub desk: u32,
    /// Threads of this process that call webhooks: as many receivers are waited for at once.
    pub webhooks: u32,
    /// Jobs on the platform's databases at once, over all processes. Each looks into every source of the map: it is the limit of each source.
    pub platform_jobs: u32,
    /// Of those, jobs of one contract.
    pub contract_jobs: u32,
    /// Seconds after which another worker takes over the job of one that says nothing any more.
    pub lease_seconds: u32,
    /// Milliseconds between two looks for jobs of other processes.
    pub poll_milliseconds: u32,
}

impl Default for Workers {
    fn default() -> Self {
        Self { platform: 2, desk: 2, webhooks: 2, platform_jobs: 4, contract_jobs: 3, lease_seconds: 60, poll_milliseconds: 1_000 }
    }
}

impl Workers {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("workers.platform", self.platform, 0, 256);
        problems.bounds("workers.desk", self.desk, 0, 256);
        problems.bounds("workers.webhooks", self.webhooks, 0, 256);
        problems.bounds("workers.platform_jobs", self.platform_jobs, 1, 10_000);
        problems.bounds("workers.contract_jobs", self.contract_jobs, 1, 10_000);
        problems.bounds("workers.lease_seconds", self.lease_seconds, 1, 24 * 3_600);
        problems.bounds("workers.poll_milliseconds", self.poll_milliseconds, 20, 600_000);
        if u64::from(self.lease_seconds) * 1_000 <= u64::from(self.poll_milliseconds) {
            problems.at("workers.lease_seconds", "a lease must be longer than the time between two looks, `workers.poll_milliseconds`");
        }
    }
}
