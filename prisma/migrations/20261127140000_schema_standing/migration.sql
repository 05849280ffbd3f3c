-- Every app asks at its start whether the database is that of its version. Which migrations there are stands in Prisma's table, which is the owner's alone; what is
-- answered of it is their names, and whether each was finished.
-- Where Prisma tries the migrations on an empty database of its own, there is no such table.
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    GRANT SELECT (migration_name, finished_at, rolled_back_at) ON public._prisma_migrations TO rcm_internal;
  END IF;
END $$;
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

CREATE FUNCTION rcm_migrations() RETURNS TABLE (name text, finished boolean) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT m.migration_name::text, m.finished_at IS NOT NULL FROM public._prisma_migrations m WHERE m.rolled_back_at IS NULL ORDER BY 1;
END $$;

REVOKE ALL ON FUNCTION rcm_migrations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_migrations() TO rcm_agent, rcm_rotator, rcm_migrator, rcm_auditor, rcm_head_writer, rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
