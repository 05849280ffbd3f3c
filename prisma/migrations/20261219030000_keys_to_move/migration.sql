-- Whether anything is known by another key than these two: one step in an index for each key there is. Where nothing is, nobody looks through all logins, and through the ledger of each, for what is to be moved.
-- No tenant's, and no id: yes or no.
CREATE FUNCTION rcm_known_by_other_keys(identity_key text, print_key text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
  RETURN EXISTS (SELECT FROM public.rcm_identity_key_ids() k (id) WHERE k.id <> identity_key)
      OR EXISTS (SELECT FROM public.rcm_print_key_ids() k (id) WHERE k.id <> print_key)
      OR EXISTS (SELECT FROM public.rcm_spent_code_key_ids() k (id) WHERE k.id <> print_key);
REVOKE ALL ON FUNCTION rcm_known_by_other_keys(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_known_by_other_keys(text, text) TO rcm_rotator;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_known_by_other_keys(text, text) OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
