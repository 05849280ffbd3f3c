-- A view of the fleet that somebody keeps under a name of their own (docs/console.md): what it shows, and never a row. The path is the console's own, and leads nowhere else.
CREATE TABLE console_view (
  person   text NOT NULL CHECK (rcm_is_person(person)),
  name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
  path     text NOT NULL CHECK (path ~ '^/(all|o/[a-z0-9][a-z0-9-]{0,62})/logins\?[a-z0-9_=&-]{1,200}$'),
  saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (person, name)
);
GRANT SELECT, INSERT, DELETE, UPDATE (path, saved_at) ON console_view TO rcm_console;
