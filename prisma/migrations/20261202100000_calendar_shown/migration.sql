-- When a login was stored decides when it lapses where nobody has used it: the calendar of the console says so, as rcm's does.
GRANT SELECT (secret_taken_at) ON integration_endpoint TO rcm_console;
