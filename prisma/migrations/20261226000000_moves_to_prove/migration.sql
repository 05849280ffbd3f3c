-- A login stays moved only once it was accepted where it lies now (docs/store-places.md). That the login which shows it is still to be made is written down in the transaction that moves the
-- row, beside where it was: a process that was stopped, or died, before it knew of an answer leaves that to whoever says the same again.
ALTER TABLE unnamed_secret ADD COLUMN unproved boolean NOT NULL DEFAULT false;
GRANT UPDATE (unproved) ON unnamed_secret TO rcm_migrator;
