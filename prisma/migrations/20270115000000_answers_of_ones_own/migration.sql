-- Functions that look over all tenants told one of another, or changed what is another's: they took the name of an endpoint or a login, or the tenant of the transaction, and did not compare the
-- two. A migrator could move another tenant's account to a login of its choice, and a rotator could have another tenant's record of its refused passwords forgotten; an agent learnt of another
-- tenant's login whether it was refused, by having it left out of how its portal type is. Each asks for the tenant now. Where the transaction has none, what works for all goes on as before.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- As before, but only for an endpoint of the tenant's own: for another, as for one that does not exist, the name that was given first, and nothing is locked or taken along.
CREATE OR REPLACE FUNCTION rcm_settle_login(own text, names text[], key_ids text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  goes_by text;
  other text;
BEGIN
  IF NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = own AND e.org_id = public.rcm_tenant()) THEN RETURN names[1]; END IF;
  IF EXISTS (SELECT FROM public.rcm_identity_key_ids() k(id) WHERE k.id <> ALL (key_ids)
                AND EXISTS (SELECT FROM public.login_identity i JOIN public.integration_endpoint e ON e.login_identity = i.id WHERE i.key_id = k.id)) THEN
    RETURN NULL;
  END IF;
  PERFORM public.rcm_lock_logins(names || (SELECT e.login_identity FROM public.integration_endpoint e WHERE e.id = own AND e.login_identity <> ALL (names)), key_ids);
  SELECT coalesce((SELECT n.id FROM unnest(names) WITH ORDINALITY n (id, nth)
                    WHERE EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = n.id AND e.id <> own) ORDER BY n.nth LIMIT 1), names[1]) INTO goes_by;
  FOREACH other IN ARRAY names LOOP
    CONTINUE WHEN other = goes_by OR EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = other AND e.id <> own)
      OR (EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = other AND a.ended_at IS NULL)
          AND EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = goes_by AND a.ended_at IS NULL));
    PERFORM public.rcm_merge_login(other, goes_by);
  END LOOP;
  RETURN goes_by;
END $$;

-- As before, but where the transaction has a tenant, of that tenant only.
CREATE OR REPLACE FUNCTION rcm_forget_left_passwords(kept_key_id text, before timestamptz) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH gone AS (UPDATE public.login_attempt a SET fingerprint = NULL
      WHERE a.login_identity IN (SELECT i.id FROM public.login_identity i WHERE i.left_since IS NOT NULL)
        AND (public.rcm_tenant() IS NULL OR a.org_id = public.rcm_tenant())
        AND a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) IS DISTINCT FROM kept_key_id AND a.started_at < before
        AND NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.org_id = a.org_id AND e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL)
      RETURNING 1)
    SELECT count(*)::int FROM gone;
  END;
CREATE OR REPLACE FUNCTION rcm_organization_of(endpoint_id text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT e.org_id FROM public.integration_endpoint e
           WHERE e.id = rcm_organization_of.endpoint_id AND (public.rcm_tenant() IS NULL OR e.org_id = public.rcm_tenant()));
CREATE OR REPLACE FUNCTION rcm_logins_at(place text, at_most integer) RETURNS integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
  SELECT count(*)::int FROM (SELECT FROM public.integration_endpoint e
                              WHERE e.secret_place = place AND (public.rcm_tenant() IS NULL OR e.org_id = public.rcm_tenant()) LIMIT at_most) s
