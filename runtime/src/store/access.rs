//! `state.db`: what a person granted or revoked.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::{StoreError, state::StateStore};
use crate::app::{AppId, Decision};

impl StateStore {
    /// In their order.
    pub(crate) async fn decisions(&self, app: &AppId) -> Result<Vec<Decision>, StoreError> {
        let app = app.clone();
        self.database().call(move |connection| decisions(connection, &app)).await
    }

    /// Replaces those from before.
    pub(crate) async fn set_decisions(
        &self,
        app: &AppId,
        decisions: Vec<Decision>,
    ) -> Result<(), StoreError> {
        let app = app.clone();
        let set = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM app_grants WHERE app_id = ?", [app.as_str()])?;
            for (number, decision) in decisions.iter().enumerate() {
                transaction.execute(
                    "INSERT INTO app_grants (app_id, number, ruling, access, pattern, at)
                     VALUES (?, ?, ?, ?, ?, ?)",
                    params![
                        app.as_str(),
                        number as i64,
                        word(&decision.ruling),
                        word(&decision.access),
                        decision.pattern,
                        decision.at.to_string(),
                    ],
                )?;
            }
            Ok(transaction.commit()?)
        };
        self.database().call(set).await
    }
}

/// A value that is one word in JSON.
fn word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn decisions(connection: &Connection, app: &AppId) -> Result<Vec<Decision>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT json_object('ruling', ruling, 'access', access, 'pattern', pattern, 'at', at)
         FROM app_grants WHERE app_id = ? ORDER BY number",
    )?;
    let rows = statement.query_map([app.as_str()], |row| row.get::<_, String>(0))?;
    let mut decisions = Vec::new();
    for row in rows {
        let decision = serde_json::from_str(&row?).map_err(|error| StoreError::Row {
            row: app.to_string(),
            reason: format!("app_grants: {error}"),
        })?;
        decisions.push(decision);
    }
    Ok(decisions)
}
