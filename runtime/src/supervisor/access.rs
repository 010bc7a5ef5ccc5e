//! What apps may do with signals: what they declare, and what the policy gives of that.

use vss_codegen::model::Access;

use super::{
    Error, Result,
    core::{App, Core},
};
use crate::{
    app::{AppManifest, Policy, Resolution, SignalRequest},
    signals::{Broker, Client, Grants, InvalidPattern, Pattern, Rule, Rules},
};

/// As whom a new run of the app is let in.
pub(super) fn client(core: &Core, app: &App) -> Result<Client, InvalidPattern> {
    let grants = grants(&app.manifest, &core.policy)?;
    Ok(Client::app(app.id().as_str(), grants))
}

/// Never beyond what the app declares: more would surprise who has read its manifest.
fn grants(manifest: &AppManifest, policy: &Policy) -> Result<Grants, InvalidPattern> {
    let declared = &manifest.vehicle_signal_lib.signals;
    let grants = Grants::new(pairs(&policy.base(&manifest.id, declared)))?;
    Ok(grants.within(Grants::new(pairs(declared))?))
}

fn pairs(requests: &[SignalRequest]) -> impl Iterator<Item = (String, Access)> {
    requests
        .iter()
        .flat_map(|request| request.access.iter().map(|access| (request.path.clone(), *access)))
}

/// Makes the policy's conflict rules the broker's, and says which of its patterns are of no
/// use with the model.
pub(super) fn apply(broker: &Broker, policy: &Policy) -> Result<()> {
    let setup = |error: InvalidPattern| Error::Setup(format!("the policy: {error}"));
    let registry = broker.registry();
    let granted = policy.apps.values().flatten().map(|request| &request.path);
    for pattern in granted.chain(policy.conflicts.iter().flat_map(|rule| &rule.signals)) {
        if registry.matching(pattern).map_err(setup)?.is_empty() {
            tracing::warn!("the policy: the model has no signal that '{pattern}' matches");
        }
    }
    if !policy.conflicts.is_empty() {
        broker.set_rules(rules(policy).map_err(setup)?);
    }
    Ok(())
}

fn rules(policy: &Policy) -> Result<Rules, InvalidPattern> {
    let mut rules = Vec::new();
    for conflict in &policy.conflicts {
        let rule = match &conflict.resolution {
            Resolution::First => Rule::First,
            Resolution::Priority(apps) => {
                Rule::Priority(apps.iter().map(|app| app.as_str().into()).collect())
            }
            Resolution::Lease(time) => Rule::Lease(*time),
            Resolution::Last => Rule::Last,
        };
        for pattern in &conflict.signals {
            rules.push((Pattern::parse(pattern)?, rule.clone()));
        }
    }
    Ok(Rules::new(rules))
}
