//! `state.db`: apps, their situation, their dependencies.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, named_params, params};

use super::{
    StoreError,
    database::{Database, Durability},
    migrate,
};
use crate::app::{AppId, AppManifest, Dependency, Situation};

#[derive(Clone, Debug)]
pub(crate) struct StateStore {
    database: Database,
}

/// One installed app.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AppRow {
    pub(crate) manifest: AppManifest,
    /// The name of the model that it was installed with; empty in a database of before.
    pub(crate) model: String,
    pub(crate) uid_index: u32,
    pub(crate) situation: Situation,
}

impl StateStore {
    /// Blocks.
    pub(crate) fn open(path: PathBuf) -> Result<StateStore, StoreError> {
        Database::open(path, Durability::Full, migrate::STATE)
            .map(|database| StateStore { database })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// All apps, by id.
    pub(crate) async fn load(&self) -> Result<Vec<AppRow>, StoreError> {
        self.database.call(|connection| load(connection)).await
    }

    /// A new app, with the smallest index that no other has.
    pub(crate) async fn insert(
        &self,
        manifest: AppManifest,
        model: String,
        situation: Situation,
    ) -> Result<AppRow, StoreError> {
        let insert = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let row = insert(&transaction, manifest, model, situation)?;
            transaction.commit()?;
            Ok(row)
        };
        self.database.call(insert).await
    }

    pub(crate) async fn save(&self, app: &AppId, now: &Situation) -> Result<(), StoreError> {
        let (app, now) = (app.clone(), now.clone());
        self.database.call(move |connection| save(connection, &app, &now)).await
    }

    /// Replaces what was recorded before.
    pub(crate) async fn set_dependencies(
        &self,
        app: &AppId,
        dependencies: Vec<Dependency>,
    ) -> Result<(), StoreError> {
        let app = app.clone();
        let set = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            set_dependencies(&transaction, &app, &dependencies)?;
            Ok(transaction.commit()?)
        };
        self.database.call(set).await
    }

    pub(crate) async fn dependencies(&self, app: &AppId) -> Result<Vec<Dependency>, StoreError> {
        let app = app.clone();
        self.database.call(move |connection| dependencies(connection, &app)).await
    }

    /// The app and everything recorded about it.
    pub(crate) async fn delete(&self, app: &AppId) -> Result<(), StoreError> {
        let app = app.clone();
        let delete = move |connection: &mut Connection| {
            connection.execute("DELETE FROM apps WHERE id = ?", [app.as_str()])?;
            Ok(())
        };
        self.database.call(delete).await
    }

    /// Blocks until everything is written.
    pub(crate) fn close(&self) {
        self.database.close();
    }
}

fn load(connection: &Connection) -> Result<Vec<AppRow>, StoreError> {
    let mut statement = connection
        .prepare("SELECT * FROM apps JOIN app_runtime_state ON app_id = id ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut apps = Vec::new();
    while let Some(row) = rows.next()? {
        apps.push(app_row(row)?);
    }
    Ok(apps)
}

fn app_row(row: &Row<'_>) -> Result<AppRow, StoreError> {
    let id: String = row.get("id")?;
    let damaged = |reason: String| StoreError::Row { row: id.clone(), reason };
    let manifest: String = row.get("manifest")?;
    let manifest =
        serde_json::from_str(&manifest).map_err(|error| damaged(format!("manifest: {error}")))?;
    let (model, uid_index) = (row.get("model")?, row.get("uid_index")?);
    Ok(AppRow { manifest, model, uid_index, situation: situation(row, &damaged)? })
}

fn situation(
    row: &Row<'_>,
    damaged: &impl Fn(String) -> StoreError,
) -> Result<Situation, StoreError> {
    let text = |column: &str| row.get::<_, String>(column);
    let failures: String = row.get("failures")?;
    let started_at: Option<String> = row.get("last_start")?;
    Ok(Situation {
        state: parsed(&text("current_state")?, damaged)?,
        desired: parsed(&text("desired_state")?, damaged)?,
        health: parsed(&text("health")?, damaged)?,
        reason: text("reason")?,
        since: parsed(&text("since")?, damaged)?,
        pid: row.get("pid")?,
        exit_code: row.get("exit_code")?,
        started_at: started_at.map(|text| parsed(&text, damaged)).transpose()?,
        restarts: row.get("restarts")?,
        again: row.get("start_again")?,
        streak: row.get("streak")?,
        failures: serde_json::from_str(&failures)
            .map_err(|error| damaged(format!("failures: {error}")))?,
    })
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
    damaged: &impl Fn(String) -> StoreError,
) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| damaged(error.to_string()))
}

