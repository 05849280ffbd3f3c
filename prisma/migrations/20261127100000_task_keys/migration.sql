-- The key file that wraps data keys is changed while web-agents work: two are known at once, and what the old one wrapped is wrapped anew.

-- Which keys have wrapped something, and where: one step in the index for each.
CREATE INDEX tenant_data_key_by_wrapper ON tenant_data_key (wrapped_by, created_at);

-- Wrapped anew it is the same key under the same id, so what was sealed under it opens as before. Of one's own tenant only, as every row.
GRANT UPDATE (wrapped_by, wrapped) ON tenant_data_key TO rcm_agent;

GRANT SELECT (wrapped_by, created_at) ON tenant_data_key TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- Names of the keys that have wrapped a data key which is there: no row, no count, no tenant.
CREATE FUNCTION rcm_data_key_wrappers() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH RECURSIVE names AS (
      (SELECT d.wrapped_by AS name FROM public.tenant_data_key d ORDER BY d.wrapped_by LIMIT 1)
      UNION ALL
      SELECT (SELECT d.wrapped_by FROM public.tenant_data_key d WHERE d.wrapped_by > n.name ORDER BY d.wrapped_by LIMIT 1) FROM names n WHERE n.name IS NOT NULL
    ) SELECT n.name FROM names n WHERE n.name IS NOT NULL;
  END;

-- A few data keys that a key has wrapped, the oldest and the youngest, for a process to try at its start: ids alone. Rows that somebody adds now
-- are not the oldest.
CREATE FUNCTION rcm_data_key_samples(wrapper text) RETURNS TABLE (key_id uuid, org_id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    (SELECT d.id, d.org_id FROM public.tenant_data_key d WHERE d.wrapped_by = wrapper ORDER BY d.created_at LIMIT 2)
    UNION
    (SELECT d.id, d.org_id FROM public.tenant_data_key d WHERE d.wrapped_by = wrapper ORDER BY d.created_at DESC LIMIT 2);
  END;

-- How many data keys which key has wrapped, for whoever changes one. Over all tenants, and no tenant's: numbers.
CREATE FUNCTION rcm_data_key_counts() RETURNS TABLE (wrapped_by text, count bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT d.wrapped_by, count(*) FROM public.tenant_data_key d WHERE public.rcm_tenant() IS NULL OR d.org_id = public.rcm_tenant() GROUP BY 1 ORDER BY 1;
  END;

-- Organizations with a data key that this key has wrapped, page by page: ids alone.
CREATE FUNCTION rcm_data_key_owners(wrapper text, after text, most integer) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT DISTINCT d.org_id FROM public.tenant_data_key d
     WHERE d.wrapped_by = wrapper AND d.org_id > after AND (public.rcm_tenant() IS NULL OR d.org_id = public.rcm_tenant())
     ORDER BY 1 LIMIT least(most, 10000);
  END;

REVOKE ALL ON FUNCTION rcm_data_key_wrappers(), rcm_data_key_samples(text), rcm_data_key_counts(), rcm_data_key_owners(text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_data_key_wrappers(), rcm_data_key_samples(text), rcm_data_key_counts(), rcm_data_key_owners(text, text, integer) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
