-- People are told of an account for which no login is made until somebody says so.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ', 'secret_read', 'backup_codes_low', 'code_wanted',
  'request_not_done', 'person_wanted'));
-- An agent tells so of the account that it holds a lease for.
DROP POLICY agent_tells ON notice;
CREATE POLICY agent_tells ON notice AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (org_id IS NOT NULL AND endpoint_id IS NOT NULL AND portal_type_code IS NULL AND attempt_id IS NULL AND (detail IS NULL OR length(detail) <= 300)
              AND created_at <= clock_timestamp()
              AND ((kind = 'refused' AND dedup_key IN ('refused:' || endpoint_id || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'),
                                                       'refused:' || endpoint_id || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')))
                OR (kind = 'row_and_store_differ'
                    AND dedup_key IN ('row_and_store_differ:' || endpoint_id || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'),
                                      'row_and_store_differ:' || endpoint_id || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD'))
                    AND EXISTS (SELECT FROM integration_endpoint e WHERE e.id = notice.endpoint_id AND e.org_id = notice.org_id AND e.secret_arn IS NULL))
                OR (kind = 'backup_codes_low'
                    AND left(dedup_key, -11) IN ('backup_codes_low:' || endpoint_id || ':few', 'backup_codes_low:' || endpoint_id || ':none')
                    AND right(dedup_key, 11) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')))
                OR (kind = 'code_wanted'
                    AND EXISTS (SELECT FROM code_request c WHERE dedup_key = 'code_wanted:' || c.id AND c.org_id = notice.org_id AND c.endpoint_id = notice.endpoint_id AND c.ended_at IS NULL))
                OR (kind = 'locked' AND substr(dedup_key, 72) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'))
                    AND left(dedup_key, 7) = 'locked:'
                    AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = substr(notice.dedup_key, 8, 64) AND a.org_id = notice.org_id AND a.endpoint_id = notice.endpoint_id))
                OR (kind = 'person_wanted' AND substr(dedup_key, 79) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD'))
                    AND left(dedup_key, 14) = 'person_wanted:'
                    AND EXISTS (SELECT FROM login_lease l WHERE l.login_identity = substr(notice.dedup_key, 15, 64) AND l.org_id = notice.org_id AND l.endpoint_id = notice.endpoint_id))));
