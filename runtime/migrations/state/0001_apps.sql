-- What is installed. The manifest is kept whole, as it was read and checked; the columns
-- below it are views into it for people with a SQL prompt.
CREATE TABLE apps (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    version         TEXT NOT NULL,
    manifest        TEXT NOT NULL,
    config          TEXT GENERATED ALWAYS AS (json_extract(manifest, '$.config')) VIRTUAL,
    python_deps     TEXT GENERATED ALWAYS AS (json_extract(manifest, '$.python_deps')) VIRTUAL,
    vehicle_signals TEXT GENERATED ALWAYS AS
        (json_extract(manifest, '$.vehicle_signal_lib.signals')) VIRTUAL,
    -- Names the app's own user where the runtime is root; free again when the app is gone.
    uid_index       INTEGER NOT NULL UNIQUE,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The state machine's whole memory of an app, written before anything is acknowledged.
CREATE TABLE app_runtime_state (
    app_id        TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
    current_state TEXT NOT NULL,
    desired_state TEXT NOT NULL,
    health        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         TEXT NOT NULL,
    pid           INTEGER,
    exit_code     INTEGER,
    last_start    TEXT,
    restarts      INTEGER NOT NULL,
    start_again   INTEGER NOT NULL,
    streak        INTEGER NOT NULL,
    failures      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was asked for, and what it was resolved to.
CREATE TABLE app_dependencies (
    app_id           TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    dependency_type  TEXT NOT NULL CHECK (dependency_type IN ('python', 'vehicle_signal')),
    name             TEXT NOT NULL,
    version_spec     TEXT NOT NULL,
    resolved_version TEXT,
    PRIMARY KEY (app_id, dependency_type, name)
) STRICT, WITHOUT ROWID;
