-- How many rotations a portal type has under way, over all tenants, for a plan that is its own tenant's. A number and no row.
CREATE FUNCTION rcm_rotations_under_way(portal_type text) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT count(*)::int FROM public.rotation_attempt a
           WHERE a.portal_type_code = portal_type AND a.ended_at IS NULL AND a.state NOT IN ('waiting', 'blocked'));

REVOKE ALL ON FUNCTION rcm_rotations_under_way(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_rotations_under_way(text) TO rcm_rotator;
GRANT SELECT (portal_type_code) ON rotation_attempt TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_rotations_under_way(text) OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- Notices are kept for a time only; the audit trail and the journal are what stays.
GRANT DELETE ON notice, notice_delivery TO rcm_rotator;
