-- Codes that reach the platform as a message (docs/codes.md). The login says, before its password is sent, to whom the portal sends its code: by keyed fingerprints of the number or address, so that the
-- database holds neither. A message is given to the one login whose turn it is at that inbox, or to none.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE code_request ADD COLUMN inboxes text[] NOT NULL DEFAULT '{}', ADD COLUMN message_at timestamptz;
ALTER TABLE code_request
  ADD CONSTRAINT code_request_inboxes_are_prints
    CHECK (cardinality(inboxes) <= 2 AND array_to_string(inboxes, ' ', '') ~ '^([a-z0-9]{1,16}:[0-9a-f]{64}( [a-z0-9]{1,16}:[0-9a-f]{64})?)?$'),
  ADD CONSTRAINT code_request_message_answers CHECK (message_at IS NULL OR answered_at IS NOT NULL);
-- Turns that are held at an inbox: few, whatever has been asked before.
CREATE INDEX code_request_at_inbox ON code_request (turn_until) WHERE ended_at IS NULL AND inboxes <> '{}';
GRANT UPDATE (message_at) ON code_request TO rcm_internal;

-- Messages and codes that were taken, by keyed fingerprints, so that none counts twice. It says nothing of whose they were.
CREATE TABLE inbound_seen (
  print   text PRIMARY KEY CHECK (print ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX inbound_seen_at ON inbound_seen (seen_at);
GRANT SELECT, INSERT, DELETE ON inbound_seen TO rcm_internal;

-- Writes down what was taken; false: some of it was taken before, and nothing was written. What is older than 400 days goes, some at a time.
CREATE FUNCTION rcm_see_once(prints text[]) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (cardinality(prints) BETWEEN 1 AND 4) IS NOT TRUE THEN
    RAISE EXCEPTION 'so many fingerprints are not those of one message' USING ERRCODE = 'check_violation';
  END IF;
  DELETE FROM public.inbound_seen s WHERE s.print IN
    (SELECT o.print FROM public.inbound_seen o WHERE o.seen_at < clock_timestamp() - interval '400 days' ORDER BY o.seen_at LIMIT 20);
  -- Whoever writes the first of them is alone with the message.
  PERFORM pg_advisory_xact_lock(hashtextextended('rcm_see_once ' || p, 0)) FROM (SELECT unnest(prints) AS p ORDER BY 1) s;
  IF EXISTS (SELECT FROM public.inbound_seen s WHERE s.print = ANY (prints)) THEN RETURN false; END IF;
  INSERT INTO public.inbound_seen (print) SELECT DISTINCT p FROM unnest(prints) p;
  RETURN true;
END $$;

-- A message that nobody waited for: it will be nobody's later either. For no tenant.
CREATE FUNCTION rcm_note_message(prints text[]) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'a message that is nobody''s is no tenant''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN public.rcm_see_once(prints);
END $$;

-- The logins whose turn it is at an inbox, with what their portal says of its messages: also those whose page has not asked, since the message may be theirs. For no tenant, or of the transaction's.
CREATE FUNCTION rcm_turns_at_inbox(prints text[])
  RETURNS TABLE (request uuid, org text, endpoint text, asked boolean, answer_for bytea, words jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT c.id, c.org_id, c.endpoint_id, c.asked_at IS NOT NULL, c.public_key, p.recipe -> 'codes'
      FROM public.code_request c JOIN public.login_lease l ON l.id = c.lease_id
      JOIN public.integration_endpoint e ON (e.org_id, e.id) = (c.org_id, c.endpoint_id) JOIN public.portal_type p ON p.code = e.portal_type_code
     WHERE c.ended_at IS NULL AND c.turn_until > clock_timestamp() AND c.inboxes <> '{}' AND c.inboxes && prints AND l.expires_at > clock_timestamp()
       AND (public.rcm_tenant() IS NULL OR public.rcm_tenant() IN (c.org_id, '*'))
     LIMIT 100;
  END;

-- Gives a login the code of a message, with the event that says which gateway it came by: while it is waited for, once. A newer message takes the place of an older one that nobody has taken yet.
-- `sent`: when the message was sent, where its gateway says so. In a transaction of the login's tenant.
CREATE FUNCTION rcm_answer_code_by_message(request uuid, answer bytea, gateway text, sent timestamptz, prints text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked record;
  came timestamptz := least(coalesce(sent, clock_timestamp()), clock_timestamp());
BEGIN
  IF (gateway ~ '^[a-z]{1,20}$') IS NOT TRUE THEN
    RAISE EXCEPTION 'a gateway has a name' USING ERRCODE = 'check_violation';
  END IF;
  SELECT c.org_id, c.endpoint_id, c.begun_at, c.answered_by, c.taken_at, c.ended_at, least(c.open_until, c.turn_until) AS until, c.message_at, c.lease_id INTO asked
    FROM public.code_request c WHERE c.id = request AND c.asked_at IS NOT NULL AND c.inboxes <> '{}' AND c.org_id = public.rcm_tenant() FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF NOT public.rcm_see_once(prints) THEN RETURN 'repeated'; END IF;
  IF asked.ended_at IS NOT NULL OR asked.until <= clock_timestamp() THEN RETURN 'over'; END IF;
  IF NOT EXISTS (SELECT FROM public.login_lease l WHERE l.id = asked.lease_id AND l.expires_at > clock_timestamp()) THEN RETURN 'over'; END IF;
  -- It was sent before the login began: it is another's.
  IF came < asked.begun_at THEN RETURN 'older'; END IF;
  IF asked.taken_at IS NOT NULL OR (asked.answered_by IS NOT NULL AND (asked.message_at < came) IS NOT TRUE) THEN RETURN 'already'; END IF;
  UPDATE public.code_request c SET sealed = answer, answered_by = 'inbound:' || gateway, answered_at = clock_timestamp(), message_at = came WHERE c.id = request;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
    VALUES (asked.org_id, 0, now(), 'inbound:' || gateway, 'code.answered', asked.endpoint_id, 'the portal sent a code', jsonb_build_object('requestId', request), '', '');
  RETURN 'answered';
END $$;

-- As before, and of the logins at one portal type that are sent their codes to one inbox, one at a time has its turn, too. `at`: the inbox; NULL: its messages do not reach us.
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

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_see_once(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_note_message(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_turns_at_inbox(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_take_code_turn(text, uuid, bytea, integer, text[]) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_see_once(text[]), rcm_note_message(text[]), rcm_turns_at_inbox(text[]), rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[]),
  rcm_take_code_turn(text, uuid, bytea, integer, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_note_message(text[]), rcm_turns_at_inbox(text[]), rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[]) TO rcm_agent;
GRANT EXECUTE ON FUNCTION rcm_take_code_turn(text, uuid, bytea, integer, text[]) TO rcm_agent, rcm_rotator;
-- As before, and by one look at the clock: with two, a wait of the ten minutes that are allowed was one that is not.
CREATE OR REPLACE FUNCTION rcm_ask_code(request uuid, lease uuid, for_ms integer, OUT asked boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
BEGIN
  UPDATE public.code_request c SET asked_at = at, open_until = at + make_interval(secs => for_ms / 1000.0)
    FROM public.login_lease l
   WHERE c.id = request AND c.lease_id = lease AND c.org_id = public.rcm_tenant() AND c.asked_at IS NULL AND c.ended_at IS NULL AND c.turn_until > at
     AND l.id = lease AND l.expires_at > at;
  asked := FOUND;
END $$;
-- The version before calls it with four; what it takes is no inbox's.
CREATE OR REPLACE FUNCTION rcm_take_code_turn(endpoint text, lease uuid, key bytea, for_ms integer, OUT held boolean, OUT request uuid)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.held, t.request FROM public.rcm_take_code_turn(endpoint, lease, key, for_ms, NULL::text[]) t;
$$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
