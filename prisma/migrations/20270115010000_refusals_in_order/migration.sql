-- How long a refused password cools down was wiped out by an accepted login, or by a person's word, by its time alone. Where Postgres's clock had been ahead and was set right, what was accepted in
-- the hour ahead cleared every refusal of that password until its time had come, and the whole budget went on it. It has to be later by its number, too (20270114000000_order_of_events).
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- As before, but what clears a refusal came after it by the clock and by the number; of what an older process wrote there is no number, and the clock decides.
CREATE OR REPLACE FUNCTION rcm_password_record(identity text, prints text[], since timestamptz)
  RETURNS TABLE (proved_at timestamptz, refusals integer, bad integer, refused_first_at timestamptz, rests_until timestamptz, refused_since integer, refused_last_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  BEGIN ATOMIC
    WITH mine AS (
      SELECT a.started_at, coalesce(a.finished_at, a.started_at) AS at, a.effect, a.proved, a.rests_until, a.outcome, a.begun_no,
             CASE WHEN a.finished_at IS NULL THEN a.begun_no ELSE coalesce(a.ended_no, a.begun_no) END AS no
        FROM public.login_attempt a WHERE a.login_identity = identity AND a.fingerprint = ANY (prints) AND public.rcm_tenant_has_login(identity)
    ), known AS (
      SELECT m.at, coalesce(m.no, 0) AS no, false AS clears, m.effect, m.rests_until FROM mine m WHERE m.effect IN ('suspect', 'bad')
      UNION ALL
      SELECT m.started_at, coalesce(m.begun_no, 9223372036854775807), true, NULL, NULL FROM mine m WHERE m.proved
      UNION ALL
      SELECT c.at, coalesce(c.said_no, 9223372036854775807), true, NULL, NULL FROM public.login_clearance c WHERE c.login_identity = identity
    ), ordered AS (
      -- The highest number of all that clears and is no earlier by the clock: one look for all of them, however many there are.
      SELECT k.*, max(k.no) FILTER (WHERE k.clears) OVER (ORDER BY k.at DESC) AS cleared_no FROM known k
    ), refused AS (
      SELECT o.* FROM ordered o WHERE NOT o.clears AND (o.cleared_no >= o.no) IS NOT TRUE
    )
    SELECT (SELECT max(m.started_at) FROM mine m WHERE m.proved), count(*)::int, (count(*) FILTER (WHERE r.effect = 'bad'))::int, min(r.at), max(r.rests_until),
           (SELECT count(*) FROM mine m WHERE m.outcome IN ('rejected', 'rejected_or_locked') AND m.started_at >= since)::int,
           (SELECT max(m.at) FROM mine m WHERE m.outcome IN ('rejected', 'rejected_or_locked'))
      FROM refused r;
  END;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
