//! What apps may do with signals: what they declare, what the policy gives of that, and what
//! a person granted or revoked since, of which the last word counts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vss_codegen::model::Access;

use super::{
    Error, Result, Supervisor,
    core::{Core, Handle},
};
use crate::{
    app::{
        AppId, AppManifest, Decision, GrantMode, GrantState, Policy, Resolution, Ruling,
        SignalRequest, access_name, grant,
    },
    signals::{Broker, Client, Grants, InvalidPattern, Pattern, Rule, Rules},
};

const ALL: [Access; 3] = [Access::Read, Access::Write, Access::Provide];

/// An app's decisions, and the client of its run, which hears of new ones.
#[derive(Clone, Debug)]
pub(super) struct SharedAccess(Arc<Mutex<Live>>);

#[derive(Debug)]
struct Live {
    decisions: Vec<Decision>,
    /// Of the last run; closed when that is over, and then deaf.
    client: Option<Client>,
}

/// What a person wants changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessOrder {
    pub app: AppId,
    pub ruling: Ruling,
    /// Empty: all that the app declares.
    #[serde(default)]
    pub access: Vec<Access>,
    /// Without it, all that the app declares.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// What an app declares and how it stands with that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReport {
    pub app: AppId,
    pub grants: Vec<Standing>,
    /// What was granted and revoked by hand, in that order.
    pub decisions: Vec<Decision>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub path: String,
    pub access: Access,
    pub state: GrantState,
    /// Signals of the model that it means, and those of them that are granted.
    pub signals: usize,
    pub granted: usize,
}

impl SharedAccess {
    pub(super) fn new(decisions: Vec<Decision>) -> SharedAccess {
        SharedAccess(Arc::new(Mutex::new(Live { decisions, client: None })))
    }

    /// As whom a new run of the app is let in.
    pub(super) fn open(
        &self,
        core: &Core,
        manifest: &AppManifest,
    ) -> Result<Client, InvalidPattern> {
        // Before the look at the policy, so that `refresh` finds this client, or this a new one.
        let mut live = self.lock();
        let grants = grants(manifest, &core.policy.load(), &live.decisions)?;
        let client = Client::app(manifest.id.as_str(), grants);
        live.client = Some(client.clone());
        Ok(client)
    }

    /// Under a policy that may be another one.
    fn refresh(&self, core: &Core, manifest: &AppManifest) -> Result<(), InvalidPattern> {
        let live = self.lock();
        let grants = grants(manifest, &core.policy.load(), &live.decisions)?;
        if let Some(client) = &live.client {
            client.set_grants(grants);
        }
        Ok(())
    }

    fn decisions(&self) -> Vec<Decision> {
        self.lock().decisions.clone()
    }

