//! Taking back what came in.

use exeunt_model::identity::IntakeId;
use exeunt_model::intake::sum::Part;
use exeunt_model::intake::{drp, opendsr, sum};
use exeunt_model::request::Channel;
use exeunt_store::Store;
use exeunt_store::desk::{Intake, IntakePart};

use super::super::cancel::withdraw_jobs;
use super::super::change::cancelling;
use super::super::context::{Actor, Context};
use super::super::error::Error;
use super::answer::part;

/// Cancels the requests that were made for what came in, all of them or none. Those that somebody else made go on. Twice is once.
///
/// # Errors
/// [`Error::TooLate`] when something has begun that cannot be taken back, or has come to its end.
pub fn revoke(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &IntakeId, note: Option<&str>) -> Result<Intake, Error> {
    store.transact("take an intake back", |transaction| {
        let intake = transaction.intake(id)?.ok_or(Error::NoSuchRequest)?;
        if intake.revoked.is_some() {
            return Ok(intake);
        }
        let mut requests = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        for found in transaction.intake_parts(id)? {
            if let IntakePart::Request { request, own: true } = &found {
                requests.push(transaction.request_to_change(request)?.ok_or(Error::NoSuchRequest)?);
            }
            parts.push(part(transaction, &intake, &found)?);
        }
        let open: Vec<_> = requests.iter().filter(|request| !request.state.is_final()).collect();
        let possible = match intake.protocol {
            // Where it was only waited for somebody else's request, nothing need be cancelled.
            Channel::Drp => {
                let goes_on = sum::for_drp(&parts).is_some_and(|part| !drp::Status::of(part.state).is_final());
                goes_on && open.iter().all(|request| drp::revoked_by(request.state).is_some())
            }
            Channel::OpenDsr => {
                let told = sum::for_opendsr(&parts);
                told.is_some_and(|part| opendsr::cancellation(part.state).is_ok())
                    && open.iter().all(|request| opendsr::cancellation(request.state).is_ok())
            }
            Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit => false,
        };
        if !possible {
            return Err(Error::TooLate);
        }
        for mut request in requests.into_iter().filter(|request| !request.state.is_final()) {
            let attempted = cancelling(request.state);
            context.make(transaction, &mut request, attempted, Some(&actor.principal), note)?;
            withdraw_jobs(transaction, &request, context.now)?;
        }
        transaction.revoke_intake(id, context.now)?;
        context.tell_sender(transaction, &intake)?;
        Ok(Intake { revoked: Some(context.now), ..intake })
    })
}
