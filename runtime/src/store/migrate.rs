//! Brings a database to the newest schema, step by step.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// Numbered from 1; what was released is never changed, only added to.
pub(super) type Migrations = &'static [&'static str];

pub(super) const STATE: Migrations = &[
    include_str!("../../migrations/state/0001_apps.sql"),
    include_str!("../../migrations/state/0002_model.sql"),
    include_str!("../../migrations/state/0003_access.sql"),
];
pub(super) const LOGS: Migrations = &[include_str!("../../migrations/logs/0001_logs.sql")];

/// Each step and its number are one transaction: a step is done or not, never half.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: Migrations,
) -> Result<(), StoreError> {
    let open = |error| StoreError::Open { path: path.to_owned(), error };
    let version: u32 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(open)?;
    let version = version as usize;
    if version > migrations.len() {
        let (path, known) = (path.to_owned(), migrations.len());
        return Err(StoreError::Newer { path, found: version, known });
    }
    for (index, sql) in migrations.iter().enumerate().skip(version) {
        let transaction = connection.transaction().map_err(open)?;
        transaction.execute_batch(sql).map_err(open)?;
        transaction.pragma_update(None, "user_version", index as u32 + 1).map_err(open)?;
        transaction.commit().map_err(open)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_once_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first: Migrations = &["CREATE TABLE a (x)"];
        let second: Migrations = &["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"];
        migrate(&mut connection, Path::new("x.db"), first).unwrap();
        connection.execute("INSERT INTO a (x) VALUES (1)", []).unwrap();
        migrate(&mut connection, Path::new("x.db"), second).unwrap();
        migrate(&mut connection, Path::new("x.db"), second).unwrap();
        let kept: i64 = connection.query_row("SELECT x FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 1);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken: Migrations = &["CREATE TABLE a (x); CREATE TABLE a (x);"];
        assert!(migrate(&mut connection, Path::new("x.db"), broken).is_err());
        let count = "SELECT count(*) FROM sqlite_schema";
        assert_eq!(connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        let error = migrate(&mut connection, Path::new("x.db"), STATE).unwrap_err().to_string();
        assert!(error.starts_with("x.db: written by a newer version"), "{error}");
    }

    #[test]
    fn the_released_steps_work() {
        for migrations in [STATE, LOGS] {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate(&mut connection, Path::new("x.db"), migrations).unwrap();
        }
    }
}
