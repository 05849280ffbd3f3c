-- What a login and its task write ahead, by table and index: npm run bench -- written.

-- First of all, since those who only read may go on meanwhile: what comes after lets nobody near these tables, and is soon done.
CREATE INDEX login_attempt_by_print_key_now ON login_attempt (split_part(fingerprint, ':', 1)) WHERE fingerprint IS NOT NULL;
CREATE INDEX portal_task_by_result_key_now ON portal_task (org_id, result_key_id) WHERE result_key_id IS NOT NULL;

-- Ids that grow: a new one lies at the end of its index, beside the one before, and not on a page of its own that is written whole after each checkpoint. As RFC 9562, 5.7 has them: the
-- milliseconds since 1970, and 74 random bits. Old ids stay; nothing is in the order of ids.
CREATE FUNCTION rcm_new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
  RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
REVOKE ALL ON FUNCTION rcm_new_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_new_id() TO rcm_agent, rcm_rotator, rcm_migrator, rcm_internal;
ALTER TABLE login_attempt ALTER COLUMN id SET DEFAULT rcm_new_id();

-- Where a task's account is, is written with the task: when it is taken, everything behind its times stays as it was, and what it asks, sealed, is not written a second time
-- if the page has room for its next row.
CREATE FUNCTION rcm_note_task_portal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.at_portal := coalesce(NEW.portal_type_code, (SELECT e.portal_type_code FROM public.integration_endpoint e WHERE e.org_id = NEW.org_id AND e.id = NEW.endpoint_id));
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_note_task_portal() FROM PUBLIC;
CREATE TRIGGER portal_task_at_portal BEFORE INSERT ON portal_task FOR EACH ROW EXECUTE FUNCTION rcm_note_task_portal();
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_note_task_portal() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
ALTER TABLE portal_task SET (fillfactor = 75);

-- Each change of a task writes into every index: one that nothing reads by (state, started_at, finished_at) goes, and what no key has sealed is in none.
DROP INDEX portal_task_finished, portal_task_by_result_key;
ALTER INDEX portal_task_by_result_key_now RENAME TO portal_task_by_result_key;

-- Which logins were accepted, those that were proved say, too; and the ids of keys are few, so that their index says each once.
DROP INDEX login_attempt_last_accepted, login_attempt_by_print_key;
ALTER INDEX login_attempt_by_print_key_now RENAME TO login_attempt_by_print_key;

-- The day of the last login is what lapsing logins are found by: of five logins a day the first writes into the indexes of an account, and the others into its row alone.
ALTER TABLE login_identity ADD COLUMN last_login_on date GENERATED ALWAYS AS ((last_login_at AT TIME ZONE 'UTC')::date) STORED;
DROP INDEX login_identity_used;
CREATE INDEX login_identity_used ON login_identity (last_login_on);
ALTER TABLE login_identity SET (fillfactor = 85);

-- What is still plain is found by its index, whatever the planner makes of a table that has grown since it counted.
SET ROLE rcm_internal;
ALTER FUNCTION rcm_plain_tasks(integer) SET enable_seqscan = off;
RESET ROLE;
