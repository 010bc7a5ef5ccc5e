//! Takes an app's archive from a request's body to a fresh folder.

use std::{io, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use axum::body::Body;
use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use super::unpack::{Limits, UnpackError, unpack};

/// A client that sends nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the archive is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("no data came for {} seconds", .after.as_secs())]
    Stalled { after: Duration },
    #[error("the upload broke off: {0}")]
    Broken(axum::Error),
    #[error("cannot store the upload: {0}")]
    Write(#[from] io::Error),
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

/// Unpacks `body` into a fresh folder under `staging`. The folder goes with the returned
/// value: nothing stays behind unless the caller keeps it.
pub(crate) async fn receive(body: Body, staging: &Path) -> Result<TempDir, UploadError> {
    let limits = Limits::default();
    tokio::fs::create_dir_all(staging).await?;
    let packed = store(body, staging, limits.packed).await?;
    let staging = staging.to_owned();
    let unpacked = tokio::task::spawn_blocking(move || {
        let folder = tempfile::Builder::new().prefix("app-").tempdir_in(staging)?;
        // `tempdir` makes it 0700; the app itself, another user, reads its code there later.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let mut packed = packed;
        unpack(&mut packed, folder.path(), &limits)?;
        Ok(folder)
    });
    unpacked.await.map_err(|error| UploadError::Write(io::Error::other(error)))?
}

/// Writes the body to a file without a name, which is gone when closed.
async fn store(body: Body, staging: &Path, limit: u64) -> Result<std::fs::File, UploadError> {
    let mut file = tokio::fs::File::from_std(tempfile::tempfile_in(staging)?);
    let mut chunks = body.into_data_stream();
    let mut size: u64 = 0;
    loop {
        let chunk = tokio::time::timeout(PATIENCE, chunks.next()).await;
        let Some(chunk) = chunk.map_err(|_| UploadError::Stalled { after: PATIENCE })? else {
            break;
        };
        let chunk = chunk.map_err(UploadError::Broken)?;
        size += chunk.len() as u64;
        if size > limit {
            return Err(UploadError::TooLarge { limit });
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(file.into_std().await)
}
