-- A password that a person has typed is tried before it is stored. Where the portal refuses it that says nothing of the stored one, but the login
-- stood as refused until it was used again. That the portal has locked the account is said of the account, whatever was typed.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_note_standing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.login_identity i SET refused_since = s.refused_since, first_accepted_at = s.first_accepted_at
    FROM (SELECT p.first AS first_accepted_at,
                 (SELECT min(a.started_at) FROM public.login_attempt a
                   WHERE a.login_identity = NEW.login_identity AND (a.effect IN ('suspect', 'bad') OR a.outcome = 'locked')
                     AND (a.outcome = 'locked' OR a.version NOT LIKE 'typed:%')
                     AND a.started_at > coalesce(p.last, '-infinity')) AS refused_since
            FROM (SELECT min(a.started_at) AS first, max(a.started_at) AS last FROM public.login_attempt a
                   WHERE a.login_identity = NEW.login_identity AND (a.proved OR a.outcome = 'accepted')) p) s
   WHERE i.id = NEW.login_identity AND (i.refused_since, i.first_accepted_at) IS DISTINCT FROM (s.refused_since, s.first_accepted_at);
  RETURN NULL;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
