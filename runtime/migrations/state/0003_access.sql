-- What was denied. Equal denials within a while are one row with a count; only so many rows
-- of one client are kept, so none of them can fill the disk or push out the others'.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    first_at TEXT NOT NULL,
    last_at  TEXT NOT NULL,
    who      TEXT NOT NULL,
    access   TEXT NOT NULL,
    path     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    count    INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_who ON audit (who, id);
CREATE INDEX audit_what ON audit (who, path, access, id);

-- Grants that a person gave or took, in their order: of two that speak of a signal the later
-- one holds.
CREATE TABLE app_grants (
    app_id  TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    ruling  TEXT NOT NULL CHECK (ruling IN ('grant', 'revoke')),
    access  TEXT NOT NULL CHECK (access IN ('read', 'write', 'provide')),
    pattern TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (app_id, number)
) STRICT, WITHOUT ROWID;
