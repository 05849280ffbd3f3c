-- How many logins each portal type has is kept where it changes: to count up to a thousand of each, 42,718 pages were read of 400,000 logins. In sixteen parts, of which a connection has one: whoever adds a login holds
-- its part until that is committed, and those who add others meanwhile seldom wait for it (sixteen at one portal type: 740 a second, as without; with one row 281). Only the sum says anything; a part may be below nothing.
CREATE TABLE portal_logins (
  portal_type_code text REFERENCES portal_type (code) ON DELETE CASCADE,
  part             smallint,
  logins           bigint NOT NULL,
  PRIMARY KEY (portal_type_code, part)
);
GRANT SELECT ON portal_logins TO rcm_operator, rcm_console;
GRANT SELECT, INSERT, UPDATE ON portal_logins TO rcm_internal;
SELECT set_config('app.tenant_id', '*', true);
-- A login that somebody adds between the count and the trigger would be counted by neither.
LOCK TABLE integration_endpoint IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO portal_logins (portal_type_code, part, logins) SELECT e.portal_type_code, 0, count(*) FROM integration_endpoint e GROUP BY 1;

-- In the order of the codes: two that add logins of several types do not wait for each other.
CREATE FUNCTION rcm_count_logins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  mine CONSTANT smallint := pg_backend_pid() % 16;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO public.portal_logins AS l (portal_type_code, part, logins)
      SELECT c.code, mine, c.more FROM (VALUES (OLD.portal_type_code, -1), (NEW.portal_type_code, 1)) c (code, more) ORDER BY 1
      ON CONFLICT (portal_type_code, part) DO UPDATE SET logins = l.logins + excluded.logins;
  ELSE
    INSERT INTO public.portal_logins AS l (portal_type_code, part, logins)
      SELECT c.portal_type_code, mine, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END FROM changed c GROUP BY 1 ORDER BY 1
      ON CONFLICT (portal_type_code, part) DO UPDATE SET logins = l.logins + excluded.logins;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON integration_endpoint REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rcm_count_logins();
CREATE TRIGGER count_removed AFTER DELETE ON integration_endpoint REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rcm_count_logins();
CREATE TRIGGER count_moved AFTER UPDATE OF portal_type_code ON integration_endpoint FOR EACH ROW WHEN (OLD.portal_type_code <> NEW.portal_type_code)
  EXECUTE FUNCTION rcm_count_logins();
REVOKE ALL ON FUNCTION rcm_count_logins() FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_count_logins() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- What comes on a day is counted and paged by these indexes, and row level security asks of each row whose it is: with the organization in the index its row need not be read, where its page is marked as visible to all.
-- The new ones first: only to put them in the place of the old ones does the table stand still.
CREATE INDEX integration_endpoint_due_by_portal_type_now ON integration_endpoint (portal_type_code, next_rotation_at, id) INCLUDE (org_id) WHERE secret_arn IS NOT NULL;
CREATE INDEX integration_endpoint_ageing_now ON integration_endpoint (portal_type_code, last_rotated_at, id) INCLUDE (org_id) WHERE secret_arn IS NOT NULL;
CREATE INDEX integration_endpoint_by_identity_now ON integration_endpoint (login_identity) INCLUDE (org_id);
DROP INDEX integration_endpoint_due_by_portal_type, integration_endpoint_ageing, integration_endpoint_by_identity;
ALTER INDEX integration_endpoint_due_by_portal_type_now RENAME TO integration_endpoint_due_by_portal_type;
ALTER INDEX integration_endpoint_ageing_now RENAME TO integration_endpoint_ageing;
ALTER INDEX integration_endpoint_by_identity_now RENAME TO integration_endpoint_by_identity;
-- A fiftieth of the rows that changed, not a fifth: until then their pages are read.
ALTER TABLE integration_endpoint SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
