-- A code that a portal asks a person for (docs/codes.md). The process that logs in takes its turn before it begins, so that of one account's logins one at a time has a code sent: with two, each could be
-- answered with the other's. When the page asks, it writes down that it wants the code, and waits; whoever has it answers. The answer is sealed for a key that lies in the memory of the process
-- that asked and nowhere else: to everybody who can read the row, a backup of it or the WAL, it is noise.
SELECT set_config('app.tenant_id', '*', true);

CREATE TABLE code_request (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id      text NOT NULL,
  endpoint_id text NOT NULL,
  -- Under which the login is tried: nobody else may take the answer.
  lease_id    uuid NOT NULL,
  -- SubjectPublicKeyInfo (RFC 5280) of an RSA key.
  public_key  bytea NOT NULL CHECK (octet_length(public_key) BETWEEN 256 AND 600),
  -- Where the portal sends its code, by keyed fingerprints of the one number or address; empty: where no message of it reaches us.
  inboxes     text[] NOT NULL DEFAULT '{}'
    CONSTRAINT code_request_inboxes_are_prints
      CHECK (cardinality(inboxes) <= 2 AND array_to_string(inboxes, ' ', '') ~ '^([a-z0-9]{1,16}:[0-9a-f]{64}( [a-z0-9]{1,16}:[0-9a-f]{64})?)?$'),
  begun_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- For how long the turn may be held, whatever becomes of the login.
  turn_until  timestamptz NOT NULL,
  -- When its page asked, and until when somebody may answer; NULL: it has not asked, and nobody is shown the row.
  asked_at    timestamptz,
  open_until  timestamptz,
  sealed      bytea CHECK (octet_length(sealed) BETWEEN 256 AND 512),
  answered_by text CHECK (length(answered_by) BETWEEN 1 AND 400),
  answered_at timestamptz,
  taken_at    timestamptz,
  ended_at    timestamptz,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT code_request_turn_bounded CHECK (turn_until > begun_at AND turn_until <= begun_at + interval '1 hour'),
  CONSTRAINT code_request_asked_whole CHECK (num_nulls(asked_at, open_until) = 2 OR (open_until > asked_at AND open_until <= asked_at + interval '10 minutes') IS TRUE),
  CONSTRAINT code_request_answered_whole CHECK (num_nulls(answered_by, answered_at) = 2 OR (num_nulls(answered_by, answered_at) = 0 AND asked_at IS NOT NULL)),
  CONSTRAINT code_request_taken_once_answered CHECK (taken_at IS NULL OR answered_at IS NOT NULL),
  CONSTRAINT code_request_forgets CHECK (sealed IS NULL OR (answered_at IS NOT NULL AND taken_at IS NULL AND ended_at IS NULL))
);
CREATE INDEX code_request_open ON code_request (open_until) WHERE taken_at IS NULL AND ended_at IS NULL;
CREATE INDEX code_request_of_one ON code_request (org_id, begun_at);
CREATE INDEX code_request_of_login ON code_request (org_id, endpoint_id, begun_at);
CREATE INDEX code_request_turn ON code_request (lease_id) WHERE ended_at IS NULL;
-- Turns that are held at an inbox: few, whatever has been asked before.
CREATE INDEX code_request_at_inbox ON code_request (turn_until) WHERE ended_at IS NULL AND inboxes <> '{}';
CALL rcm_isolate('code_request');
CREATE POLICY every_tenant_is_seen ON code_request FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY every_tenant_is_shown ON code_request FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY internal ON code_request TO rcm_internal USING (true);
GRANT SELECT, INSERT, DELETE, UPDATE (asked_at, open_until, sealed, answered_by, answered_at, taken_at, ended_at) ON code_request TO rcm_internal;
GRANT SELECT (id, org_id, endpoint_id, asked_at, ended_at) ON code_request TO rcm_agent, rcm_rotator;
GRANT SELECT (id, org_id, endpoint_id, public_key, begun_at, asked_at, open_until, answered_by, answered_at, taken_at, ended_at) ON code_request TO rcm_operator, rcm_console;

-- Takes the turn of a login that may be asked for a code, for `for_ms` milliseconds at most. `at`: keyed fingerprints of the inbox that the code is sent to; NULL: its messages do not reach us.
-- Of the logins at one portal type that share an inbox, too, one at a time has its turn. `request` NULL: another login of the account has it, in whatever organization. `held` false: the lease is over, and
-- nothing was taken. A turn ends with the lease that it was taken under. What an organization asked for more than thirty days ago goes.
CREATE FUNCTION rcm_take_code_turn(endpoint text, lease uuid, key bytea, for_ms integer, at text[], OUT held boolean, OUT request uuid)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  identity text;
  portal text;
