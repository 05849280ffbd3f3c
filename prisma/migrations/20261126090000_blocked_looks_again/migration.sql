-- A blocked attempt is looked at again by itself: a person may have put the right password into the secret, or an ill portal is well again.
-- `waiting_until` is when; a row that was blocked before has none and is looked at at once.
ALTER TABLE rotation_attempt DROP CONSTRAINT rotation_attempt_wait_has_end;
ALTER TABLE rotation_attempt ADD CONSTRAINT rotation_attempt_wait_has_end
  CHECK (CASE state WHEN 'waiting' THEN waiting_until IS NOT NULL WHEN 'blocked' THEN true ELSE waiting_until IS NULL END);

ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open', 'waiting_long',
                                                                   'left_previous', 'refused', 'found', 'other_account'));
