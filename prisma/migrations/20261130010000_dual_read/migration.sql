-- While a migration is under way, agents log in with what still lies in a row, one login at a time; and nothing is rotated that somebody may still read there.

-- Since when nobody reads `config.credentials` of this organization's rows but the platform itself: a person's word. NULL: somebody may.
ALTER TABLE organization ADD COLUMN old_readers_gone_at timestamptz;
GRANT UPDATE (old_readers_gone_at) ON organization TO rcm_migrator;

GRANT SELECT (config, has_legacy_credentials, last_rotated_at) ON integration_endpoint TO rcm_internal;
GRANT SELECT (endpoint_id, holder) ON login_lease TO rcm_internal;

-- One endpoint's plaintext login, and nobody's else, each time with its audit event: under a live lease of that very login, so that whoever gets it is one of those that
-- a rotation waits for; or, where the login has no name yet and so can have no lease, to be named. `unknown`, `moved` (a secret is named), `nothing`, `no_lease`, and
-- `rotated` (the same account lies elsewhere, and its password was changed since) come without it.
CREATE FUNCTION rcm_legacy_login(endpoint text, lease uuid, OUT answer text, OUT credentials text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  process text;
BEGIN
  SELECT e.org_id, e.secret_arn, e.login_identity, e.has_legacy_credentials AS has, (e.config -> 'credentials')::text AS held INTO own
    FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  answer := CASE WHEN NOT FOUND THEN 'unknown' WHEN own.secret_arn IS NOT NULL THEN 'moved' WHEN NOT own.has THEN 'nothing' END;
  IF answer IS NOT NULL THEN RETURN; END IF;
  SELECT l.holder INTO process FROM public.login_lease l
   WHERE l.id = lease AND l.org_id = own.org_id AND l.endpoint_id = endpoint AND l.login_identity = own.login_identity AND l.expires_at > clock_timestamp();
  IF process IS NULL AND (own.login_identity IS NOT NULL OR lease IS NOT NULL) THEN
    answer := 'no_lease';
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.integration_endpoint o WHERE o.login_identity = own.login_identity AND o.id <> endpoint AND o.last_rotated_at IS NOT NULL) THEN
    answer := 'rotated';
    RETURN;
  END IF;
  answer := CASE WHEN process IS NULL THEN 'unnamed' ELSE 'read' END;
  credentials := own.held;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  VALUES (own.org_id, 0, now(), 'web-agent', 'login.legacy_read', endpoint, CASE answer WHEN 'unnamed' THEN 'to name the account' ELSE 'a login that is not migrated yet' END,
          jsonb_build_object('process', process, 'leaseId', lease), '', '');
END $$;

-- Names the account of a login that lies in a row, as a migration will: `named`. `moved`: it names a secret by now, or goes by another name than `was`. Where a person has put
-- another account into the row, whoever is at the old one is waited for (`in_use`). `other_key`: logins are named with a key that the caller does not know.
CREATE FUNCTION rcm_name_legacy_login(endpoint text, was text, names text[], key_ids text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  goes_by text;
BEGIN
  -- Before anything is written: what is not the tenant's own leaves no trace.
  IF cardinality(names) NOT BETWEEN 1 AND 2 OR cardinality(names) IS DISTINCT FROM cardinality(key_ids) OR was = ANY (names) OR NOT EXISTS (
      SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.secret_arn IS NULL AND e.has_legacy_credentials
                AND e.login_identity IS NOT DISTINCT FROM was) THEN
    RETURN 'moved';
  END IF;
  IF was IS NOT NULL THEN
    IF (SELECT i.key_id FROM public.login_identity i WHERE i.id = was) <> ALL (key_ids) THEN RETURN 'other_key'; END IF;
    PERFORM public.rcm_lock_logins(names || was, key_ids);
    IF EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = was AND l.endpoint_id = endpoint AND l.expires_at > clock_timestamp()) THEN RETURN 'in_use'; END IF;
  END IF;
  goes_by := public.rcm_settle_login(endpoint, names, key_ids);
  IF goes_by IS NULL THEN RETURN 'other_key'; END IF;
  UPDATE public.integration_endpoint e SET login_identity = goes_by, updated_at = clock_timestamp()
   WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.secret_arn IS NULL AND e.login_identity IS NOT DISTINCT FROM was;
  RETURN CASE WHEN FOUND THEN 'named' ELSE 'moved' END;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_legacy_login(text, uuid) OWNER TO rcm_internal;
ALTER FUNCTION rcm_name_legacy_login(text, text, text[], text[]) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_legacy_login(text, uuid), rcm_name_legacy_login(text, text, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_legacy_login(text, uuid), rcm_name_legacy_login(text, text, text[], text[]) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
