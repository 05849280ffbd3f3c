-- Mailboxes that web-agents read (docs/codes.md): one process at a time reads each, so that a mail server sees one connection and not one of every agent. It is no more than that: a process
-- that stood still goes on without its turn, and what counts once counts once all the same (inbound_seen).
SELECT set_config('app.tenant_id', '*', true);

-- By a keyed fingerprint, which says neither the server nor the user.
CREATE TABLE mailbox_turn (
  mailbox    text PRIMARY KEY CHECK (mailbox ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  reader     uuid NOT NULL,
  turn_until timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON mailbox_turn TO rcm_internal;

-- Takes the turn at a mailbox, or keeps it, for some milliseconds; false: another reader has it. Mailboxes that nobody has read for a day are forgotten, some at a time. For no tenant.
CREATE FUNCTION rcm_take_mailbox_turn(which text, by_reader uuid, for_ms integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'a mailbox is no tenant''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (for_ms BETWEEN 1 AND 600000) IS NOT TRUE THEN
    RAISE EXCEPTION 'a turn at a mailbox lasts ten minutes at most' USING ERRCODE = 'check_violation';
  END IF;
  DELETE FROM public.mailbox_turn t WHERE t.mailbox IN
    (SELECT o.mailbox FROM public.mailbox_turn o WHERE o.turn_until < clock_timestamp() - interval '1 day' AND o.mailbox <> which LIMIT 20 FOR UPDATE SKIP LOCKED);
  INSERT INTO public.mailbox_turn AS t (mailbox, reader, turn_until) VALUES (which, by_reader, clock_timestamp() + for_ms * interval '1 millisecond')
    ON CONFLICT (mailbox) DO UPDATE SET reader = excluded.reader, turn_until = clock_timestamp() + for_ms * interval '1 millisecond'
    WHERE t.reader = excluded.reader OR t.turn_until <= clock_timestamp();
  RETURN FOUND;
END $$;

-- Gives it back: another reader may take it at once. For no tenant.
CREATE FUNCTION rcm_leave_mailbox_turn(which text, by_reader uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'a mailbox is no tenant''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.mailbox_turn t WHERE t.mailbox = which AND t.reader = by_reader;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_take_mailbox_turn(text, uuid, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_leave_mailbox_turn(text, uuid) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_take_mailbox_turn(text, uuid, integer), rcm_leave_mailbox_turn(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_take_mailbox_turn(text, uuid, integer), rcm_leave_mailbox_turn(text, uuid) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