    fn set(&self, decisions: Vec<Decision>, grants: Grants) {
        let mut live = self.lock();
        live.decisions = decisions;
        if let Some(client) = &live.client {
            client.set_grants(grants);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Never beyond what the app declares: more would surprise who has read its manifest.
fn grants(
    manifest: &AppManifest,
    policy: &Policy,
    decisions: &[Decision],
) -> Result<Grants, InvalidPattern> {
    let declared = &manifest.vehicle_signal_lib.signals;
    let mut grants = Grants::new(pairs(&policy.base(&manifest.id, declared)))?;
    for decision in decisions {
        let pattern = Pattern::parse(&decision.pattern)?;
        grants = match decision.ruling {
            Ruling::Grant => grants.and(pattern, decision.access),
            Ruling::Revoke => grants.but_not(pattern, decision.access),
        };
    }
    Ok(grants.within(Grants::new(pairs(declared))?))
}

fn pairs(requests: &[SignalRequest]) -> impl Iterator<Item = (String, Access)> {
    requests
        .iter()
        .flat_map(|request| request.access.iter().map(|access| (request.path.clone(), *access)))
}

impl Supervisor {
    /// How it stands with what the app declares.
    pub fn access(&self, app: &AppId) -> Result<AccessReport> {
        Ok(self.core.report(&self.core.handle(app)?))
    }

    /// The same of all apps, by id.
    pub fn access_of_all(&self) -> Vec<AccessReport> {
        self.core.handles().iter().map(|handle| self.core.report(handle)).collect()
    }

    /// Another policy holds from now on, for runs that are under way too. What was granted and
    /// revoked by hand stays; who has claimed or holds something keeps it.
    pub async fn set_policy(&self, policy: Policy) -> Result<()> {
        let core = &self.core;
        let _one_at_a_time = core.deciding.lock().await;
        apply(&core.broker, &policy)?;
        core.policy.store(Arc::new(policy));
        for handle in core.handles() {
            let manifest = &handle.app.manifest;
            let refreshed = handle.access.refresh(core, manifest);
            refreshed.map_err(|error| Error::Setup(format!("'{}': {error}", manifest.id)))?;
        }
        Ok(())
    }

    /// Grants or revokes, at once for a run that is under way and for good.
    pub async fn decide(&self, order: AccessOrder) -> Result<AccessReport> {
        let core = self.core.clone();
        // Whoever asked may go away: what is written down is carried out all the same.
        let decided = tokio::spawn(async move { decide(&core, order).await }).await;
        decided.map_err(|error| Error::Setup(error.to_string()))?
    }
}

async fn decide(core: &Core, order: AccessOrder) -> Result<AccessReport> {
    let _one_at_a_time = core.deciding.lock().await;
    let handle = core.handle(&order.app)?;
    let manifest = &handle.app.manifest;
    let refused = |reason: String| Error::Access { app: order.app.clone(), reason };
    let mut decisions = handle.access.decisions();
    let (ruling, at) = (order.ruling, Timestamp::now());
    for (pattern, access) in wanted(&core.broker, manifest, &order).map_err(refused)? {
        decisions = grant::after(decisions, Decision { ruling, access, pattern, at });
    }
    if decisions.len() > grant::MOST {
        let most = grant::MOST;
        return Err(refused(format!(
            "it would have more than {most} grants and revocations: give wider patterns"
        )));
    }
    let grants = grants(manifest, &core.policy.load(), &decisions);
    let grants = grants.map_err(|error| refused(error.to_string()))?;
    core.state.set_decisions(&order.app, decisions.clone()).await?;
    handle.access.set(decisions, grants);
    Ok(core.report(&handle))
}

/// What an order is about; the reason, where that cannot be, is for a person.
fn wanted(
    broker: &Broker,
    manifest: &AppManifest,
    order: &AccessOrder,
) -> Result<Vec<(String, Access)>, String> {
    let declared = &manifest.vehicle_signal_lib.signals;
    let is_named = |access: &Access| order.access.is_empty() || order.access.contains(access);
    let Some(pattern) = &order.pattern else {
        return Ok(match order.ruling {
            Ruling::Grant => pairs(declared).filter(|(_, access)| is_named(access)).collect(),
            // Once and for all: a wider grant of before must not show through.
            Ruling::Revoke => {
                ALL.into_iter().filter(is_named).map(|access| ("**".to_owned(), access)).collect()
            }
        });
    };
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for access in ALL.into_iter().filter(is_named) {
        match check(broker, manifest, order.ruling, pattern, access) {
            Ok(()) => right.push((pattern.clone(), access)),
            Err(reason) => wrong.push(reason),
        }
    }
    // Every access that was named must be right; where none was, those that are.
    match wrong.into_iter().next() {
        Some(reason) if right.is_empty() || !order.access.is_empty() => Err(reason),
        _ => Ok(right),
    }
}

/// A grant must be of what the app declares; a revocation must touch some of it.
fn check(
    broker: &Broker,
    manifest: &AppManifest,
    ruling: Ruling,
    pattern: &str,
    access: Access,
) -> Result<(), String> {
    let declared = &manifest.vehicle_signal_lib.signals;
    let own = Grants::new(pairs(declared)).map_err(|error| error.to_string())?;
    let registry = broker.registry();
    let mut found = registry.matching(pattern).map_err(|error| error.to_string())?;
    found.retain(|entry| entry.signal().access.contains(&access));
    let (word, app) = (access_name(access), &manifest.id);
    if found.is_empty() {
        return Err(format!("the model has no signal '{pattern}' that one can {word}"));
    }
    let (own, beyond): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|entry| own.allows(entry.path(), access));
    let message = match (ruling, own.first(), beyond.first()) {
        (_, None, _) => format!("'{pattern}' is nothing that '{app}' declares to {word}"),
        (Ruling::Grant, _, Some(more)) => {
            let path = more.path();
            format!("'{pattern}' holds {path}, which '{app}' does not declare to {word}")
        }
        _ => return Ok(()),
    };
    let same = declared.iter().filter(|request| request.access.contains(&access));
    let paths: Vec<&str> = same.map(|request| request.path.as_str()).collect();
    let paths = if paths.is_empty() { "nothing".to_owned() } else { paths.join(", ") };
    Err(format!("{message}; that is {paths}"))
}

impl Core {
    fn report(&self, handle: &Handle) -> AccessReport {
        let manifest = &handle.app.manifest;
        let app = manifest.id.clone();
        let decisions = handle.access.decisions();
        let revoked = decisions.iter().filter(|decision| decision.ruling == Ruling::Revoke);
        let revoked = revoked.map(|decision| (decision.pattern.clone(), decision.access));
        // All patterns were checked when they came.
        let revoked = Grants::new(revoked).unwrap_or_default();
        let policy = self.policy.load();
        let granted = grants(manifest, &policy, &decisions).unwrap_or_default();
        let is_asked = policy.grants == GrantMode::Ask && !policy.apps.contains_key(&app);
        let registry = self.broker.registry();
        let standing = |(path, access): (String, Access)| {
            let found = registry.matching(&path).unwrap_or_default();
            let means = found.iter().filter(|entry| entry.signal().access.contains(&access));
            let means: Vec<&str> = means.map(|entry| entry.path()).collect();
            let count = means.iter().filter(|path| granted.allows(path, access)).count();
            let state = match count {
                0 if means.iter().any(|path| revoked.allows(path, access)) => GrantState::Revoked,
                0 if is_asked => GrantState::Asked,
                0 => GrantState::Withheld,
                count if count == means.len() => GrantState::Granted,
                _ => GrantState::Partly,
            };
            Standing { path, access, state, signals: means.len(), granted: count }
        };
        let grants = pairs(&manifest.vehicle_signal_lib.signals).map(standing).collect();
        AccessReport { app, grants, decisions }
    }

    /// Of what the app declares, that of which it has anything now.
    pub(super) fn granted(&self, handle: &Handle) -> Vec<SignalRequest> {
        let mut granted: Vec<SignalRequest> = Vec::new();
        for Standing { path, access, granted: count, .. } in self.report(handle).grants {
            match granted.last_mut() {
                _ if count == 0 => {}
                Some(last) if last.path == path => last.access.push(access),
                _ => granted.push(SignalRequest { path, access: vec![access], at: None }),
            }
        }
        granted
    }
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
    broker.set_rules(rules(policy).map_err(setup)?);
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
