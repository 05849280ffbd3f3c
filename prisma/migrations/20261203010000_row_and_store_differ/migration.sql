-- People are told of a row that names no secret while the store holds another login for it: no agent uses either until somebody has said which is right.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ'));
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
                OR (kind = 'locked' AND substr(dedup_key, 72) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'))
                    AND left(dedup_key, 7) = 'locked:'
                    AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = substr(notice.dedup_key, 8, 64) AND a.org_id = notice.org_id AND a.endpoint_id = notice.endpoint_id))));
