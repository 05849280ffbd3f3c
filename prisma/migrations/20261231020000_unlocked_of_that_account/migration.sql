-- That support has unlocked an account is said of the account that the login has in that moment. A rotator notes it minutes later, by which time the row may have followed to another account: what
-- failed there was forgiven, though its portal had forgotten nothing. Said of the account now, as rollback and resolve are asked of a moment.
SELECT set_config('app.tenant_id', '*', true);

-- How what a request of this kind is about stands. Of an account only whether it is the same: what its name is made of is nobody's to read.
CREATE FUNCTION rcm_request_stands(kind text, org text, endpoint text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN CASE kind
  WHEN 'unlocked' THEN (SELECT 'account ' || coalesce(left(encode(sha256(convert_to(e.login_identity, 'UTF8')), 'hex'), 16), 'that has no name yet')
                          FROM public.integration_endpoint e WHERE e.org_id = org AND e.id = endpoint)
  ELSE public.rcm_login_stands(org, endpoint) END;
REVOKE ALL ON FUNCTION rcm_request_stands(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_request_stands(text, text, text) TO rcm_console, rcm_operator, rcm_rotator, rcm_migrator;

DROP TRIGGER stood ON login_request;
DROP TRIGGER must_stand ON login_request;
ALTER TABLE login_request DROP CONSTRAINT login_request_check;
ALTER TABLE login_request ADD CONSTRAINT login_request_login_stood_check CHECK (login_stood IS NULL OR kind IN ('rollback', 'resolve', 'unlocked'));
-- What waits was said of whatever account is there now, as far as anybody can tell.
UPDATE login_request SET login_stood = rcm_request_stands(kind, org_id, endpoint_id) WHERE kind = 'unlocked' AND ended_at IS NULL AND taken_at IS NULL;

CREATE OR REPLACE FUNCTION rcm_note_login_stood() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.login_stood := public.rcm_request_stands(NEW.kind, NEW.org_id, NEW.endpoint_id);
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION rcm_must_stand() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.login_stood = public.rcm_request_stands(NEW.kind, NEW.org_id, NEW.endpoint_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'the login has moved on since it was asked: this violates constraint "login_request_of_that_moment"' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stood BEFORE INSERT ON login_request FOR EACH ROW WHEN (NEW.kind IN ('rollback', 'resolve', 'unlocked')) EXECUTE FUNCTION rcm_note_login_stood();
CREATE TRIGGER must_stand BEFORE UPDATE OF decision, taken_at ON login_request FOR EACH ROW
  WHEN (NEW.kind IN ('rollback', 'resolve', 'unlocked')
        AND ((NEW.decision = 'approved' AND OLD.decision IS DISTINCT FROM NEW.decision) OR (NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL)))
  EXECUTE FUNCTION rcm_must_stand();
