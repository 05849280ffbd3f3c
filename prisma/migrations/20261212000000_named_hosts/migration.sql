-- What recipes call a host ({idp}): the sign-in of a test system lies elsewhere than that of the real one, and one recipe works both. Processes of the
-- version before do not know the column and go on: recipes of their version name no host.
SELECT set_config('app.tenant_id', '*', true);

-- By host. What it holds is checked where a type is saved, not here: a process of the version before may still take a host away, whose name then names nothing.
ALTER TABLE portal_type ADD COLUMN host_names jsonb NOT NULL DEFAULT '{}';

-- As before; a name decides where passwords are typed, so it is changed for a reason, too.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_tell_portal_type() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  why text := nullif(btrim(current_setting('app.reason', true)), '');
  changed jsonb := public.rcm_changed(to_jsonb(OLD), to_jsonb(NEW), ARRAY(SELECT jsonb_object_keys(to_jsonb(OLD) - 'recipe')));
BEGIN
  IF changed IS NULL THEN RETURN NULL; END IF;
  IF why IS NULL AND changed ?| ARRAY['hosts', 'private_hosts', 'loopback_hosts', 'host_names', 'driver', 'recipe', 'automation', 'terms_version', 'terms_date', 'automation_decided_by'] THEN
    RAISE EXCEPTION 'say why portal type % is changed: set app.reason', OLD.code USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_type_change_has_reason';
  END IF;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  SELECT o.org_id, 0, now(), public.rcm_changer(), 'portal_type.changed', 'portal type ' || OLD.code, coalesce(why, 'not said'),
         jsonb_build_object('changed', changed, 'signedIn', public.rcm_session()), '', ''
    FROM (SELECT DISTINCT e.org_id FROM public.integration_endpoint e WHERE e.portal_type_code = OLD.code ORDER BY 1) o;
  RETURN NULL;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
