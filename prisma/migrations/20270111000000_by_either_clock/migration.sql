-- A failure leaves a portal's window when both clocks say so: Postgres's, and that of whoever asks. Somebody set the first eight minutes ahead, and eight minutes too early the budget was
-- there again: the portal still counted what had failed, and locked the account (seed 27 of the simulation). Every transaction says by how much its process's clock is ahead of
-- Postgres's; each login keeps that, and whoever asks compares it with its own: where it has fallen, Postgres's clock has gone on by so much more than the process's.
ALTER TABLE login_attempt ADD COLUMN asker_ahead_ms integer;
-- Not with the column, or all rows of before had what whoever migrates says.
ALTER TABLE login_attempt ALTER COLUMN asker_ahead_ms SET DEFAULT nullif(current_setting('app.asker_ahead_ms', true), '')::integer;
GRANT SELECT (asker_ahead_ms) ON login_attempt TO rcm_internal;
-- And what a rotation waits for.
ALTER TABLE rotation_attempt ADD COLUMN asker_ahead_ms integer;
GRANT UPDATE (asker_ahead_ms) ON rotation_attempt TO rcm_rotator;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- How much later it is by Postgres's clock than by those of the processes, since a login of which that was noted: nothing, or less than nothing, and a day at most, or a process whose clock is
-- wrong by years would be kept out for as long. Nothing where one of the two did not say.
CREATE FUNCTION rcm_clock_shift(noted_ahead_ms integer) RETURNS interval LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN make_interval(secs => greatest(-86400000, least(0, nullif(current_setting('app.asker_ahead_ms', true), '')::integer - noted_ahead_ms)) / 1000.0);
REVOKE ALL ON FUNCTION rcm_clock_shift(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_clock_shift(integer) TO rcm_rotator;

-- As before, but what the portal said last holds as long by either clock.
CREATE OR REPLACE FUNCTION rcm_told_lock_until(identity text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n)
    SELECT CASE WHEN l.lock_seconds IS NULL THEN 'infinity'::timestamptz ELSE a.at + make_interval(secs => l.lock_seconds) - a.shift END
      FROM public.rcm_login_limits(identity) l
      CROSS JOIN (SELECT coalesce(t.finished_at, t.started_at) AS at, public.rcm_clock_shift(t.asker_ahead_ms) AS shift
                    FROM names n JOIN public.login_attempt t ON t.login_identity = n.id AND t.started_at <= n.until WHERE t.outcome = 'locked'
                   ORDER BY 1 DESC LIMIT 1) a
     WHERE NOT EXISTS (SELECT FROM names n JOIN public.login_attempt ok ON ok.login_identity = n.id AND ok.started_at <= n.until
                        WHERE ok.outcome = 'accepted' AND ok.started_at > a.at)
       AND NOT EXISTS (SELECT FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked' AND c.at > a.at);
  END;

-- As before, but what is compared with the time is compared with what it is by either clock.
CREATE OR REPLACE FUNCTION rcm_login_ledger(identity text)
  RETURNS TABLE (threshold integer, budget integer, window_seconds integer, success_forgives boolean, failures integer, in_flight integer, late integer, oldest_leaves_at timestamptz,
                 newest_leaves_at timestamptz, locked_until timestamptz, locked_for_good boolean, may_be_locked boolean, throttled_until timestamptz, now timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n),
    limits AS (SELECT l.* FROM public.rcm_login_limits(identity) l),
    lock AS (SELECT public.rcm_locked_until(identity) AS until),
    accepted AS (
      SELECT max((SELECT max(a.started_at) FROM public.login_attempt a WHERE a.login_identity = n.id AND a.started_at <= n.until AND a.outcome = 'accepted')) AS started_at
        FROM names n
    ), unlocked AS (
      SELECT max(c.at) AS at FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked'
    ),
    -- Failures before this moment count no more: a person had the account unlocked, or a lock that ends by itself has ended.
    forgiven AS (
      SELECT greatest((SELECT u.at FROM unlocked u),
                      (SELECT max(coalesce(a.finished_at, a.started_at))
                         FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l CROSS JOIN lock
                        WHERE a.outcome = 'locked' AND l.success_forgives AND lock.until <= clock_timestamp())) AS at
    ), made AS (
      -- `at`: when it ended, as far as is known. `sent_by`: when the portal counted it at the latest; one whose process died may have been sent
      -- for as long as its browser lived, and no login takes ten minutes; but a process that stands still may send it hours later, see `late`.
      -- `counts_for`: an answer that is not a failure in the portal's own words counts for a day where time forgives nothing; it would for ever.
      SELECT a.id, a.outcome, f.in_flight, a.started_at, coalesce(a.finished_at, a.started_at) AS at,
             coalesce(l.window_seconds, CASE WHEN a.outcome IN ('challenged', 'mfa_required') THEN 86400 END) AS counts_for,
             a.process_ended_at, public.rcm_clock_shift(a.asker_ahead_ms) AS shift,
             CASE WHEN f.in_flight THEN clock_timestamp() ELSE coalesce(a.finished_at, a.started_at + interval '10 minutes') END AS sent_by
        FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l
        CROSS JOIN LATERAL (SELECT a.outcome IS NULL AND EXISTS (SELECT FROM public.login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight) f
       WHERE (a.outcome IS NULL OR a.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced'))
         AND (a.outcome IS DISTINCT FROM 'mfa_rejected' OR l.codes_count)
         -- What is older than its window by a day is not being made any more; what was answered is as old as its answer. One day more, since no shift is longer.
         AND (l.window_seconds IS NULL OR coalesce(a.finished_at, a.started_at) > transaction_timestamp() - make_interval(days => 2, secs => l.window_seconds))
    ), counted AS (
      SELECT m.id, m.in_flight, m.outcome, m.sent_by + make_interval(secs => m.counts_for) - m.shift AS leaves_at
        FROM made m CROSS JOIN limits l CROSS JOIN forgiven f LEFT JOIN accepted ok ON l.success_forgives
       WHERE m.in_flight
          OR ((m.counts_for IS NULL OR m.sent_by > transaction_timestamp() + m.shift - make_interval(secs => m.counts_for))
              AND (f.at IS NULL OR m.sent_by > f.at) AND (ok.started_at IS NULL OR m.at > ok.started_at))
    ), late AS (
      -- As long as its process may go on, it may come: for a day. Of one that has ended nothing comes any more, but it may have come until then, and two minutes longer, as its
      -- kernel may have taken it for sending. Where the end was found within the time of a login, `counted` has all of that; else nobody knows how long the process stood still, and it
      -- is held until the portal has forgotten what came last, or for that day where no time makes it forget.
      SELECT m.id FROM made m CROSS JOIN limits l CROSS JOIN unlocked u LEFT JOIN accepted ok ON l.success_forgives
       WHERE m.outcome IS NULL AND NOT m.in_flight
         AND CASE WHEN m.process_ended_at IS NULL THEN m.started_at > (transaction_timestamp() + m.shift) - interval '1 day'
                  WHEN m.process_ended_at <= m.started_at + interval '10 minutes' THEN m.process_ended_at > (transaction_timestamp() + m.shift) - interval '2 minutes'
                  ELSE CASE WHEN l.window_seconds IS NULL THEN m.started_at > (transaction_timestamp() + m.shift) - interval '1 day'
                            ELSE m.process_ended_at + interval '2 minutes' > (transaction_timestamp() + m.shift) - make_interval(secs => l.window_seconds) END
                       AND (ok.started_at IS NULL OR ok.started_at <= m.process_ended_at + interval '2 minutes') END
         AND (u.at IS NULL OR m.started_at > u.at) AND NOT EXISTS (SELECT FROM counted c WHERE c.id = m.id)
    ), restored AS (
      -- What failed in the time that was lost stands in no ledger; by then the portal has forgotten it. Where time forgives nothing, a lock's length or a day is all that can be waited for.
      SELECT d.at + make_interval(secs => coalesce(l.window_seconds, l.lock_seconds, 86400)) AS until
        FROM (SELECT r.at, r.kind FROM public.database_restore r ORDER BY r.id DESC LIMIT 1) d CROSS JOIN limits l CROSS JOIN unlocked u
       WHERE d.kind <> 'nothing_lost' AND (u.at IS NULL OR u.at <= d.at)
    )
    SELECT l.threshold, l.budget, l.window_seconds, l.success_forgives, (SELECT count(*) FROM counted)::int, (SELECT count(*) FROM counted c WHERE c.in_flight)::int,
           (SELECT count(*) FROM late)::int,
           (SELECT min(c.leaves_at) FROM counted c), (SELECT max(c.leaves_at) FROM counted c),
           nullif(lock.until, 'infinity'), coalesce(lock.until = 'infinity', false),
           (SELECT coalesce(bool_or(c.outcome = 'rejected_or_locked'), false) FROM counted c),
           greatest((SELECT max(a.throttled_until - public.rcm_clock_shift(a.asker_ahead_ms))
                       FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN unlocked u
                      WHERE a.throttled_until - public.rcm_clock_shift(a.asker_ahead_ms) > clock_timestamp() AND (u.at IS NULL OR u.at <= a.started_at)),
                    (SELECT r.until FROM restored r WHERE r.until > clock_timestamp())),
           clock_timestamp()
      FROM limits l CROSS JOIN lock WHERE public.rcm_tenant_has_login(identity);
  END;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
