-- A change of a portal type that somebody has proposed and somebody else decides on (docs/rotation.md). What is approved is the very document, for the portal type as it stood when it was proposed; nothing
-- reads it but whoever decides and the tables' owner, who alone saves it.
CREATE TABLE portal_type_change (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  portal_type_code text NOT NULL CHECK (portal_type_code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  document         jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object' AND octet_length(document::text) <= 1048576),
  -- A hash of the portal type as it was then; NULL: there was none. Written by the trigger alone.
  stood            text,
  actor            text NOT NULL CHECK (rcm_is_person(actor)),
  reason           text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  proposed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  proposed_through text NOT NULL DEFAULT session_user,
  decision         text CHECK (decision IN ('approved', 'declined')),
  decided_by       text CHECK (rcm_is_person(decided_by)),
  decision_reason  text CHECK (length(decision_reason) BETWEEN 1 AND 1000),
  decided_at       timestamptz,
  decided_through  text,
  saved_at         timestamptz,
  CONSTRAINT portal_type_change_names_it CHECK ((document ->> 'code') IS NOT DISTINCT FROM portal_type_code),
  CONSTRAINT portal_type_change_decided_whole CHECK (num_nulls(decision, decided_by, decision_reason, decided_at, decided_through) IN (0, 5)),
  CONSTRAINT portal_type_change_somebody_else
    CHECK (decision IS DISTINCT FROM 'approved' OR split_part(decided_by, ' says ', 1) <> split_part(actor, ' says ', 1)),
  CONSTRAINT portal_type_change_saved_once_approved CHECK (saved_at IS NULL OR decision IS NOT DISTINCT FROM 'approved')
);
CREATE UNIQUE INDEX portal_type_change_undecided ON portal_type_change (portal_type_code) WHERE decision IS NULL;
CREATE INDEX portal_type_change_newest ON portal_type_change (proposed_at DESC);

CREATE FUNCTION rcm_portal_type_stands(code text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN (SELECT md5(to_jsonb(p)::text) FROM public.portal_type p WHERE p.code = rcm_portal_type_stands.code);
CREATE FUNCTION rcm_propose_portal_type() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.stood := public.rcm_portal_type_stands(NEW.portal_type_code);
  RETURN NEW;
END $$;
CREATE FUNCTION rcm_decide_portal_type() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.decision IS NOT NULL THEN
    RAISE EXCEPTION 'it was decided: this violates constraint "portal_type_change_decided_once"' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.decision = 'approved' AND OLD.stood IS DISTINCT FROM public.rcm_portal_type_stands(OLD.portal_type_code) THEN
    RAISE EXCEPTION 'the portal type is another one by now: this violates constraint "portal_type_change_stands"' USING ERRCODE = 'check_violation';
  END IF;
  NEW.decided_at := clock_timestamp();
  NEW.decided_through := session_user;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_portal_type_stands(text), rcm_propose_portal_type(), rcm_decide_portal_type() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_portal_type_stands(text) TO rcm_operator, rcm_console;
CREATE TRIGGER proposed BEFORE INSERT ON portal_type_change FOR EACH ROW EXECUTE FUNCTION rcm_propose_portal_type();
CREATE TRIGGER decided BEFORE UPDATE OF decision, decided_by, decision_reason ON portal_type_change FOR EACH ROW EXECUTE FUNCTION rcm_decide_portal_type();

GRANT SELECT, INSERT (portal_type_code, document, actor, reason), UPDATE (decision, decided_by, decision_reason) ON portal_type_change TO rcm_operator;
GRANT SELECT, UPDATE (decision, decided_by, decision_reason) ON portal_type_change TO rcm_console;
