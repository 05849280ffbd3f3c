-- Who a person is comes from what signed them in, and a change of where passwords are typed is told of by the database itself.

-- Kinds of actors begin with a word of their own, in small ASCII letters, so that none can be written to look like another. Nobody's rights
-- reach `person:`: those events are written by the function below alone.
CREATE POLICY kind_of_actor ON audit_event AS RESTRICTIVE FOR INSERT TO rcm_agent, rcm_rotator, rcm_migrator
  WITH CHECK (actor ~ '^[a-z0-9-]+([:@ ]|$)' AND actor !~ '^(person|sql)([:@ ]|$)');
CREATE POLICY agent_is_no_other ON audit_event AS RESTRICTIVE FOR INSERT TO rcm_agent WITH CHECK (actor !~ '^(rotator|migrator|audit)([:@ ]|$)');
CREATE POLICY asks_for_nobody ON audit_event AS RESTRICTIVE FOR INSERT TO rcm_rotator, rcm_migrator WITH CHECK (actor !~ '^(token|terminal|web-agent)([:@ ]|$)');

CREATE POLICY internal_adds ON audit_event FOR INSERT TO rcm_internal WITH CHECK (true);
GRANT INSERT ON audit_event TO rcm_internal;

-- `person:SOURCE:IDENTITY`, where the source is what signed them in: `sts` (the caller's identity at AWS) or `os` (the account of the operating
-- system). What somebody calls themselves may follow as ` says NAME`, and is no more than that.
CREATE FUNCTION rcm_is_person(actor text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN length(actor) <= 600 AND actor ~ '^person:(os|sts):[!-~]+( says [^[:cntrl:]]{1,100})?$';

-- A person's act, with what Postgres itself knows of whoever writes it. Not for agents: at a terminal of theirs somebody is a `terminal:`.
CREATE FUNCTION rcm_record_person(org text, actor text, action text, subject text, reason text, details jsonb) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF org IS NULL OR (public.rcm_tenant() IN (org, '*')) IS NOT TRUE THEN
    RAISE EXCEPTION 'a person''s act is written down for the tenant of the transaction' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF public.rcm_is_person(actor) IS NOT TRUE THEN
    RAISE EXCEPTION 'a person is named by what signed them in' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_person_signed_in';
  END IF;
  IF coalesce(btrim(reason), '') = '' THEN
    RAISE EXCEPTION 'a person says why' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_person_has_reason';
  END IF;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  VALUES (org, 0, now(), actor, action, subject, reason, coalesce(details, '{}') || jsonb_build_object('signedIn', public.rcm_session()), '', '');
END $$;

-- What Postgres knows of a session: nothing that its client says of a person.
CREATE FUNCTION rcm_session() RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN jsonb_build_object('login', session_user, 'address', host(inet_client_addr()), 'application', current_setting('application_name'));

-- Who a change by the owner's login is by: what `app.actor` says where it is a person as above, else the login, and what it was told.
CREATE FUNCTION rcm_changer() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN CASE WHEN public.rcm_is_person(current_setting('app.actor', true)) THEN current_setting('app.actor', true) ELSE 'sql:' || session_user END;

-- What is changed, with the values of what is no secret and small; of a recipe its hash.
CREATE FUNCTION rcm_changed(before jsonb, after jsonb, shown text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT jsonb_object_agg(key, CASE
             WHEN key = ANY (shown) THEN jsonb_build_object('before', before -> key, 'after', after -> key)
             ELSE jsonb_build_object('before', encode(sha256(convert_to(before ->> key, 'UTF8')), 'hex'), 'after', encode(sha256(convert_to(after ->> key, 'UTF8')), 'hex')) END)
      FROM (SELECT jsonb_object_keys(coalesce(after, before)) AS key) k
     WHERE before -> key IS DISTINCT FROM after -> key AND key NOT IN ('created_at', 'updated_at', 'former_realms'));

-- In the chain of every organization that has an endpoint of the type, in order, so that two such changes cannot wait for each other.
CREATE FUNCTION rcm_tell_portal_type() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  why text := nullif(btrim(current_setting('app.reason', true)), '');
  changed jsonb := public.rcm_changed(to_jsonb(OLD), to_jsonb(NEW), ARRAY(SELECT jsonb_object_keys(to_jsonb(OLD) - 'recipe')));
BEGIN
  IF changed IS NULL THEN RETURN NULL; END IF;
  IF why IS NULL AND changed ?| ARRAY['hosts', 'private_hosts', 'loopback_hosts', 'driver', 'recipe'] THEN
    RAISE EXCEPTION 'say why portal type % is changed: set app.reason', OLD.code USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_type_change_has_reason';
  END IF;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  SELECT o.org_id, 0, now(), public.rcm_changer(), 'portal_type.changed', 'portal type ' || OLD.code, coalesce(why, 'not said'),
         jsonb_build_object('changed', changed, 'signedIn', public.rcm_session()), '', ''
    FROM (SELECT DISTINCT e.org_id FROM public.integration_endpoint e WHERE e.portal_type_code = OLD.code ORDER BY 1) o;
  RETURN NULL;
END $$;

CREATE FUNCTION rcm_tell_endpoint() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  why text := nullif(btrim(current_setting('app.reason', true)), '');
  shown text[] := ARRAY['org_id', 'portal_type_code', 'account_id', 'base_url'];
  whose text := CASE WHEN TG_OP = 'DELETE' THEN OLD.org_id ELSE NEW.org_id END;
  which text := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
  before jsonb;
  after jsonb;
BEGIN
  -- Of the row only these: `config` may hold plaintext.
  IF TG_OP <> 'INSERT' THEN before := jsonb_build_object('org_id', OLD.org_id, 'portal_type_code', OLD.portal_type_code, 'account_id', OLD.account_id, 'base_url', OLD.base_url); END IF;
  IF TG_OP <> 'DELETE' THEN after := jsonb_build_object('org_id', NEW.org_id, 'portal_type_code', NEW.portal_type_code, 'account_id', NEW.account_id, 'base_url', NEW.base_url); END IF;
  IF why IS NULL AND TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'say why endpoint % is changed: set app.reason', which USING ERRCODE = 'check_violation', CONSTRAINT = 'integration_endpoint_change_has_reason';
  END IF;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  VALUES (whose, 0, now(), public.rcm_changer(), 'endpoint.changed', which, coalesce(why, CASE TG_OP WHEN 'INSERT' THEN 'made' ELSE 'not said' END),
          jsonb_build_object('change', lower(TG_OP), 'changed', public.rcm_changed(before, after, shown), 'signedIn', public.rcm_session()), '', '');
  RETURN NULL;
END $$;

-- Before the functions change hands: whoever makes a trigger must be allowed to call what it calls.
CREATE TRIGGER portal_type_is_told AFTER UPDATE ON portal_type FOR EACH ROW EXECUTE FUNCTION rcm_tell_portal_type();
CREATE TRIGGER integration_endpoint_is_told AFTER INSERT OR DELETE ON integration_endpoint FOR EACH ROW EXECUTE FUNCTION rcm_tell_endpoint();
CREATE TRIGGER integration_endpoint_change_is_told AFTER UPDATE OF org_id, portal_type_code, account_id, base_url ON integration_endpoint
  FOR EACH ROW WHEN ((OLD.org_id, OLD.portal_type_code, OLD.account_id, OLD.base_url) IS DISTINCT FROM (NEW.org_id, NEW.portal_type_code, NEW.account_id, NEW.base_url))
  EXECUTE FUNCTION rcm_tell_endpoint();

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_record_person(text, text, text, text, text, jsonb) OWNER TO rcm_internal;
ALTER FUNCTION rcm_tell_portal_type() OWNER TO rcm_internal;
ALTER FUNCTION rcm_tell_endpoint() OWNER TO rcm_internal;
REVOKE ALL ON FUNCTION rcm_is_person(text), rcm_session(), rcm_changer(), rcm_changed(jsonb, jsonb, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_is_person(text), rcm_session(), rcm_changer(), rcm_changed(jsonb, jsonb, text[]) TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_record_person(text, text, text, text, text, jsonb), rcm_tell_portal_type(), rcm_tell_endpoint() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_record_person(text, text, text, text, text, jsonb) TO rcm_rotator, rcm_migrator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
