//! `[drp]`: requests by the Data Rights Protocol.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use exeunt_model::intake::drp::{self, VALIDITY_MINUTES};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// Requests of authorized agents by the Data Rights Protocol 1.0, under `/drp`. They are taken where `business_id` is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Drp {
    /// The platform's own id in the directory of the network.
    pub business_id: Option<String>,
    /// The network's directory of agents: a file of JSON, a list of objects with `id` and `verify_key`. It is read when the desk starts.
    pub directory: Option<PathBuf>,
    /// Minutes that a signed message may be valid at most.
    pub validity_minutes: u32,
    /// Agents besides those of the directory.
    pub agents: Vec<Agent>,
}

/// An agent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Its id in the directory of the network.
    pub id: String,
    /// Its public key of Ed25519, in base64.
    pub verify_key: String,
}

impl Default for Drp {
    fn default() -> Self {
        Self { business_id: None, directory: None, validity_minutes: VALIDITY_MINUTES, agents: Vec::new() }
    }
}

impl Drp {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("drp.validity_minutes", self.validity_minutes, 1, 60);
        if self.business_id.as_deref() == Some("") {
            problems.at("drp.business_id", "this is empty: write the platform's id in the directory of the network");
        }
        for (place, agent) in self.agents.iter().enumerate() {
            if agent.id.is_empty() {
                problems.at(format!("drp.agents[{place}].id"), "this is empty: write the agent's id in the directory of the network");
            }
            if key_of(&agent.verify_key).is_none() {
                problems.at(format!("drp.agents[{place}].verify_key"), NO_KEY);
            }
            if self.agents[..place].iter().any(|other| other.id == agent.id) {
                problems.at(format!("drp.agents[{place}].id"), "another agent has this id");
            }
        }
    }
}

const NO_KEY: &str = "this is no public key of Ed25519: write its 32 bytes in base64";

fn key_of(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text.trim()).ok()?.try_into().ok()
}

/// An entry of the network's directory; what else stands in it is for people.
#[derive(Deserialize)]
struct Entry {
    id: String,
    verify_key: String,
}

impl Drp {
    /// The agents of the configuration and of the directory, whose text this is.
    ///
    /// # Errors
    /// What is wrong with the directory.
    pub fn known_agents(&self, directory: Option<&str>) -> Result<Vec<drp::Agent>, String> {
        let agent = |id: &str, key: &str| {
            key_of(key)
                .map(|verify_key| drp::Agent { id: id.to_owned(), verify_key, token_hash: None })
                .ok_or_else(|| format!("{id}: {NO_KEY}"))
        };
        let mut agents: Vec<drp::Agent> = self.agents.iter().map(|known| agent(&known.id, &known.verify_key)).collect::<Result<_, _>>()?;
        if let Some(text) = directory {
            let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for entry in entries.iter().filter(|entry| !entry.id.is_empty()) {
                // What the configuration says of an agent counts more.
                if !agents.iter().any(|known| known.id == entry.id) {
                    agents.push(agent(&entry.id, &entry.verify_key)?);
                }
            }
        }
        Ok(agents)
    }
}
