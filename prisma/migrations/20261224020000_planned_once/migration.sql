-- What is asked for every login, and of every portal type once a minute, is planned once a connection. Postgres made a plan for each call, since it takes a parameter to let a third of all rows through where it
-- does not see what it is, and so never thought the plan for all calls as good: of forty portal types, 36 ms of a processor became 7. All of them go by an index to what is one login's, or one
-- portal type's in the order of time, whatever the parameters are. Who replaces one of these functions says so again, or loses it.
SET ROLE rcm_internal;
DO $$
DECLARE
  names constant text[] := ARRAY['rcm_login_ledger', 'rcm_login_limits', 'rcm_locked_until', 'rcm_password_record', 'rcm_refused_lately', 'rcm_portal_health', 'rcm_live_leases', 'rcm_open_rotation',
                                 'rcm_take_code_turn', 'rcm_ask_code', 'rcm_take_code', 'rcm_end_code_turn', 'rcm_code_rest'];
  one regprocedure;
  altered integer := 0;
BEGIN
  FOR one IN SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (names) LOOP
    EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', one);
    altered := altered + 1;
  END LOOP;
  IF altered <> cardinality(names) THEN RAISE EXCEPTION 'of % functions, % are there', cardinality(names), altered; END IF;
END $$;
RESET ROLE;
