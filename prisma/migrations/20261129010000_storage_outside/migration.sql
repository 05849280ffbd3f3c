-- Where removed plaintext may still lie although the storage was rewritten: copies that only a person can deal with. One row a kind; it is open from the newest
-- removal that it may hold until somebody says that it is dealt with. Nothing of a tenant is in it.
CREATE TABLE storage_outside (
  kind          text PRIMARY KEY CHECK (kind ~ '^[a-z_]{1,40}$'),
  -- What it may hold was removed before this moment.
  found_at      timestamptz NOT NULL,
  dealt_with_at timestamptz,
  dealt_with_by text CHECK (dealt_with_by <> ''),
  reason        text CHECK (reason <> ''),
  CONSTRAINT storage_outside_says_who CHECK (num_nulls(dealt_with_at, dealt_with_by, reason) IN (0, 3))
);
GRANT SELECT, INSERT (kind, found_at), UPDATE (found_at, dealt_with_at, dealt_with_by, reason) ON storage_outside TO rcm_migrator;
