-- Whoever runs the migrator may have a login proved, by a rotator and inside the ledger's budget. It asks for nothing else, and for one tenant's login at a time.
CREATE POLICY migrator_asks_for_a_proof ON login_request AS RESTRICTIVE FOR INSERT TO rcm_migrator
  WITH CHECK ((SELECT rcm_tenant()) <> '*' AND kind = 'verify');
GRANT SELECT, INSERT (id, org_id, endpoint_id, kind, actor, reason) ON login_request TO rcm_migrator;
GRANT EXECUTE ON FUNCTION rcm_is_person(text) TO rcm_migrator;
SET ROLE rcm_internal;
-- A login with a failure that counts is none to be tried as a sample.
GRANT EXECUTE ON FUNCTION rcm_login_ledger(text) TO rcm_migrator;
RESET ROLE;
