-- Secrets of one deployment lie in several accounts and regions (docs/store-places.md).

-- Where a login's secret lies in AWS: what its reference begins with, `arn:aws:ssm:us-east-1:123456789012`. An account has room for 10,000 standard parameters, so its logins
-- are counted. A column and no index on an expression, of which Postgres would keep samples that a scrub cannot see (docs/migration.md).
ALTER TABLE integration_endpoint ADD COLUMN secret_place text;
CREATE FUNCTION rcm_note_secret_place() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.secret_place := substring(NEW.secret_arn FROM '^arn:(?:[^:]*:){3}[^:]*');
  RETURN NEW;
END $$;
CREATE TRIGGER integration_endpoint_secret_place BEFORE INSERT OR UPDATE OF secret_arn ON integration_endpoint FOR EACH ROW EXECUTE FUNCTION rcm_note_secret_place();
UPDATE integration_endpoint SET secret_place = substring(secret_arn FROM '^arn:(?:[^:]*:){3}[^:]*') WHERE secret_arn LIKE 'arn:%';
CREATE INDEX integration_endpoint_by_place ON integration_endpoint (secret_place) WHERE secret_place IS NOT NULL;
GRANT SELECT (secret_place) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;

-- Counted to `at_most` and no further. Answers with a number alone, so nobody learns whose they are.
CREATE FUNCTION rcm_logins_at(place text, at_most integer) RETURNS integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
  SELECT count(*)::int FROM (SELECT FROM public.integration_endpoint e WHERE e.secret_place = place LIMIT at_most) s
$$;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_logins_at(text, integer) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_logins_at(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_logins_at(text, integer) TO rcm_migrator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- A secret of a login that lies, or may lie, where its row does not name it: written before it is made, so that no process that dies leaves one that nobody knows of.
CREATE TABLE unnamed_secret (
  endpoint_id text NOT NULL,
  org_id      text NOT NULL,
  -- `ssm:aws:us-east-1:123456789012`: the store of an account in a region, or a mount of Vault.
  place       text NOT NULL CHECK (place <> '' AND length(place) <= 200),
  -- `new`: the login's first one is being made there. `copy`: it is being moved there. `left`: it was moved away from there.
  why         text NOT NULL CHECK (why IN ('new', 'copy', 'left')),
  -- Of one that was left, as the row named it; a login may be moved back to it.
  secret_arn  text CHECK (why <> 'left' OR secret_arn IS NOT NULL),
  since       timestamptz NOT NULL DEFAULT clock_timestamp(),
  removed_at  timestamptz CHECK (removed_at IS NULL OR why = 'left'),
  PRIMARY KEY (endpoint_id, place),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CALL rcm_isolate('unnamed_secret');
CREATE POLICY every_tenant_is_seen ON unnamed_secret FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
CREATE INDEX unnamed_secret_by_org ON unnamed_secret (org_id, endpoint_id);
GRANT SELECT, INSERT, DELETE, UPDATE (why, secret_arn, since, removed_at) ON unnamed_secret TO rcm_migrator;
GRANT SELECT ON unnamed_secret TO rcm_operator;
