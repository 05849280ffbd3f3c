-- Tries to submit (`probes`) and rounds of guesses after a submit are two things: a login that was hard to submit is not a login whose
-- passwords were refused, and only the latter is blocked.
ALTER TABLE rotation_attempt
  ADD COLUMN guesses         integer NOT NULL DEFAULT 0 CHECK (guesses >= 0),
  -- When the staged copy of an abandoned attempt was removed from the store, a month after its end.
  ADD COLUMN copy_removed_at timestamptz;

CREATE INDEX rotation_attempt_copies ON rotation_attempt (ended_at) WHERE state = 'abandoned' AND copy_removed_at IS NULL;

GRANT UPDATE (guesses, copy_removed_at) ON rotation_attempt TO rcm_rotator;
