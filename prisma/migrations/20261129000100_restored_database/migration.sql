-- A database that was restored to an earlier hour has forgotten failures that the portals have not: whoever logged in by its ledger could lock accounts. So every
-- login rests until its portal has forgotten, too. A person says that it was restored (`rcm db restored`); that it is on another server, or another database of one,
-- than when a process was last started is noticed by itself, and counts as restored until somebody says that nothing was lost (a move, an upgrade).
CREATE TABLE database_place (
  system_identifier bigint NOT NULL,
  database_oid bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (system_identifier, database_oid)
);
CREATE TABLE database_restore (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('restored', 'another_place', 'nothing_lost')),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL CHECK (actor <> ''),
  reason text NOT NULL CHECK (btrim(reason) <> '')
);
GRANT SELECT, INSERT (system_identifier, database_oid) ON database_place TO rcm_internal;
GRANT SELECT, INSERT (kind, actor, reason) ON database_restore TO rcm_internal;
GRANT SELECT ON database_restore TO rcm_operator;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- Where the platform does not tell its identifier, nothing is noticed, and a person has to say it.
CREATE FUNCTION rcm_note_place() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here bigint;
  this_one bigint := (SELECT d.oid::bigint FROM pg_database d WHERE d.datname = current_database());
BEGIN
  BEGIN
    SELECT c.system_identifier INTO here FROM pg_control_system() c;
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    RETURN;
  END;
  IF EXISTS (SELECT FROM public.database_place p WHERE p.system_identifier = here AND p.database_oid = this_one) THEN RETURN; END IF;
  -- Of two processes that start at once, one notices.
  PERFORM pg_advisory_xact_lock(hashtext('rcm_note_place'));
  INSERT INTO public.database_place (system_identifier, database_oid) VALUES (here, this_one) ON CONFLICT DO NOTHING;
  IF NOT FOUND OR (SELECT count(*) FROM public.database_place) = 1 THEN RETURN; END IF;
  INSERT INTO public.database_restore (kind, actor, reason)
  VALUES ('another_place', 'rcm', 'the database is on another server, or another database of one, than when a process was last started');
END $$;
REVOKE ALL ON FUNCTION rcm_note_place() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_note_place() TO rcm_agent, rcm_rotator;

CREATE OR REPLACE FUNCTION rcm_login_ledger(identity text)
  RETURNS TABLE (threshold integer, budget integer, window_seconds integer, success_forgives boolean, failures integer, in_flight integer, late integer, oldest_leaves_at timestamptz,
                 newest_leaves_at timestamptz, locked_until timestamptz, locked_for_good boolean, may_be_locked boolean, throttled_until timestamptz, now timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
             a.process_ended_at,
             CASE WHEN f.in_flight THEN clock_timestamp() ELSE coalesce(a.finished_at, a.started_at + interval '10 minutes') END AS sent_by
        FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l
        CROSS JOIN LATERAL (SELECT a.outcome IS NULL AND EXISTS (SELECT FROM public.login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight) f
       WHERE (a.outcome IS NULL OR a.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced'))
         AND (a.outcome IS DISTINCT FROM 'mfa_rejected' OR l.codes_count)
         -- Of the index. What is older than its window by a day is not being made any more.
         AND (l.window_seconds IS NULL OR a.started_at > transaction_timestamp() - make_interval(days => 1, secs => l.window_seconds))
    ), counted AS (
      SELECT m.id, m.in_flight, m.outcome, m.sent_by + make_interval(secs => m.counts_for) AS leaves_at
        FROM made m CROSS JOIN limits l CROSS JOIN forgiven f LEFT JOIN accepted ok ON l.success_forgives
       WHERE m.in_flight
          OR ((m.counts_for IS NULL OR m.sent_by > transaction_timestamp() - make_interval(secs => m.counts_for))
              AND (f.at IS NULL OR m.sent_by > f.at) AND (ok.started_at IS NULL OR m.at > ok.started_at))
    ), late AS (
      SELECT m.id FROM made m CROSS JOIN unlocked u
       WHERE m.outcome IS NULL AND NOT m.in_flight AND m.started_at > transaction_timestamp() - interval '1 day'
         -- Of a process that has ended nothing comes any more, but what its kernel had taken for sending: that is tried for two minutes at most.
         AND (m.process_ended_at IS NULL OR m.process_ended_at > transaction_timestamp() - interval '2 minutes')
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
           greatest((SELECT max(a.throttled_until) FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN unlocked u
                      WHERE a.throttled_until > clock_timestamp() AND (u.at IS NULL OR u.at <= a.started_at)),
                    (SELECT r.until FROM restored r WHERE r.until > clock_timestamp())),
           clock_timestamp()
      FROM limits l CROSS JOIN lock WHERE public.rcm_tenant_has_login(identity);
  END;

-- In the trail of every organization, whoever wrote it.
CREATE FUNCTION rcm_tell_restore() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  SELECT o.id, 0, now(), NEW.actor, 'database.' || NEW.kind, 'database', NEW.reason, jsonb_build_object('signedIn', public.rcm_session()), '', ''
    FROM public.organization o ORDER BY o.id;
  RETURN NULL;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
-- Whoever makes a trigger must be allowed to call its function.
CREATE TRIGGER tell_restore AFTER INSERT ON database_restore FOR EACH ROW EXECUTE FUNCTION rcm_tell_restore();
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_tell_restore() FROM PUBLIC;
RESET ROLE;
