-- Each backup of every organization's secrets that was written to its end: how old the newest is tells whether somebody still makes them. A backup of one organization, and one
-- that broke off, leaves no row.
CREATE TABLE backup_run (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- What was stored by then is in it.
  began_at      timestamptz NOT NULL,
  ended_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Where the files were written, for people.
  place         text        NOT NULL CHECK (place <> '' AND length(place) <= 2000),
  organizations integer     NOT NULL CHECK (organizations > 0),
  logins        integer     NOT NULL CHECK (logins >= 0),
  copies        integer     NOT NULL CHECK (copies >= 0),
  -- Logins whose secret could not be read, and which are in no file.
  missing       integer     NOT NULL CHECK (missing >= 0),
  CONSTRAINT backup_run_in_order CHECK (began_at <= ended_at)
);
GRANT SELECT, INSERT (began_at, place, organizations, logins, copies, missing) ON backup_run TO rcm_rotator;
GRANT SELECT ON backup_run TO rcm_operator;
