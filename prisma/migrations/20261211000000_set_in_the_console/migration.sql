-- A password that a person types into the console (docs/adr/0033): a rotator that waits for it offers a public key whose other half only its process knows, the console puts what was
-- typed beside it, sealed for that key, and the rotator takes it. A row lives for minutes, and goes when what was typed is taken or its request is over, whoever ends it.
ALTER TABLE login_request
  DROP CONSTRAINT login_request_kind_check,
  ADD CONSTRAINT login_request_kind_check CHECK (kind IN ('verify', 'retry', 'unlocked', 'rotate', 'rollback', 'resolve', 'pause', 'resume', 'break_glass', 'set'));
CREATE INDEX login_request_set ON login_request (asked_at DESC) WHERE kind = 'set';
CREATE TABLE login_typing (
  request_id uuid PRIMARY KEY REFERENCES login_request (id) ON DELETE CASCADE,
  org_id     text NOT NULL REFERENCES organization (id),
  -- SubjectPublicKeyInfo of an X25519 key.
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 44),
  offered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  open_until timestamptz NOT NULL,
  typed_by   text CHECK (rcm_is_person(typed_by)),
  -- The database's own.
  typed_at   timestamptz,
  -- Of one length, whatever was typed.
  sealed     bytea CHECK (octet_length(sealed) = 8252),
  CONSTRAINT login_typing_short CHECK (open_until > offered_at AND open_until <= offered_at + interval '10 minutes'),
  CONSTRAINT login_typing_whole CHECK (num_nulls(typed_by, typed_at, sealed) IN (0, 3))
);
CALL rcm_isolate('login_typing');
CREATE POLICY every_tenant_is_shown ON login_typing FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
GRANT SELECT, DELETE, INSERT (request_id, org_id, public_key, open_until) ON login_typing TO rcm_rotator;
-- What was typed it writes and cannot read again.
GRANT SELECT (request_id, org_id, public_key, offered_at, open_until, typed_by, typed_at), DELETE, UPDATE (typed_by, sealed) ON login_typing TO rcm_console;
-- A key is for a request of its organization that waits to be begun.
CREATE POLICY waits_for_what_is_typed ON login_typing AS RESTRICTIVE FOR INSERT TO rcm_rotator
  WITH CHECK (EXISTS (SELECT FROM login_request r WHERE r.id = request_id AND r.org_id = login_typing.org_id AND r.kind = 'set' AND r.taken_at IS NULL AND r.ended_at IS NULL));
-- Once, while it is waited for, and by whoever asked.
CREATE FUNCTION rcm_note_typed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.typed_at IS NOT NULL THEN
    RAISE EXCEPTION 'it was typed already: this violates constraint "login_typing_once"' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.open_until <= clock_timestamp()
     OR NOT EXISTS (SELECT FROM public.login_request r WHERE r.id = OLD.request_id AND r.taken_at IS NULL AND r.ended_at IS NULL) THEN
    RAISE EXCEPTION 'nobody waits for it any more: this violates constraint "login_typing_in_time"' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM public.login_request r WHERE r.id = OLD.request_id AND split_part(r.actor, ' says ', 1) = split_part(NEW.typed_by, ' says ', 1)) THEN
    RAISE EXCEPTION 'somebody else has asked for it: this violates constraint "login_typing_by_who_asked"' USING ERRCODE = 'check_violation';
  END IF;
  NEW.typed_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER typed BEFORE UPDATE OF typed_by, sealed ON login_typing FOR EACH ROW EXECUTE FUNCTION rcm_note_typed();
-- Begun only with what was typed: nobody takes such a request otherwise, a rotator of a version before least of all, which does not know what it is.
CREATE FUNCTION rcm_must_be_typed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.login_typing t WHERE t.request_id = NEW.id AND t.typed_at IS NOT NULL) THEN
    RETURN NEW;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER must_be_typed BEFORE UPDATE OF taken_at ON login_request FOR EACH ROW
  WHEN (NEW.kind = 'set' AND NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL) EXECUTE FUNCTION rcm_must_be_typed();
CREATE FUNCTION rcm_forget_typed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.login_typing WHERE request_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_typed AFTER UPDATE ON login_request FOR EACH ROW
  WHEN (NEW.kind = 'set' AND (NEW.taken_at IS NOT NULL OR NEW.ended_at IS NOT NULL)) EXECUTE FUNCTION rcm_forget_typed();
REVOKE ALL ON FUNCTION rcm_note_typed(), rcm_must_be_typed(), rcm_forget_typed() FROM PUBLIC;