BEGIN
  SELECT e.login_identity, e.portal_type_code INTO identity, portal FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  PERFORM FROM public.login_identity i WHERE i.id = identity FOR UPDATE;
  PERFORM pg_advisory_xact_lock(hashtextextended('rcm_code_inbox ' || portal || ' ' || p, 0)) FROM (SELECT unnest(at) AS p ORDER BY 1) s;
  held := EXISTS (SELECT FROM public.login_lease l WHERE l.id = lease AND l.login_identity = identity AND l.org_id = public.rcm_tenant() AND l.endpoint_id = endpoint
                     AND l.expires_at > clock_timestamp());
  IF NOT held THEN RETURN; END IF;
  -- Whoever never heard that it had taken its turn takes it again.
  UPDATE public.code_request c SET sealed = NULL, ended_at = clock_timestamp() WHERE c.lease_id = lease AND c.ended_at IS NULL;
  -- By the leases of the login, which are few, and by the turns that are held at inboxes.
  IF EXISTS (SELECT FROM public.login_lease l JOIN public.code_request c ON c.lease_id = l.id
              WHERE l.login_identity = identity AND l.expires_at > clock_timestamp() AND c.ended_at IS NULL AND c.turn_until > clock_timestamp())
     OR EXISTS (SELECT FROM public.code_request c JOIN public.login_lease l ON l.id = c.lease_id JOIN public.integration_endpoint e ON (e.org_id, e.id) = (c.org_id, c.endpoint_id)
                 WHERE c.ended_at IS NULL AND c.inboxes <> '{}' AND c.inboxes && at AND c.turn_until > clock_timestamp() AND l.expires_at > clock_timestamp()
                   AND e.portal_type_code = portal) THEN
    RETURN;
  END IF;
  DELETE FROM public.code_request c WHERE c.org_id = public.rcm_tenant() AND c.begun_at < clock_timestamp() - interval '30 days';
  INSERT INTO public.code_request AS c (org_id, endpoint_id, lease_id, public_key, begun_at, turn_until, inboxes)
    SELECT public.rcm_tenant(), endpoint, lease, key, n.at, n.at + make_interval(secs => for_ms / 1000.0), coalesce(inboxes_of.prints, '{}')
      FROM (SELECT clock_timestamp() AS at OFFSET 0) n, (SELECT at AS prints) inboxes_of RETURNING c.id INTO request;
END $$;

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

-- The page asks: people are shown it from now on, for `for_ms` milliseconds. `asked` false: the turn or its lease is over. One reading of the clock for both
-- ends: a microsecond between two would make the longest time longer than the table takes.
CREATE FUNCTION rcm_ask_code(request uuid, lease uuid, for_ms integer, OUT asked boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.code_request c SET asked_at = n.at, open_until = n.at + make_interval(secs => for_ms / 1000.0)
    FROM public.login_lease l, (SELECT clock_timestamp() AS at OFFSET 0) n
   WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.asked_at IS NULL AND c.ended_at IS NULL AND c.turn_until > clock_timestamp()
     AND l.id = lease AND l.expires_at > clock_timestamp();
  asked := FOUND;
END $$;

-- The answer, once: it is gone from the row then. `is_open` false: nobody has answered, and nobody can any more. An answer that has lain for a minute is given to nobody: whoever asked
-- stood still, and the portal may have forgotten. Nor is one to whoever has lost the lease, or the turn: another login of the account may have had a code sent since.
CREATE FUNCTION rcm_take_code(request uuid, lease uuid, OUT answer bytea, OUT is_open boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- The login has ended, and its turn with it. Of one whose page never asked nothing is kept.
CREATE FUNCTION rcm_end_code_turn(request uuid, lease uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM public.code_request c WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.asked_at IS NULL;
  UPDATE public.code_request c SET sealed = NULL, ended_at = clock_timestamp()
   WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.ended_at IS NULL;
$$;

-- A person's answer, with the event that says whose it was. `answered`, or why not: `unknown`, `already`, `over`
-- (also where the process that asked has lost its lease or its turn: nobody can take the code any more).
CREATE FUNCTION rcm_answer_code(request uuid, answer bytea, actor text, reason text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_take_code_turn(text, uuid, bytea, integer, text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_ask_code(uuid, uuid, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_code_rest(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_take_code(uuid, uuid) OWNER TO rcm_internal;
ALTER FUNCTION rcm_end_code_turn(uuid, uuid) OWNER TO rcm_internal;
ALTER FUNCTION rcm_answer_code(uuid, bytea, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_take_code_turn(text, uuid, bytea, integer, text[]), rcm_ask_code(uuid, uuid, integer), rcm_code_rest(text), rcm_take_code(uuid, uuid), rcm_end_code_turn(uuid, uuid), rcm_answer_code(uuid, bytea, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_take_code_turn(text, uuid, bytea, integer, text[]), rcm_ask_code(uuid, uuid, integer), rcm_code_rest(text), rcm_take_code(uuid, uuid), rcm_end_code_turn(uuid, uuid) TO rcm_agent, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_answer_code(uuid, bytea, text, text) TO rcm_operator, rcm_console;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- People are told that somebody waits for them.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ', 'secret_read', 'backup_codes_low', 'code_wanted'));
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
                    AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = substr(notice.dedup_key, 8, 64) AND a.org_id = notice.org_id AND a.endpoint_id = notice.endpoint_id))));
