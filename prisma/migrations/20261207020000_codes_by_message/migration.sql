-- Codes that reach the platform as a message (docs/codes.md). The login says, before its password is sent, to whom the portal sends its code: by keyed fingerprints of the number or address, so that the
-- database holds neither. A message is given to the one login whose turn it is at that inbox, or to none.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE code_request ADD COLUMN message_at timestamptz,
  ADD CONSTRAINT code_request_message_answers CHECK (message_at IS NULL OR answered_at IS NOT NULL);
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

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_see_once(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_note_message(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_turns_at_inbox(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[]) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_see_once(text[]), rcm_note_message(text[]), rcm_turns_at_inbox(text[]), rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[])
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_note_message(text[]), rcm_turns_at_inbox(text[]), rcm_answer_code_by_message(uuid, bytea, text, timestamptz, text[]) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
