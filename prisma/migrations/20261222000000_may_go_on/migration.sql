-- What a recovery may take up: waits that are over, and what nobody has in hand, in the order in which each could be taken up. It had passed over all that wait or are blocked.
CREATE INDEX rotation_attempt_may_go_on ON rotation_attempt ((CASE WHEN state = 'waiting' THEN waiting_until ELSE created_at END), id) WHERE ended_at IS NULL AND state <> 'blocked';
