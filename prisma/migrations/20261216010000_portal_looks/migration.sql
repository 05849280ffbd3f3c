-- What a rotator saw of a portal's pages without logging in (docs/portal-recipes.md): what stands there as the recipe says, what does not, what only a login sees, and pictures in which every
-- field is covered. It is its organization's, since a portal's address and its page may name it.
ALTER TABLE login_request
  DROP CONSTRAINT login_request_kind_check,
  ADD CONSTRAINT login_request_kind_check CHECK (kind IN ('verify', 'retry', 'unlocked', 'rotate', 'rollback', 'resolve', 'pause', 'resume', 'break_glass', 'set', 'look'));
CREATE TABLE portal_look (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id           text NOT NULL,
  endpoint_id      text NOT NULL,
  portal_type_code text NOT NULL REFERENCES portal_type (code),
  actor            text NOT NULL CHECK (rcm_is_person(actor)),
  looked_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  findings         jsonb NOT NULL CHECK (jsonb_typeof(findings) = 'array' AND octet_length(findings::text) <= 131072),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CREATE INDEX portal_look_of_organization ON portal_look (org_id, portal_type_code, looked_at DESC);
CREATE INDEX portal_look_of_all ON portal_look (portal_type_code, looked_at DESC);
CREATE INDEX portal_look_by_time ON portal_look (looked_at);
CALL rcm_isolate('portal_look');
CREATE POLICY every_tenant_is_shown ON portal_look FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
CREATE TABLE portal_look_picture (
  look_id uuid NOT NULL REFERENCES portal_look (id) ON DELETE CASCADE,
  part    text NOT NULL CHECK (part IN ('login', 'session')),
  org_id  text NOT NULL REFERENCES organization (id),
  -- A PNG, and nothing that a browser could take for something else.
  png     bytea NOT NULL CHECK (octet_length(png) <= 1048576 AND substr(png, 1, 8) = '\x89504e470d0a1a0a'),
  PRIMARY KEY (look_id, part)
);
CALL rcm_isolate('portal_look_picture');
CREATE POLICY every_tenant_is_shown ON portal_look_picture FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
-- Of a look of its own organization alone.
CREATE POLICY of_its_own_look ON portal_look_picture AS RESTRICTIVE FOR INSERT TO rcm_rotator
  WITH CHECK (EXISTS (SELECT FROM portal_look l WHERE l.id = look_id AND l.org_id = portal_look_picture.org_id));
GRANT SELECT, DELETE, INSERT (id, org_id, endpoint_id, portal_type_code, actor, findings) ON portal_look TO rcm_rotator;
GRANT SELECT (look_id, part, org_id), INSERT ON portal_look_picture TO rcm_rotator;
GRANT SELECT ON portal_look, portal_look_picture TO rcm_console;

-- Both go when they are old; checks of the audit, too.
CREATE INDEX audit_check_by_time ON audit_check (asked_at);
CREATE POLICY internal_forgets ON audit_check TO rcm_internal USING (true);
CREATE POLICY internal_forgets ON portal_look TO rcm_internal USING (true);
GRANT SELECT (id, asked_at), DELETE ON audit_check TO rcm_internal;
GRANT SELECT (id, looked_at), DELETE ON portal_look TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_old_rows(what text, kept integer, most integer) RETURNS SETOF text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  least_days CONSTANT integer := CASE what WHEN 'asked_acts' THEN 184 WHEN 'codes' THEN 30 WHEN 'messages' THEN 0 WHEN 'leases' THEN 1 WHEN 'proofs' THEN 30 WHEN 'audit_checks' THEN 184 WHEN 'portal_looks' THEN 1 END;
BEGIN
  IF (most BETWEEN 1 AND 1000 AND kept BETWEEN least_days AND 36500) IS NOT TRUE THEN
    RAISE EXCEPTION 'no such rule, or it keeps for longer' USING ERRCODE = 'check_violation';
  END IF;
  CASE what
    WHEN 'asked_acts' THEN
      RETURN QUERY SELECT r.id::text FROM public.login_request r WHERE r.ended_at < now() - make_interval(days => kept) ORDER BY r.ended_at LIMIT most;
    WHEN 'codes' THEN
      RETURN QUERY SELECT c.id::text FROM public.code_request c WHERE c.begun_at < now() - make_interval(days => kept) ORDER BY c.begun_at LIMIT most;
    WHEN 'messages' THEN
      RETURN QUERY SELECT s.print FROM public.inbound_seen s WHERE s.kept_until < now() ORDER BY s.kept_until LIMIT most;
    WHEN 'leases' THEN
      RETURN QUERY SELECT l.id::text FROM public.login_lease l WHERE l.expires_at < now() - make_interval(days => kept) ORDER BY l.fence LIMIT most;
    WHEN 'proofs' THEN
      RETURN QUERY SELECT p.id::text FROM public.migration_proof p
        WHERE p.superseded_at < now() - make_interval(days => kept) AND p.fingerprint IS NULL AND p.row_fingerprint IS NULL ORDER BY p.superseded_at LIMIT most;
    WHEN 'audit_checks' THEN
      RETURN QUERY SELECT c.id::text FROM public.audit_check c WHERE c.asked_at < now() - make_interval(days => kept) ORDER BY c.asked_at LIMIT most;
    WHEN 'portal_looks' THEN
      RETURN QUERY SELECT l.id::text FROM public.portal_look l WHERE l.looked_at < now() - make_interval(days => kept) ORDER BY l.looked_at LIMIT most;
  END CASE;
END $$;

CREATE OR REPLACE FUNCTION rcm_forget_old(what text, kept integer, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  ids CONSTANT text[] := ARRAY(SELECT public.rcm_old_rows(what, kept, most));
  gone integer;
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'what is old is deleted for no tenant in particular' USING ERRCODE = 'insufficient_privilege';
  END IF;
  CASE what
    WHEN 'asked_acts' THEN DELETE FROM public.login_request r WHERE r.id = ANY (ids::uuid[]);
    WHEN 'codes' THEN DELETE FROM public.code_request c WHERE c.id = ANY (ids::uuid[]);
    WHEN 'messages' THEN DELETE FROM public.inbound_seen s WHERE s.print = ANY (ids) AND s.kept_until < now();
    -- Whoever has renewed it meanwhile has it.
    WHEN 'leases' THEN DELETE FROM public.login_lease l WHERE l.id = ANY (ids::uuid[]) AND l.expires_at < now();
    WHEN 'proofs' THEN DELETE FROM public.migration_proof p WHERE p.id = ANY (ids::bigint[]);
    WHEN 'audit_checks' THEN DELETE FROM public.audit_check c WHERE c.id = ANY (ids::uuid[]);
    WHEN 'portal_looks' THEN DELETE FROM public.portal_look l WHERE l.id = ANY (ids::uuid[]);
  END CASE;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
