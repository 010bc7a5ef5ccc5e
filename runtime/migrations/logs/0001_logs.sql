-- Consoles. Separate from the state, so that a flood of lines never delays a state change
-- and the file can be thrown away.
CREATE TABLE app_logs (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id    TEXT NOT NULL,
    -- Grows by one per app, over all its runs.
    seq       INTEGER NOT NULL,
    -- The number the app's shim gave it; NULL for lines of the runtime's own.
    shim_seq  INTEGER,
    -- Microseconds since 1970.
    timestamp INTEGER NOT NULL,
    stream    TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr', 'status')),
    partial   INTEGER NOT NULL,
    content   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX app_logs_by_seq ON app_logs (app_id, seq);
CREATE INDEX app_logs_by_shim_seq ON app_logs (app_id, shim_seq) WHERE shim_seq IS NOT NULL;
