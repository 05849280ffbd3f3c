-- A row of a company's own table that has another organization, portal type or account by now is another login. Where a person says so, it becomes a new endpoint, and the one
-- that it was stays as it is: only that it came out of this row is no longer said. No role deletes such a row otherwise.
CREATE FUNCTION rcm_let_go_adopted(of_source text, of_id text, endpoint text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.adopted_id a
   WHERE a.source = of_source AND a.kind = 'endpoint' AND a.source_id = of_id AND a.endpoint_id = endpoint AND a.org_id = public.rcm_tenant();
  RETURN FOUND;
END $$;
GRANT SELECT (source, kind, source_id), DELETE ON adopted_id TO rcm_internal;
CREATE POLICY internal_lets_go ON adopted_id FOR DELETE TO rcm_internal USING (true);
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_let_go_adopted(text, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_let_go_adopted(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_let_go_adopted(text, text, text) TO rcm_migrator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
