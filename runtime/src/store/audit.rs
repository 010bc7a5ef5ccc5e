//! `state.db`: what was denied.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{StoreError, state::StateStore};

/// Equal denials this long after the first are counted in its row.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Rows that are kept of one client, and of all.
const KEPT_OF_ONE: i64 = 1000;
const KEPT: i64 = 10_000;

/// Something that was denied, perhaps many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenialRow {
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Such as `app lights`.
    pub who: String,
    /// Such as `write`.
    pub access: String,
    pub path: String,
    /// As the client was told.
    pub reason: String,
    pub count: u64,
}

impl StateStore {
    pub(crate) async fn record_denials(&self, denials: Vec<DenialRow>) -> Result<(), StoreError> {
        self.database().call(move |connection| record(connection, &denials)).await
    }

    /// The newest `limit` of this client, or of all; the oldest first.
    pub(crate) async fn denials(
        &self,
        who: Option<String>,
        limit: u32,
    ) -> Result<Vec<DenialRow>, StoreError> {
        self.database().call(move |connection| denials(connection, who, limit)).await
    }
}

/// Of one length, so that they sort as they follow each other.
fn text(at: Timestamp) -> String {
    format!("{at:.9}")
}

fn denials(
    connection: &Connection,
    who: Option<String>,
    limit: u32,
) -> Result<Vec<DenialRow>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT first_at, last_at, who, access, path, reason, count FROM audit
         WHERE (?1 IS NULL OR who = ?1) ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![who, limit])?;
    let mut denials = Vec::new();
    while let Some(row) = rows.next()? {
        let who: String = row.get(2)?;
        let at = |text: String| {
            text.parse::<Timestamp>().map_err(|error| StoreError::Row {
                row: who.clone(),
                reason: format!("audit: {error}"),
            })
        };
        denials.push(DenialRow {
            first_at: at(row.get(0)?)?,
            last_at: at(row.get(1)?)?,
            access: row.get(3)?,
            path: row.get(4)?,
            reason: row.get(5)?,
            count: u64::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
            who,
        });
    }
    denials.reverse();
    Ok(denials)
}

fn record(connection: &mut Connection, denials: &[DenialRow]) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    for denial in denials {
        let DenialRow { first_at, last_at, who, access, path, reason, count } = denial;
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        let from = first_at.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let known = transaction.execute(
            "UPDATE audit SET count = count + ?1, last_at = ?2
             WHERE id = (SELECT max(id) FROM audit WHERE who = ?3 AND path = ?4 AND access = ?5)
               AND reason = ?6 AND first_at > ?7",
            params![count, text(*last_at), who, path, access, reason, text(from)],
        )?;
        if known == 0 {
            transaction.execute(
                "INSERT INTO audit (first_at, last_at, who, access, path, reason, count)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![text(*first_at), text(*last_at), who, access, path, reason, count],
            )?;
        }
    }
    let clients: BTreeSet<&str> = denials.iter().map(|denial| denial.who.as_str()).collect();
    for who in clients {
        transaction.execute(
            "DELETE FROM audit WHERE who = ?1 AND id <=
                 (SELECT id FROM audit WHERE who = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            params![who, KEPT_OF_ONE],
        )?;
    }
    transaction.execute(
        "DELETE FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?)",
        [KEPT],
    )?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, StateStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        (folder, store)
    }

    fn denial(who: &str, path: &str, at: i64) -> DenialRow {
        let at = Timestamp::from_second(at).unwrap();
        let [who, access, path, reason] = [who, "read", path, "no"].map(str::to_owned);
        DenialRow { first_at: at, last_at: at, who, access, path, reason, count: 1 }
    }

    #[tokio::test]
    async fn equal_denials_within_a_while_are_one_row() {
        let (_folder, store) = store();
        let all = [
            denial("app a", "X", 1000),
            denial("app a", "X", 1010),
            denial("app a", "Y", 1011),
            denial("app b", "X", 1012),
            denial("app a", "X", 1059),
            denial("app a", "X", 1061),
        ];
        for denial in all {
            store.record_denials(vec![denial]).await.unwrap();
        }
        let of_a = store.denials(Some("app a".into()), 10).await.unwrap();
        let counts: Vec<_> = of_a.iter().map(|row| (row.path.as_str(), row.count)).collect();
        assert_eq!(counts, [("X", 3), ("Y", 1), ("X", 1)]);
        assert_eq!(of_a[0].last_at, Timestamp::from_second(1059).unwrap());
        assert_eq!(store.denials(None, 1).await.unwrap()[0].count, 1);
    }

    #[tokio::test]
    async fn a_client_that_is_denied_much_pushes_out_its_own_rows_only() {
        let (_folder, store) = store();
        store.record_denials(vec![denial("app b", "X", 0)]).await.unwrap();
        let many = (0..KEPT_OF_ONE + 50).map(|n| denial("app a", &format!("X{n}"), n));
        store.record_denials(many.collect()).await.unwrap();
        let of_a = store.denials(Some("app a".into()), u32::MAX).await.unwrap();
        assert_eq!(of_a.len() as i64, KEPT_OF_ONE);
        assert_eq!(of_a[0].path, "X50");
        assert_eq!(store.denials(Some("app b".into()), 10).await.unwrap().len(), 1);
    }
}
