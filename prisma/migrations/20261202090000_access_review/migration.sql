-- Who may do what in the console, and who is in it now, is reviewed there (docs/console.md); a session is named without what its row is found by.
ALTER TABLE console_session ADD COLUMN handle uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX console_session_by_handle ON console_session (handle);
-- The sessions with a role in one organization, or in all.
CREATE INDEX console_session_roles ON console_session USING gin (roles);

-- Who was ever in it, what they were at their last sign-in, and when they were seen last: whom a review would miss who is not signed in just now.
CREATE TABLE console_person (
  person          text PRIMARY KEY CHECK (rcm_is_person(person)),
  name            text NOT NULL CHECK (length(name) <= 100),
  roles           jsonb NOT NULL CHECK (jsonb_typeof(roles) = 'object'),
  first_signed_in timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX console_person_roles ON console_person USING gin (roles);
INSERT INTO console_person (person, name, roles, first_signed_in, seen_at)
SELECT DISTINCT ON (s.person) s.person, s.name, s.roles, s.begun_at, s.seen_at FROM console_session s ORDER BY s.person, s.begun_at DESC;
GRANT SELECT, INSERT, UPDATE (name, roles, seen_at) ON console_person TO rcm_console;
