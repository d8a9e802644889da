//! A request as the API shows it.

use exeunt_store::desk::Request;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::tag::Tagged;

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct View {
    pub(in crate::http::api) id: String,
    kind: String,
    pub(in crate::http::api) state: String,
    scope: String,
    channel: String,
    contract: String,
    /// The categories that were chosen; none: all of them.
    categories: Option<Vec<String>>,
    /// None once the subject was erased.
    seat: Option<String>,
    label: Option<String>,
    requester: String,
    received: String,
    /// `gdpr`, `ccpa` or `none`: the law whose clock counts.
    regime: String,
    /// By when it must be answered.
    due: String,
    answered: Option<String>,
    /// By when whoever asked must be told that it has come in; none where no law asks for it.
    acknowledge_by: Option<String>,
    /// When they were told.
    acknowledged: Option<String>,
    /// More time that the law gives; none where it gives none.
    extension: Option<ExtensionView>,
    /// From when on an erasure starts; until then it can be cancelled.
    scheduled: Option<String>,
    /// The digest of the plan, to be sent with an approval.
    plan: Option<String>,
    rows: Option<u64>,
    files: Option<u64>,
    /// Approvals by others than the requester that it needs.
    approvals: u32,
    linked_export: Option<String>,
    waived: bool,
    /// Why it was rejected or failed.
    reason: Option<String>,
    changed: String,
}

/// More time than at first, if whoever asked is told of it with a reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionView {
    /// The last moment at which they can be told.
    tell_by: String,
    /// By when it must be answered then.
    answer_by: String,
    /// When they were told.
    told: Option<String>,
}

/// A request as it is shown alone.
pub fn tagged(request: &Request) -> Tagged<View> {
    Tagged::of(request.version, view(request))
}

/// A request as the API shows it.
pub(super) fn view(request: &Request) -> View {
    let counts = request.document.counts;
    let clock = &request.document.clock;
    View {
        id: request.id.to_string(),
        kind: request.state.kind().to_string(),
        state: request.state.to_string(),
        scope: request.scope.to_string(),
        channel: request.channel.to_string(),
        contract: request.contract.clone(),
        categories: request.document.categories.as_ref().map(|chosen| chosen.iter().map(ToString::to_string).collect()),
        seat: request.seat(),
        label: request.personal.as_ref().map(|personal| personal.label.clone()),
        requester: request.requester.to_string(),
        received: request.received.to_string(),
        regime: clock.regime.to_string(),
        due: request.due.to_string(),
        answered: request.answered.map(|at| at.to_string()),
        acknowledge_by: clock.dates.acknowledge_by.map(|at| at.to_string()),
        acknowledged: clock.acknowledged.map(|at| at.to_string()),
        extension: clock.dates.extension.map(|extension| ExtensionView {
            tell_by: extension.tell_by.to_string(),
            answer_by: extension.answer_by.to_string(),
            told: clock.extended.map(|at| at.to_string()),
        }),
        scheduled: request.scheduled.map(|at| at.to_string()),
        plan: request.plan.as_ref().map(|(_, digest)| digest.as_str().to_owned()),
        rows: counts.map(|counts| counts.rows),
        files: counts.map(|counts| counts.files),
        approvals: request.document.requirement.approvals,
        linked_export: request.linked.as_ref().map(ToString::to_string),
        waived: request.waived,
        reason: request.reason.clone(),
        changed: request.changed.to_string(),
    }
}
