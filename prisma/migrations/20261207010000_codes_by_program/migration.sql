-- A program that has a code gives it to the login that waits, as a person does (docs/codes.md): by the HTTP API, in the name of its token. So an agent's role sees of its tenant's requests
-- what people are shown, and what an answer is sealed for; never an answer.
GRANT SELECT (public_key, open_until, answered_by, answered_at, taken_at) ON code_request TO rcm_agent;

-- A program's answer, with the event that says whose token it was. `answered`, or why not: `unknown`, `already`, `over`. In a transaction of the tenant's alone.
CREATE FUNCTION rcm_answer_code_by_token(request uuid, answer bytea, actor text, issuer text) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked record;
BEGIN
  IF (actor ~ '^token:.' AND length(actor) <= 400 AND length(issuer) BETWEEN 1 AND 2000) IS NOT TRUE THEN
    RAISE EXCEPTION 'a program is named by its token and whoever issued it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT c.org_id, c.endpoint_id, c.lease_id, c.answered_at, c.ended_at, least(c.open_until, c.turn_until) AS until INTO asked
    FROM public.code_request c WHERE c.id = request AND c.asked_at IS NOT NULL AND c.org_id = public.rcm_tenant() FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF asked.answered_at IS NOT NULL THEN RETURN 'already'; END IF;
  IF asked.ended_at IS NOT NULL OR asked.until <= clock_timestamp() THEN RETURN 'over'; END IF;
  IF NOT EXISTS (SELECT FROM public.login_lease l WHERE l.id = asked.lease_id AND l.expires_at > clock_timestamp()) THEN RETURN 'over'; END IF;
  UPDATE public.code_request c SET sealed = answer, answered_by = actor, answered_at = clock_timestamp() WHERE c.id = request;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
    VALUES (asked.org_id, 0, now(), actor, 'code.answered', asked.endpoint_id, 'the portal asks for a code', jsonb_build_object('requestId', request, 'issuer', issuer), '', '');
  RETURN 'answered';
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_answer_code_by_token(uuid, bytea, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_answer_code_by_token(uuid, bytea, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_answer_code_by_token(uuid, bytea, text, text) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
