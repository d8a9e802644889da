//! What other protocols need of the configuration and the files that it names.

use std::path::Path;
use std::sync::Arc;

use crate::callbacks::Callbacks;
use crate::configuration::Configuration;
use crate::http::intake::opendsr::{Controller, Signer};
use crate::http::intake::{Offer, drp, opendsr};

/// A key of the configuration, and what is wrong with the file that it names.
pub type Wrong = (&'static str, String);

/// What is offered by which protocol.
///
/// # Errors
/// The first file that cannot be used.
pub fn offer(configuration: &Configuration, folder: &Path) -> Result<Offer, Wrong> {
    Ok(Offer { drp: drp(configuration, folder)?, opendsr: opendsr(configuration, folder)? })
}

fn drp(configuration: &Configuration, folder: &Path) -> Result<Option<drp::Offer>, Wrong> {
    let section = &configuration.drp;
    let Some(business) = &section.business_id else { return Ok(None) };
    let directory = section.directory.as_ref().map(|path| read("drp.directory", &folder.join(path))).transpose()?;
    let agents = section.known_agents(directory.as_deref()).map_err(|message| ("drp.directory", message))?;
    Ok(Some(drp::Offer { business: business.clone(), agents, validity_minutes: section.validity_minutes }))
}

fn opendsr(configuration: &Configuration, folder: &Path) -> Result<Option<opendsr::Offer>, Wrong> {
    let section = &configuration.opendsr;
    let (Some(domain), Some(certificate), Some(key)) = (&section.domain, &section.certificate, &section.key) else { return Ok(None) };
    let chain = read("opendsr.certificate", &folder.join(certificate))?;
    let key = read("opendsr.key", &folder.join(key))?;
    let signer = Signer::new(domain, &chain, key.as_bytes()).map_err(|error| ("opendsr.certificate", error.to_string()))?;
    let controllers = section.controllers.iter().map(|controller| Controller {
        id: controller.id.clone(),
        contracts: (!controller.every_contract).then(|| controller.contracts.iter().cloned().collect()),
    });
    Ok(Some(opendsr::Offer { signer: Arc::new(signer), controllers: controllers.collect() }))
}

/// What calls senders back.
///
/// # Errors
/// The authorities' file cannot be used.
pub fn callbacks(configuration: &Configuration, folder: &Path, signer: Option<Arc<Signer>>) -> Result<Callbacks, Wrong> {
    let section = &configuration.callbacks;
    let authorities = section.authorities.as_ref().map(|path| read("callbacks.authorities", &folder.join(path))).transpose()?;
    let pem = authorities.as_ref().map(|text| text.as_bytes());
    Callbacks::new(section.private_addresses, pem, section.seconds, signer).map_err(|error| ("callbacks.authorities", error.to_string()))
}

fn read(key: &'static str, path: &Path) -> Result<String, Wrong> {
    std::fs::read_to_string(path).map_err(|error| (key, format!("cannot read {}: {error}", path.display())))
}
