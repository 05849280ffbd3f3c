-- Nobody knows whether a password that nobody uses is right still. docs/rotation.md#a-heartbeat
ALTER TABLE portal_type
  -- After how many days without a login a rotator makes one, to see whether the portal accepts what is stored; NULL: never.
  ADD COLUMN verify_every_days integer CHECK (verify_every_days BETWEEN 1 AND 3660);
