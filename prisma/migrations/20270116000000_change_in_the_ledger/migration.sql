-- The form of a change has the current password in it, and many portals count a wrong one there like a failed login. A change that may have been sent before has a line in the ledger before it is
-- sent again, as a login has, and one end more: `change_answered` where the portal answered anything else than that the current password is wrong, which is neither a failure nor a login
-- (docs/adr/0044).
-- Not validated: every line of before fulfils the narrower one, and the ledger may have many millions.
ALTER TABLE login_attempt
  DROP CONSTRAINT login_attempt_outcome_check,
  ADD CONSTRAINT login_attempt_outcome_check CHECK (outcome IN ('accepted', 'rejected', 'rejected_or_locked', 'locked', 'throttled', 'challenged', 'mfa_required', 'mfa_rejected',
                                                                'password_expired', 'change_forced', 'change_answered', 'unavailable', 'unknown', 'not_submitted')) NOT VALID;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- As before, with one end more that is no failure.
CREATE OR REPLACE FUNCTION rcm_login_ledger(identity text)
  RETURNS TABLE (threshold integer, budget integer, window_seconds integer, success_forgives boolean, failures integer, in_flight integer, late integer, oldest_leaves_at timestamptz,
                 newest_leaves_at timestamptz, locked_until timestamptz, locked_for_good boolean, may_be_locked boolean, throttled_until timestamptz, now timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n),
    limits AS (SELECT l.* FROM public.rcm_login_limits(identity) l),
    lock AS (SELECT public.rcm_locked_until(identity) AS until),
    unlocked AS (
      -- The last by time and the last by number need not be one: whatever the one of them is not after stands.
      SELECT max(c.at) AS at, max(c.said_no) AS no FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked'
    ),
    -- Failures before this moment count no more: a person had the account unlocked, or a lock that ends by itself has ended.
    forgiven AS (
      SELECT max(f.at) AS at, max(f.no) AS no
        FROM (SELECT u.at, u.no FROM unlocked u UNION ALL
              SELECT coalesce(a.finished_at, a.started_at), coalesce(a.ended_no, a.begun_no)
                FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l CROSS JOIN lock
               WHERE a.outcome = 'locked' AND l.success_forgives AND lock.until <= clock_timestamp()) f
    ), made AS (
      -- `at`: when it ended, as far as is known. `sent_by`: when the portal counted it at the latest; one whose process died may have been sent
      -- for as long as its browser lived, and no login takes ten minutes; but a process that stands still may send it hours later, see `late`.
      -- `counts_for`: an answer that is not a failure in the portal's own words counts for a day where time forgives nothing; it would for ever.
      SELECT a.id, a.outcome, f.in_flight, a.started_at, coalesce(a.finished_at, a.started_at) AS at,
             coalesce(l.window_seconds, CASE WHEN a.outcome IN ('challenged', 'mfa_required') THEN 86400 END) AS counts_for,
             CASE WHEN a.finished_at IS NULL THEN a.begun_no ELSE coalesce(a.ended_no, a.begun_no) END AS no, a.ended_no,
             a.process_ended_at, public.rcm_clock_shift(a.asker_ahead_ms) AS shift,
             CASE WHEN f.in_flight THEN clock_timestamp() ELSE coalesce(a.finished_at, a.started_at + interval '10 minutes') END AS sent_by
        FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l
        CROSS JOIN LATERAL (SELECT a.outcome IS NULL AND EXISTS (SELECT FROM public.login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight) f
       WHERE (a.outcome IS NULL OR a.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced', 'change_answered'))
         AND (a.outcome IS DISTINCT FROM 'mfa_rejected' OR l.codes_count)
         -- What is older than its window by a day is not being made any more; what was answered is as old as its answer. One day more, since no shift is longer.
         AND (l.window_seconds IS NULL OR coalesce(a.finished_at, a.started_at) > transaction_timestamp() - make_interval(days => 2, secs => l.window_seconds))
    ), counted AS (
      SELECT m.id, m.in_flight, m.outcome, m.sent_by + make_interval(secs => m.counts_for) - m.shift AS leaves_at
        FROM made m CROSS JOIN limits l CROSS JOIN forgiven f
       WHERE m.in_flight
          OR ((m.counts_for IS NULL OR m.sent_by > transaction_timestamp() + m.shift - make_interval(secs => m.counts_for))
              AND (f.at IS NULL OR m.sent_by > f.at OR m.no > f.no)
              -- A case, so that it is asked of each: what got in since is found by its index at once.
              AND CASE WHEN l.success_forgives
                       THEN NOT EXISTS (SELECT FROM names n JOIN public.login_attempt ok ON ok.login_identity = n.id AND ok.started_at <= n.until
                                         WHERE ok.outcome = 'accepted' AND ok.started_at >= m.at AND (ok.begun_no < m.no) IS NOT TRUE)
                       ELSE true END)
    ), late AS (
      -- As long as its process may go on, it may come: for a day. Of one that has ended nothing comes any more, but it may have come until then, and two minutes longer, as its
      -- kernel may have taken it for sending. Where the end was found within the time of a login, `counted` has all of that; else nobody knows how long the process stood still, and it
      -- is held until the portal has forgotten what came last, or for that day where no time makes it forget.
      SELECT m.id FROM made m CROSS JOIN limits l CROSS JOIN unlocked u
       WHERE m.outcome IS NULL AND NOT m.in_flight
         AND CASE WHEN m.process_ended_at IS NULL THEN m.started_at > (transaction_timestamp() + m.shift) - interval '1 day'
                  WHEN m.process_ended_at <= m.started_at + interval '10 minutes' THEN m.process_ended_at > (transaction_timestamp() + m.shift) - interval '2 minutes'
                  ELSE CASE WHEN l.window_seconds IS NULL THEN m.started_at > (transaction_timestamp() + m.shift) - interval '1 day'
                            ELSE m.process_ended_at + interval '2 minutes' > (transaction_timestamp() + m.shift) - make_interval(secs => l.window_seconds) END
                       AND CASE WHEN l.success_forgives
                                THEN NOT EXISTS (SELECT FROM names n JOIN public.login_attempt ok ON ok.login_identity = n.id AND ok.started_at <= n.until
                                                  WHERE ok.outcome = 'accepted' AND ok.started_at > m.process_ended_at + interval '2 minutes'
                                                    AND (ok.begun_no < m.ended_no) IS NOT TRUE)
                                ELSE true END END
         AND (u.at IS NULL OR m.started_at > u.at OR m.no > u.no) AND NOT EXISTS (SELECT FROM counted c WHERE c.id = m.id)
    ), restored AS (
      -- What failed in the time that was lost stands in no ledger; by then the portal has forgotten it. Where time forgives nothing, a lock's length or a day is all that can be waited for.
      SELECT d.at + make_interval(secs => coalesce(l.window_seconds, l.lock_seconds, 86400)) - public.rcm_clock_shift(d.asker_ahead_ms) AS until
        FROM (SELECT r.at, r.said_no, r.kind, r.asker_ahead_ms FROM public.database_restore r ORDER BY r.id DESC LIMIT 1) d CROSS JOIN limits l CROSS JOIN unlocked u
       WHERE d.kind <> 'nothing_lost' AND (u.at IS NULL OR u.at <= d.at OR u.no < d.said_no)
    )
    SELECT l.threshold, l.budget, l.window_seconds, l.success_forgives, (SELECT count(*) FROM counted)::int, (SELECT count(*) FROM counted c WHERE c.in_flight)::int,
           (SELECT count(*) FROM late)::int,
           (SELECT min(c.leaves_at) FROM counted c), (SELECT max(c.leaves_at) FROM counted c),
           nullif(lock.until, 'infinity'), coalesce(lock.until = 'infinity', false),
           (SELECT coalesce(bool_or(c.outcome = 'rejected_or_locked'), false) FROM counted c),
           greatest((SELECT max(a.throttled_until - public.rcm_clock_shift(a.asker_ahead_ms))
                       FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN unlocked u
                      WHERE a.throttled_until - public.rcm_clock_shift(a.asker_ahead_ms) > clock_timestamp() AND (u.at IS NULL OR u.at <= a.started_at OR u.no < a.begun_no)),
                    (SELECT r.until FROM restored r WHERE r.until > clock_timestamp())),
           clock_timestamp()
      FROM limits l CROSS JOIN lock WHERE public.rcm_tenant_has_login(identity);
  END;

CREATE OR REPLACE FUNCTION rcm_login_may_return(identity text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id JOIN public.portal_type p ON p.code = e.portal_type_code
                WHERE a.login_identity = identity AND a.started_at > now() - greatest(interval '30 days', make_interval(days => 1, secs => coalesce(p.lockout_window_seconds, 0))))
  OR EXISTS (SELECT FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code JOIN public.login_attempt a ON a.login_identity = identity
              WHERE e.left_login_identity = identity AND e.retired_at IS NOT NULL AND e.retired_secret_arn IS NOT NULL AND (e.retired_secret_removed_at >= e.retired_at) IS NOT TRUE
                AND p.lockout_window_seconds IS NULL
                AND (a.outcome IS NULL OR a.outcome <> ALL (ARRAY['accepted', 'not_submitted', 'password_expired', 'change_forced', 'change_answered']))
                AND NOT EXISTS (SELECT FROM public.login_attempt b
                                 WHERE p.lockout_counts = 'consecutive' AND b.login_identity = identity AND b.outcome = 'accepted' AND b.started_at > a.started_at
                                   AND (b.begun_no < coalesce(a.ended_no, a.begun_no)) IS NOT TRUE)
                AND NOT EXISTS (SELECT FROM public.login_clearance c WHERE c.login_identity = identity AND c.kind = 'unlocked' AND c.at > a.started_at
                                   AND (c.said_no < coalesce(a.ended_no, a.begun_no)) IS NOT TRUE));

CREATE OR REPLACE FUNCTION rcm_login_is_between(login uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT EXISTS (
      SELECT FROM public.login_attempt a
        CROSS JOIN LATERAL (SELECT b.* FROM (SELECT x.id, x.org_id, x.endpoint_id, x.version, x.fingerprint, x.outcome, x.effect, x.proved, x.with_code, x.rotation_attempt_id, x.started_at, x.finished_at
                                               FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at < a.started_at ORDER BY x.started_at DESC LIMIT 1) b) before
        CROSS JOIN LATERAL (SELECT n.* FROM (SELECT x.id, x.org_id, x.endpoint_id, x.version, x.fingerprint, x.outcome, x.effect, x.proved, x.with_code, x.rotation_attempt_id, x.started_at
                                               FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at > a.started_at ORDER BY x.started_at LIMIT 1) n) after
       WHERE a.id = login AND a.outcome = 'accepted' AND a.effect = 'none' AND a.rotation_attempt_id IS NULL AND a.throttled_until IS NULL AND a.rests_until IS NULL
         AND (before.org_id, before.endpoint_id, before.version, before.outcome, before.effect, before.proved, before.with_code)
           = (a.org_id, a.endpoint_id, a.version, a.outcome, a.effect, a.proved, a.with_code)
         AND (after.org_id, after.endpoint_id, after.version, after.outcome, after.effect, after.proved, after.with_code)
           = (a.org_id, a.endpoint_id, a.version, a.outcome, a.effect, a.proved, a.with_code)
         AND before.fingerprint IS NOT DISTINCT FROM a.fingerprint AND after.fingerprint IS NOT DISTINCT FROM a.fingerprint
         AND before.rotation_attempt_id IS NULL AND after.rotation_attempt_id IS NULL
         AND before.finished_at < a.started_at AND a.finished_at < after.started_at
         -- What was still under way when the one before began may be asked for the first acceptance after its end, and that is this one: a failure however long it took, anything else for a day.
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at < before.started_at AND x.finished_at >= before.started_at
                            AND (x.outcome IS NULL OR x.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced', 'change_answered')))
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at >= before.started_at - interval '1 day' AND x.started_at < before.started_at
                            AND x.finished_at >= before.started_at)
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at = a.started_at AND x.id <> a.id)
         AND NOT EXISTS (SELECT FROM public.login_identity_past p WHERE p.former = a.login_identity OR p.identity = a.login_identity));
  END;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
