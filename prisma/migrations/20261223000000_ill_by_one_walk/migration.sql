-- Whether a portal is ill looked for each login that it refused whether it got in since, with an index of its own, and had no end: while a large portal is out of order, each login
-- that it refuses asks once, so that all together looked at the square of them. Newest first, the first row of a login says where it stands, and nothing else is looked up.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- Of the logins of a portal type that got in or were refused after `since`, without one: how many stand refused, and how many there are. These are counted up to one more than so many
-- refused ones can be many of (rcm_many_refused), so that it costs what is refused, and not what is in use. Where more than a hundred were refused, only what came after the hundredth
-- newest of them is looked at, of those that got in too: the share is that of a shorter time.
CREATE OR REPLACE FUNCTION rcm_refused_lately(portal_type text, without text, since timestamptz, OUT refused integer, OUT active integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  met record;
  rows_read integer := 0;
  were_refused text[] := '{}';
  seen text[] := '{}';
  seen_at timestamptz[] := '{}';
  got_in boolean[] := '{}';
  place integer;
BEGIN
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
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