fn insert(
    transaction: &Transaction<'_>,
    manifest: AppManifest,
    model: String,
    situation: Situation,
) -> Result<AppRow, StoreError> {
    // The first gap: 0, or the number after one that is taken.
    let uid_index: u32 = transaction.query_row(
        "SELECT min(free) FROM (SELECT 0 AS free UNION SELECT uid_index + 1 FROM apps)
         WHERE free NOT IN (SELECT uid_index FROM apps)",
        [],
        |row| row.get(0),
    )?;
    let json = serde_json::to_string(&manifest).map_err(|error| StoreError::Row {
        row: manifest.id.to_string(),
        reason: error.to_string(),
    })?;
    transaction.execute(
        "INSERT INTO apps (id, name, version, manifest, uid_index, created_at, updated_at, model)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
        params![
            manifest.id.as_str(),
            manifest.name,
            manifest.version,
            json,
            uid_index,
            Timestamp::now().to_string(),
            model,
        ],
    )?;
    save(transaction, &manifest.id, &situation)?;
    Ok(AppRow { manifest, model, uid_index, situation })
}

fn save(connection: &Connection, app: &AppId, now: &Situation) -> Result<(), StoreError> {
    let failures: Vec<String> = now.failures.iter().map(Timestamp::to_string).collect();
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO app_runtime_state (app_id, current_state, desired_state, health,
             reason, since, pid, exit_code, last_start, restarts, start_again, streak, failures)
         VALUES (:app, :state, :desired, :health, :reason, :since, :pid, :exit_code, :started_at,
             :restarts, :again, :streak, :failures)",
    )?;
    statement.execute(named_params! {
        ":app": app.as_str(),
        ":state": now.state.name(),
        ":desired": now.desired.name(),
        ":health": now.health.name(),
        ":reason": now.reason,
        ":since": now.since.to_string(),
        ":pid": now.pid,
        ":exit_code": now.exit_code,
        ":started_at": now.started_at.map(|at| at.to_string()),
        ":restarts": now.restarts,
        ":again": now.again,
        ":streak": now.streak,
        ":failures": serde_json::json!(failures).to_string(),
    })?;
    Ok(())
}

fn set_dependencies(
    transaction: &Transaction<'_>,
    app: &AppId,
    dependencies: &[Dependency],
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM app_dependencies WHERE app_id = ?", [app.as_str()])?;
    let mut statement = transaction.prepare(
        "INSERT OR REPLACE INTO app_dependencies
             (app_id, dependency_type, name, version_spec, resolved_version)
         VALUES (?, ?, ?, ?, ?)",
    )?;
    for Dependency { kind, name, wanted, resolved } in dependencies {
        statement.execute(params![app.as_str(), kind, name, wanted, resolved])?;
    }
    Ok(())
}

