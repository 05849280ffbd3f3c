-- Logins that come out of a table of a company's own (docs/adopt.md): what that table calls each of them, and each hospital and firm, stays written down, so that the
-- same row is the same endpoint the next time. `migrator adopt` makes such rows; what it may not do is change where an endpoint that has a secret lies.
SELECT set_config('app.tenant_id', '*', true);

CREATE TABLE adopted_id (
  -- Which table it is, as the mapping file names it.
  source         text NOT NULL CHECK (rcm_is_id(source)),
  kind           text NOT NULL CHECK (kind IN ('firm', 'hospital', 'endpoint')),
  -- As the table has it, to the character.
  source_id      text NOT NULL CHECK (length(source_id) BETWEEN 1 AND 200),
  org_id         text NOT NULL REFERENCES organization (id),
  endpoint_id    text,
  -- Keyed, of what was last taken over from the row; gone with the plaintext.
  fingerprint    text CHECK (fingerprint ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  -- What the row said of its last change, where it has a column for that.
  source_changed text CHECK (length(source_changed) <= 200),
  adopted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  taken_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (source, kind, source_id),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT adopted_id_endpoint_or_organization CHECK ((kind = 'endpoint') = (endpoint_id IS NOT NULL)),
  CONSTRAINT adopted_id_prints_endpoints CHECK (kind = 'endpoint' OR num_nonnulls(fingerprint, source_changed) = 0)
);
-- An endpoint is of one row of one table.
CREATE UNIQUE INDEX adopted_id_of_endpoint ON adopted_id (endpoint_id);
CREATE INDEX adopted_id_of_organization ON adopted_id (org_id);
CALL rcm_isolate('adopted_id');

GRANT SELECT, INSERT (source, kind, source_id, org_id, endpoint_id, fingerprint, source_changed), UPDATE (fingerprint, source_changed, taken_at) ON adopted_id TO rcm_migrator;
GRANT INSERT (id, name, parent_id) ON organization TO rcm_migrator;
GRANT INSERT (id, org_id, portal_type_code, account_id, base_url) ON integration_endpoint TO rcm_migrator;

-- Of one tenant at a time, as with everything else that it writes of logins.
CREATE POLICY adds_for_one ON organization AS RESTRICTIVE FOR INSERT TO rcm_migrator WITH CHECK ((SELECT rcm_tenant()) <> '*');
CREATE POLICY adds_for_one ON integration_endpoint AS RESTRICTIVE FOR INSERT TO rcm_migrator WITH CHECK ((SELECT rcm_tenant()) <> '*');
CREATE POLICY adds_for_one ON adopted_id AS RESTRICTIVE FOR INSERT TO rcm_migrator WITH CHECK ((SELECT rcm_tenant()) <> '*');
CREATE POLICY changes_for_one ON adopted_id AS RESTRICTIVE FOR UPDATE TO rcm_migrator USING ((SELECT rcm_tenant()) <> '*');

-- An address decides where a password is typed. Of an adopted endpoint of the transaction's tenant that has no secret yet, it follows its row; the trigger asks why and tells of it.
CREATE FUNCTION rcm_readdress_adopted(endpoint text, url text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.integration_endpoint e SET base_url = url, updated_at = clock_timestamp()
   WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.secret_arn IS NULL AND EXISTS (SELECT FROM public.adopted_id a WHERE a.endpoint_id = e.id AND a.org_id = e.org_id);
  RETURN FOUND;
END $$;
GRANT UPDATE (base_url) ON integration_endpoint TO rcm_internal;
GRANT SELECT (endpoint_id, org_id) ON adopted_id TO rcm_internal;
CREATE POLICY internal ON adopted_id FOR SELECT TO rcm_internal USING (true);
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_readdress_adopted(text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_readdress_adopted(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_readdress_adopted(text, text) TO rcm_migrator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