$$;
CREATE OR REPLACE FUNCTION rcm_data_key_samples(wrapper text) RETURNS TABLE (key_id uuid, org_id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    (SELECT d.id, d.org_id FROM public.tenant_data_key d
      WHERE d.wrapped_by = wrapper AND (public.rcm_tenant() IS NULL OR d.org_id = public.rcm_tenant()) ORDER BY d.created_at LIMIT 2)
    UNION
    (SELECT d.id, d.org_id FROM public.tenant_data_key d
      WHERE d.wrapped_by = wrapper AND (public.rcm_tenant() IS NULL OR d.org_id = public.rcm_tenant()) ORDER BY d.created_at DESC LIMIT 2);
  END;

-- Until when an account is locked is asked for whatever login by functions that have looked whose it is, and by no app any more.
ALTER FUNCTION rcm_locked_until(text) RENAME TO rcm_lock_ends;
REVOKE ALL ON FUNCTION rcm_lock_ends(text) FROM rcm_operator, rcm_console;
-- Of the tenant's own logins, and of all where the transaction works for all.
CREATE FUNCTION rcm_locked_until(identity text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  RETURN CASE WHEN public.rcm_tenant() = '*' OR public.rcm_tenant_has_login(identity) THEN public.rcm_lock_ends(identity) END;
REVOKE ALL ON FUNCTION rcm_locked_until(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_locked_until(text) TO rcm_operator, rcm_console;
CREATE OR REPLACE FUNCTION rcm_locked_count(identities text[]) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT count(*)::integer FROM unnest(identities) i WHERE public.rcm_locked_until(i) > clock_timestamp());

-- As before, but only a login of the tenant's own is left out: what is told is of all, and without another tenant's login it would tell of that one.
CREATE OR REPLACE FUNCTION rcm_refused_lately(portal_type text, without text, since timestamptz, OUT refused integer, OUT active integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  met record;
  rows_read integer := 0;
  were_refused text[] := '{}';
  seen text[] := '{}';
  seen_at timestamptz[] := '{}';
  got_in boolean[] := '{}';
  place integer;
BEGIN
  IF NOT public.rcm_tenant_has_login(without) THEN without := NULL; END IF;
  -- A cursor: it reads no further than it is followed. In the order of the index, so that nothing is read to be sorted.
  FOR met IN SELECT a.login_identity AS login, a.started_at AS at FROM public.login_attempt a
              WHERE a.portal_type_code = portal_type AND a.started_at > since AND a.effect IN ('suspect', 'bad') AND a.login_identity IS DISTINCT FROM without
              ORDER BY a.started_at DESC LOOP
    rows_read := rows_read + 1;
    IF met.login <> ALL (were_refused) THEN
      IF cardinality(were_refused) = 100 THEN
        since := met.at;
        EXIT;
      END IF;
      were_refused := were_refused || met.login;
    END IF;
    IF rows_read = 1000 THEN
      since := met.at;
      EXIT;
    END IF;
  END LOOP;
  refused := 0;
  active := 0;
  FOR met IN SELECT a.login_identity AS login, a.started_at AS at, a.outcome IS NOT DISTINCT FROM 'accepted' AS accepted FROM public.login_attempt a
              WHERE a.portal_type_code = portal_type AND a.started_at > since AND (a.outcome = 'accepted' OR a.effect IN ('suspect', 'bad'))
                AND a.login_identity IS DISTINCT FROM without
              ORDER BY a.started_at DESC LOOP
    place := array_position(seen, met.login);
    IF place IS NULL THEN
      active := active + 1;
      EXIT WHEN active > 5 * cardinality(were_refused) + 4;
      seen := seen || met.login;
      seen_at := seen_at || met.at;
      got_in := got_in || met.accepted;
      IF NOT met.accepted THEN refused := refused + 1; END IF;
    ELSIF met.accepted AND NOT got_in[place] AND seen_at[place] = met.at THEN
      -- Of two of one instant the one that got in was the later.
      got_in[place] := true;
      refused := refused - 1;
    END IF;
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION rcm_portal_health(portal_type text, identity text, since timestamptz, lasting interval, suspects integer) RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  IF NOT public.rcm_tenant_has_login(identity) THEN identity := NULL; END IF;
  IF EXISTS (SELECT FROM public.portal_gate g WHERE g.portal_type_code = portal_type AND g.opened_at IS NOT NULL AND g.closed_at IS NULL AND g.cause = 'logins_suspect'
               AND g.opened_at > transaction_timestamp() - interval '12 hours') THEN
    RETURN 'ill';
  END IF;
  IF (SELECT l.refused >= public.rcm_many_refused(l.active, suspects) FROM public.rcm_refused_lately(portal_type, identity, transaction_timestamp() - lasting) l) THEN RETURN 'ill'; END IF;
  IF EXISTS (SELECT FROM public.login_attempt a
              WHERE a.portal_type_code = portal_type AND a.login_identity IS DISTINCT FROM identity AND a.outcome = 'accepted'
                AND a.started_at > coalesce(since, transaction_timestamp() - lasting)) THEN
    RETURN 'well';
  END IF;
  RETURN 'unknown';
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
