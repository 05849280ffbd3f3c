-- Organizations and endpoints are registered by a person, as rcm_operator: rows that name no secret and hold no payload. What is in the store afterwards is the
-- migrator's to say in the row, and a rotator's to prove.
GRANT INSERT (id, name, parent_id) ON organization TO rcm_operator;
GRANT INSERT (id, org_id, portal_type_code, account_id, base_url, next_rotation_at) ON integration_endpoint TO rcm_operator;

SET ROLE rcm_internal;
GRANT EXECUTE ON FUNCTION rcm_record_person(text, text, text, text, text, jsonb) TO rcm_operator;
RESET ROLE;

-- As before, but with rights of its own: whoever registers an endpoint may lock no portal type, and the declared hosts must not change meanwhile all the same.
CREATE OR REPLACE FUNCTION rcm_refuse_foreign_host() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- FOR SHARE: the declared hosts cannot change under a row that is being checked against them.
  PERFORM 1 FROM public.portal_type p
    WHERE p.code = NEW.portal_type_code AND public.rcm_url_host(NEW.base_url) = ANY (SELECT lower(h) FROM unnest(p.hosts) h)
    FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'base_url of endpoint % is on no host that portal type % declares', NEW.id, NEW.portal_type_code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'integration_endpoint_declared_host';
  END IF;
  RETURN NEW;
END $$;
-- Of some column is what locking the row takes.
GRANT UPDATE (updated_at) ON portal_type TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_refuse_foreign_host() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
