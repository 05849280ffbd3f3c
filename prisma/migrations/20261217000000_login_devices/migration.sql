-- A device by which a portal knows a login (docs/portal-recipes.md): kept in the login's store, never here. Here is when one was kept, and from when on none that was made before is used.
CREATE TABLE login_device (
  endpoint_id  text PRIMARY KEY,
  org_id       text NOT NULL,
  -- Written before one is kept; `null`: none ever was, as far as anybody knows.
  kept_at      timestamptz,
  -- What a login that began before this has made is used no more.
  forgotten_at timestamptz,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CALL rcm_isolate('login_device');
CREATE POLICY every_tenant_is_seen ON login_device FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY internal ON login_device TO rcm_internal USING (true);
GRANT SELECT, INSERT, UPDATE (kept_at) ON login_device TO rcm_agent;
GRANT SELECT, INSERT, UPDATE (kept_at, forgotten_at) ON login_device TO rcm_rotator;
GRANT SELECT ON login_device TO rcm_operator, rcm_migrator;
GRANT SELECT (endpoint_id), UPDATE (forgotten_at) ON login_device TO rcm_internal;

-- A row that names another secret, or none, has no device any more: it is retired, was moved, or its secret was made anew.
CREATE FUNCTION rcm_forget_device() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.login_device d SET forgotten_at = clock_timestamp() WHERE d.endpoint_id = OLD.id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_forget_device() FROM PUBLIC;
CREATE TRIGGER integration_endpoint_forget_device AFTER UPDATE OF secret_arn ON integration_endpoint FOR EACH ROW
  WHEN (OLD.secret_arn IS NOT NULL AND NEW.secret_arn IS DISTINCT FROM OLD.secret_arn) EXECUTE FUNCTION rcm_forget_device();
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_forget_device() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
