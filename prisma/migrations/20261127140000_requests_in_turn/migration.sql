-- A request that its command has left may not be able to begin yet, as its login is busy. Rotators look at all of them in turn, so that as many as
-- they take up at once hold up nobody else's.

ALTER TABLE rotation_request
  -- When a rotator began to look at it last.
  ADD COLUMN looked_at timestamptz;

DROP INDEX rotation_request_unanswered;
CREATE INDEX rotation_request_in_turn ON rotation_request (looked_at NULLS FIRST, requested_at) WHERE answered_at IS NULL;

GRANT UPDATE (looked_at) ON rotation_request TO rcm_rotator;
