-- When a login has to be looked at again for what lapses at its portal: not before it can be due, whoever uses it meanwhile. A login that is used is not written here; whoever looks at one that is not due
-- yet puts it off. So a look finds few, however many there are.
CREATE TABLE login_upkeep (
  endpoint_id      text PRIMARY KEY,
  org_id           text NOT NULL,
  portal_type_code text NOT NULL,
  -- For being used by a program, so that the portal does not disable it, or so that its password is verified.
  use_at           timestamptz NOT NULL DEFAULT '-infinity',
  -- For people being told of what only they can do.
  tell_at          timestamptz NOT NULL DEFAULT '-infinity',
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id) ON DELETE CASCADE
);
CALL rcm_isolate('login_upkeep');
GRANT SELECT, UPDATE (use_at, tell_at) ON login_upkeep TO rcm_rotator;
GRANT SELECT (endpoint_id, portal_type_code, use_at, tell_at), INSERT (endpoint_id, org_id, portal_type_code), UPDATE (portal_type_code, use_at, tell_at) ON login_upkeep TO rcm_internal;
CREATE POLICY internal ON login_upkeep TO rcm_internal USING (true);

-- What a look has put off is looked at again as soon as the row says something else that decides it.
CREATE FUNCTION rcm_keep_login() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.login_upkeep AS u (endpoint_id, org_id, portal_type_code) VALUES (NEW.id, NEW.org_id, NEW.portal_type_code)
    ON CONFLICT (endpoint_id) DO UPDATE SET portal_type_code = excluded.portal_type_code, use_at = '-infinity', tell_at = '-infinity';
  RETURN NULL;
END $$;
CREATE FUNCTION rcm_keep_logins_of_portal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.login_upkeep u SET use_at = '-infinity', tell_at = '-infinity'
   WHERE u.portal_type_code = NEW.code AND (u.use_at <> '-infinity' OR u.tell_at <> '-infinity');
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_keep_login(), rcm_keep_logins_of_portal() FROM PUBLIC;
CREATE TRIGGER integration_endpoint_comes_kept AFTER INSERT ON integration_endpoint FOR EACH ROW EXECUTE FUNCTION rcm_keep_login();
CREATE TRIGGER integration_endpoint_is_kept AFTER UPDATE OF portal_type_code, secret_arn, secret_taken_at, login_identity, current_version ON integration_endpoint FOR EACH ROW
  WHEN ((OLD.portal_type_code, OLD.secret_arn, OLD.secret_taken_at, OLD.login_identity, OLD.current_version IS NULL) IS DISTINCT FROM
        (NEW.portal_type_code, NEW.secret_arn, NEW.secret_taken_at, NEW.login_identity, NEW.current_version IS NULL))
  EXECUTE FUNCTION rcm_keep_login();
CREATE TRIGGER portal_type_is_kept AFTER UPDATE OF automation, dormant_after_days, dormant_counts, verify_every_days, recertify_every_days ON portal_type FOR EACH ROW
  WHEN ((OLD.automation, OLD.dormant_after_days, OLD.dormant_counts, OLD.verify_every_days, OLD.recertify_every_days) IS DISTINCT FROM
        (NEW.automation, NEW.dormant_after_days, NEW.dormant_counts, NEW.verify_every_days, NEW.recertify_every_days))
  EXECUTE FUNCTION rcm_keep_logins_of_portal();
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_keep_login() OWNER TO rcm_internal;
ALTER FUNCTION rcm_keep_logins_of_portal() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
SELECT set_config('app.tenant_id', '*', true);
INSERT INTO login_upkeep (endpoint_id, org_id, portal_type_code) SELECT e.id, e.org_id, e.portal_type_code FROM integration_endpoint e;
CREATE INDEX login_upkeep_use ON login_upkeep (portal_type_code, use_at);
CREATE INDEX login_upkeep_tell ON login_upkeep (portal_type_code, tell_at);

-- Nothing looks for logins by the day of their last use any more.
DROP INDEX login_identity_used;