fn dependencies(connection: &Connection, app: &AppId) -> Result<Vec<Dependency>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT dependency_type, name, version_spec, resolved_version FROM app_dependencies
         WHERE app_id = ? ORDER BY dependency_type, name",
    )?;
    let rows = statement.query_map([app.as_str()], |row| {
        Ok(Dependency {
            kind: row.get(0)?,
            name: row.get(1)?,
            wanted: row.get(2)?,
            resolved: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Desired, State};

    fn manifest(id: &str) -> AppManifest {
        let text = format!(
            "id: {id}\nversion: 1\nentrypoint: main.py\npython_deps: [numpy]\n\
             vehicle_signal_lib: {{ signals: [Vehicle.Speed] }}\nlimits: {{ mem_limit: 64m }}\n"
        );
        AppManifest::parse("f", &text).unwrap()
    }

    fn situation() -> Situation {
        let at: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        Situation {
            state: State::Backoff,
            desired: Desired::Running,
            pid: Some(7),
            exit_code: Some(-3),
            started_at: Some(at),
            restarts: 2,
            again: true,
            streak: 3,
            failures: vec![at, at],
            ..Situation::new(true, at)
        }
    }

    #[tokio::test]
    async fn what_was_saved_is_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let store = StateStore::open(path.clone()).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let mut row =
            store.insert(manifest("a"), String::new(), Situation::new(false, at)).await.unwrap();
        // Positions in the manifest's text are for messages only.
        row.manifest.vehicle_signal_lib.signals[0].at = None;
        let id = row.manifest.id.clone();
        store.save(&id, &situation()).await.unwrap();
        let numpy = Dependency {
            kind: "python".into(),
            name: "numpy".into(),
            wanted: ">=1".into(),
            resolved: Some("2.0".into()),
        };
        store.set_dependencies(&id, vec![numpy.clone()]).await.unwrap();
        store.close();
        assert!(matches!(store.load().await, Err(StoreError::Closed)));

        let store = StateStore::open(path).unwrap();
        let expected = AppRow { situation: situation(), ..row };
        assert_eq!(store.load().await.unwrap(), [expected]);
        assert_eq!(store.dependencies(&id).await.unwrap(), [numpy]);
        store.delete(&id).await.unwrap();
        assert_eq!(store.load().await.unwrap(), []);
        assert_eq!(store.dependencies(&id).await.unwrap(), []);
    }

    #[tokio::test]
    async fn an_index_is_nobody_elses_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        let mut indexes = vec![];
        for id in ["a", "b", "c"] {
            let row = store.insert(manifest(id), String::new(), situation()).await.unwrap();
            indexes.push(row.uid_index);
        }
        assert_eq!(indexes, [0, 1, 2]);
        store.delete(&"b".parse().unwrap()).await.unwrap();
        assert_eq!(
            store.insert(manifest("d"), String::new(), situation()).await.unwrap().uid_index,
            1
        );
        assert_eq!(
            store.insert(manifest("e"), String::new(), situation()).await.unwrap().uid_index,
            3
        );
    }

    #[tokio::test]
    async fn an_app_is_inserted_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        store.insert(manifest("a"), String::new(), situation()).await.unwrap();
        assert!(store.insert(manifest("a"), String::new(), situation()).await.is_err());
        assert_eq!(store.load().await.unwrap().len(), 1);
        // A state for an app that is not there is refused, too.
        assert!(store.save(&"b".parse().unwrap(), &situation()).await.is_err());
    }

    #[tokio::test]
    async fn the_columns_of_the_goals_can_be_queried() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        store.insert(manifest("a"), String::new(), situation()).await.unwrap();
        let query = "SELECT python_deps || vehicle_signals FROM apps";
        let text = store.database.call(move |c| Ok(c.query_row(query, [], |r| r.get(0))?)).await;
        let text: String = text.unwrap();
        assert_eq!(text, r#"["numpy"][{"path":"Vehicle.Speed","access":["read"]}]"#);
    }

    #[tokio::test]
    async fn a_damaged_row_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        store.insert(manifest("a"), String::new(), situation()).await.unwrap();
        let spoil = "UPDATE app_runtime_state SET current_state = 'flying'";
        store.database.call(move |c| Ok(c.execute(spoil, [])?)).await.unwrap();
        let error = store.load().await.unwrap_err().to_string();
        assert_eq!(error, "the row of 'a' is damaged: unknown state 'flying'");
    }
}
