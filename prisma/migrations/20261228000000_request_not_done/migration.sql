-- People are told of a rotation that somebody asked for and that nobody could begin.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ', 'secret_read', 'backup_codes_low', 'code_wanted',
  'request_not_done'));
