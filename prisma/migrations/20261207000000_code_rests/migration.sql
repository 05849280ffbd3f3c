-- People who do not answer are left in peace for a while (docs/codes.md): each login that is tried has the portal send somebody a message, and has us tell people of it. Three holes of
-- the functions beside are closed: a code was given after its turn, and taken from a person for a login that was gone, and the longest wait was refused by chance.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- Until when an organization's login asks nobody for a code; NULL: it may ask. Counted from the last request that nobody answered, and longer after each one that followed it; an answer ends it. One
-- that was let go within its first minute bothered nobody: a process that ends, a task that is not wanted any more. Asked under the lock of the login, and for each organization by itself: that the
-- people of one are asleep is no matter of another that uses the account.
CREATE FUNCTION rcm_code_rest(endpoint text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH asked AS (
    SELECT c.asked_at, c.open_until, c.answered_at IS NOT NULL AS answered, least(c.ended_at, c.open_until) AS over_at
      FROM public.code_request c
     WHERE c.org_id = public.rcm_tenant() AND c.endpoint_id = endpoint AND c.begun_at > clock_timestamp() - interval '1 day' AND c.asked_at IS NOT NULL
  ), silent AS (
    SELECT count(*) AS times, max(a.over_at) AS last
      FROM asked a
     WHERE NOT a.answered AND a.over_at <= clock_timestamp() AND a.over_at >= least(a.open_until, a.asked_at + interval '1 minute')
       AND a.asked_at > coalesce((SELECT max(b.asked_at) FROM asked b WHERE b.answered), '-infinity')
  ), rest AS (
    SELECT s.last + CASE s.times WHEN 1 THEN interval '10 minutes' WHEN 2 THEN interval '1 hour' ELSE interval '4 hours' END AS until FROM silent s WHERE s.times > 0
  )
  SELECT r.until FROM rest r WHERE r.until > clock_timestamp();
$$;

-- As before, and nothing is given once the turn is over: another login of the account may have had a code sent since.
CREATE OR REPLACE FUNCTION rcm_take_code(request uuid, lease uuid, OUT answer bytea, OUT is_open boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT CASE WHEN c.answered_at > clock_timestamp() - interval '1 minute' THEN c.sealed END, c.answered_at IS NULL AND c.ended_at IS NULL AND (c.open_until > clock_timestamp()) IS TRUE
    INTO answer, is_open
    FROM public.code_request c JOIN public.login_lease l ON l.id = c.lease_id
   WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.turn_until > clock_timestamp() AND l.expires_at > clock_timestamp() FOR UPDATE OF c;
  is_open := coalesce(is_open, false);
  IF answer IS NOT NULL THEN
    UPDATE public.code_request c SET sealed = NULL, taken_at = clock_timestamp() WHERE c.id = request;
  END IF;
END $$;

-- As before, and `over` where the process that asked has lost its lease, or its turn: whoever answers is not told that a login types the code which nobody can take any more.
CREATE OR REPLACE FUNCTION rcm_answer_code(request uuid, answer bytea, actor text, reason text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked record;
BEGIN
  SELECT c.org_id, c.endpoint_id, c.lease_id, c.answered_at, c.ended_at, least(c.open_until, c.turn_until) AS until INTO asked
    FROM public.code_request c WHERE c.id = request AND c.asked_at IS NOT NULL AND (public.rcm_tenant() IN (c.org_id, '*')) IS TRUE FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF asked.answered_at IS NOT NULL THEN RETURN 'already'; END IF;
  IF asked.ended_at IS NOT NULL OR asked.until <= clock_timestamp() THEN RETURN 'over'; END IF;
  IF NOT EXISTS (SELECT FROM public.login_lease l WHERE l.id = asked.lease_id AND l.expires_at > clock_timestamp()) THEN RETURN 'over'; END IF;
  UPDATE public.code_request c SET sealed = answer, answered_by = actor, answered_at = clock_timestamp() WHERE c.id = request;
  PERFORM public.rcm_record_person(asked.org_id, actor, 'code.answered', asked.endpoint_id, reason, jsonb_build_object('requestId', request));
  RETURN 'answered';
END $$;

-- As before, with one reading of the clock for both ends: a microsecond between two of them made the longest times longer than the table takes, and the login failed once its password was sent.
CREATE OR REPLACE FUNCTION rcm_take_code_turn(endpoint text, lease uuid, key bytea, for_ms integer, OUT held boolean, OUT request uuid)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  identity text;
BEGIN
  SELECT e.login_identity INTO identity FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  PERFORM FROM public.login_identity i WHERE i.id = identity FOR UPDATE;
  held := EXISTS (SELECT FROM public.login_lease l WHERE l.id = lease AND l.login_identity = identity AND l.org_id = public.rcm_tenant() AND l.endpoint_id = endpoint
                     AND l.expires_at > clock_timestamp());
  IF NOT held THEN RETURN; END IF;
  -- Whoever never heard that it had taken its turn takes it again.
  UPDATE public.code_request c SET sealed = NULL, ended_at = clock_timestamp() WHERE c.lease_id = lease AND c.ended_at IS NULL;
  -- By the leases of the login, which are few.
  IF EXISTS (SELECT FROM public.login_lease l JOIN public.code_request c ON c.lease_id = l.id
              WHERE l.login_identity = identity AND l.expires_at > clock_timestamp() AND c.ended_at IS NULL AND c.turn_until > clock_timestamp()) THEN
    RETURN;
  END IF;
  DELETE FROM public.code_request c WHERE c.org_id = public.rcm_tenant() AND c.begun_at < clock_timestamp() - interval '30 days';
  INSERT INTO public.code_request AS c (org_id, endpoint_id, lease_id, public_key, begun_at, turn_until)
    SELECT public.rcm_tenant(), endpoint, lease, key, n.at, n.at + make_interval(secs => for_ms / 1000.0) FROM (SELECT clock_timestamp() AS at OFFSET 0) n RETURNING c.id INTO request;
END $$;
CREATE OR REPLACE FUNCTION rcm_ask_code(request uuid, lease uuid, for_ms integer, OUT asked boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.code_request c SET asked_at = n.at, open_until = n.at + make_interval(secs => for_ms / 1000.0)
    FROM public.login_lease l, (SELECT clock_timestamp() AS at OFFSET 0) n
   WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.asked_at IS NULL AND c.ended_at IS NULL AND c.turn_until > clock_timestamp()
     AND l.id = lease AND l.expires_at > clock_timestamp();
  asked := FOUND;
END $$;

REVOKE ALL ON FUNCTION rcm_code_rest(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_code_rest(text) TO rcm_agent, rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
