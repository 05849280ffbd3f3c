-- Who did what, why; and the proof that a login left the database intact. Both may only grow.

CREATE TABLE audit_event (
  org_id        text NOT NULL REFERENCES organization (id),
  seq           bigint NOT NULL,
  at            timestamptz NOT NULL,
  actor         text NOT NULL CHECK (actor <> ''),
  action        text NOT NULL CHECK (action <> ''),
  subject       text NOT NULL CHECK (subject <> ''),
  reason        text NOT NULL,
  details       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
  previous_hash text NOT NULL,
  hash          text NOT NULL,
  PRIMARY KEY (org_id, seq)
);

-- Whether removed plaintext may still be on disk is read from these two kinds of event.
CREATE INDEX audit_event_storage ON audit_event (action, org_id, at) WHERE action IN ('endpoint.scrubbed', 'storage.rewritten');

-- Every field goes in with its length, so no text can be shifted from one field to the next. The time is hashed as microseconds.
CREATE FUNCTION rcm_audit_hash(previous_hash text, org_id text, seq bigint, at timestamptz, actor text, action text, subject text, reason text, details jsonb)
  RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN encode(sha256(convert_to(
    (SELECT string_agg(octet_length(field) || ':' || field, ',' ORDER BY place)
       FROM unnest(ARRAY[previous_hash, org_id, seq::text, (extract(epoch FROM at) * 1000000)::bigint::text, actor, action, subject, reason, details::text])
            WITH ORDINALITY AS f (field, place)), 'UTF8')), 'hex');

-- Sequence number, time and hashes are the database's: whatever a writer sends for them is overwritten.
CREATE FUNCTION rcm_chain_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last record;
BEGIN
  -- One writer per organization at a time, until its transaction ends: the chain has no forks and no gaps.
  PERFORM pg_advisory_xact_lock(hashtextextended('rcm audit ' || NEW.org_id, 0));
  SELECT a.seq, a.hash INTO last FROM audit_event a WHERE a.org_id = NEW.org_id ORDER BY a.seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous_hash := coalesce(last.hash, '');
  NEW.at := clock_timestamp();
  NEW.hash := rcm_audit_hash(NEW.previous_hash, NEW.org_id, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.subject, NEW.reason, NEW.details);
  RETURN NEW;
END $$;

CREATE TRIGGER audit_event_chain BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION rcm_chain_audit_event();

CREATE TABLE migration_proof (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id      text NOT NULL,
  endpoint_id text NOT NULL,
  step        text NOT NULL CHECK (step IN ('applied', 'verified')),
  version     text NOT NULL CHECK (version <> ''),
  -- Keyed hash of the payload that was read back from the store.
  fingerprint text NOT NULL CHECK (fingerprint <> ''),
  proved_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);

CREATE INDEX migration_proof_by_endpoint ON migration_proof (endpoint_id, proved_at DESC);

CREATE FUNCTION rcm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION rcm_refuse_change();
CREATE TRIGGER migration_proof_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON migration_proof FOR EACH STATEMENT EXECUTE FUNCTION rcm_refuse_change();
