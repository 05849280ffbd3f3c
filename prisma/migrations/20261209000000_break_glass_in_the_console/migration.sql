-- Break-glass in a browser (docs/adr/0032): the console asks for what was approved with a public key whose other half only its process knows, a rotator answers with what only that
-- key opens. A row lives for seconds: the console takes the answer away, and a rotator what nobody has taken.
CREATE TABLE break_glass_reading (
  request_id uuid PRIMARY KEY REFERENCES login_request (id) ON DELETE CASCADE,
  org_id     text NOT NULL REFERENCES organization (id),
  actor      text NOT NULL CHECK (rcm_is_person(actor)),
  -- SubjectPublicKeyInfo of an X25519 key.
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 44),
  asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  taken_at   timestamptz,
  sealed     bytea CHECK (octet_length(sealed) BETWEEN 61 AND 65536),
  -- Why nothing is shown.
  code       text CHECK (length(code) <= 100),
  words      text CHECK (length(words) <= 1000),
  CONSTRAINT break_glass_reading_answered CHECK (taken_at IS NOT NULL OR num_nonnulls(sealed, code, words) = 0),
  CONSTRAINT break_glass_reading_one_answer CHECK ((code IS NULL) = (words IS NULL) AND num_nonnulls(sealed, words) <= 1)
);
CALL rcm_isolate('break_glass_reading');
CREATE POLICY every_tenant_is_shown ON break_glass_reading FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
GRANT SELECT, DELETE, INSERT (request_id, org_id, actor, public_key) ON break_glass_reading TO rcm_console;
GRANT SELECT, DELETE, UPDATE (taken_at, sealed, code, words) ON break_glass_reading TO rcm_rotator;
-- Only for what a second person has approved and nobody has read, and by whoever asked for it.
CREATE POLICY reads_what_was_approved ON break_glass_reading AS RESTRICTIVE FOR INSERT TO rcm_console
  WITH CHECK (EXISTS (SELECT FROM login_request r
                       WHERE r.id = request_id AND r.org_id = break_glass_reading.org_id AND r.kind = 'break_glass' AND r.decision = 'approved'
                         AND r.taken_at IS NULL AND r.ended_at IS NULL
                         AND split_part(r.actor, ' says ', 1) = split_part(break_glass_reading.actor, ' says ', 1)));
