-- What two people decide on is the password of one account. A request to read one held for the login's row, also where that had come to name another account within its minutes, whose
-- password nobody had asked for. It holds for the account now, as that support has unlocked one does (20261231020000).
SELECT set_config('app.tenant_id', '*', true);

CREATE OR REPLACE FUNCTION rcm_request_stands(kind text, org text, endpoint text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN CASE
  WHEN kind IN ('unlocked', 'break_glass') THEN (SELECT 'account ' || coalesce(left(encode(sha256(convert_to(e.login_identity, 'UTF8')), 'hex'), 16), 'that has no name yet')
                                                   FROM public.integration_endpoint e WHERE e.org_id = org AND e.id = endpoint)
  ELSE public.rcm_login_stands(org, endpoint) END;

DROP TRIGGER stood ON login_request;
DROP TRIGGER must_stand ON login_request;
ALTER TABLE login_request DROP CONSTRAINT login_request_login_stood_check;
ALTER TABLE login_request ADD CONSTRAINT login_request_login_stood_check CHECK (login_stood IS NULL OR kind IN ('rollback', 'resolve', 'unlocked', 'break_glass'));
-- What waits was asked of whatever account is there now, as far as anybody can tell.
UPDATE login_request SET login_stood = rcm_request_stands(kind, org_id, endpoint_id) WHERE kind = 'break_glass' AND ended_at IS NULL AND taken_at IS NULL;
CREATE TRIGGER stood BEFORE INSERT ON login_request FOR EACH ROW WHEN (NEW.kind IN ('rollback', 'resolve', 'unlocked', 'break_glass')) EXECUTE FUNCTION rcm_note_login_stood();
CREATE TRIGGER must_stand BEFORE UPDATE OF decision, taken_at ON login_request FOR EACH ROW
  WHEN (NEW.kind IN ('rollback', 'resolve', 'unlocked', 'break_glass')
        AND ((NEW.decision = 'approved' AND OLD.decision IS DISTINCT FROM NEW.decision) OR (NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL)))
  EXECUTE FUNCTION rcm_must_stand();
