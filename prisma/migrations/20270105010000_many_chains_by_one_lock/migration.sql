-- What is done to every organization at once writes into the chain of each, in one transaction, and took a lock for each: above some 12,000 organizations the server's
-- table of locks was full, a pause of everything failed, and so did whatever else wanted a lock meanwhile. From the 256th chain on a transaction now takes one lock for
-- all of them, which every writer shares. The own one first: whoever waits for a chain holds nothing that the writer of many waits for.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_chain_audit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  every_chain CONSTANT bigint := hashtextextended('rcm every audit chain', 0);
  -- How many chains this transaction has gone on to, and the last of them. An app may write it, too, and gains nothing: it decides which lock is taken, never whether.
  counted CONSTANT text := coalesce(current_setting('app.audit_chains', true), '');
  chains integer := CASE WHEN counted ~ '^[0-9]{1,6} ' THEN split_part(counted, ' ', 1)::integer ELSE 0 END;
  last record;
BEGIN
  IF split_part(counted, ' ', 2) <> NEW.org_id THEN
    chains := least(chains + 1, 256);
    PERFORM set_config('app.audit_chains', chains || ' ' || NEW.org_id, true);
  END IF;
  -- One writer per organization at a time, until its transaction ends: the chain has no forks and no gaps.
  IF chains < 256 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('rcm audit ' || NEW.org_id, 0));
    PERFORM pg_advisory_xact_lock_shared(every_chain);
  ELSE
    PERFORM pg_advisory_xact_lock(every_chain);
  END IF;
  SELECT a.seq, a.hash INTO last FROM audit_event a WHERE a.org_id = NEW.org_id ORDER BY a.seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous_hash := coalesce(last.hash, '');
  NEW.at := clock_timestamp();
  NEW.hash := rcm_audit_hash(NEW.previous_hash, NEW.org_id, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.subject, NEW.reason, NEW.details);
  RETURN NEW;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
