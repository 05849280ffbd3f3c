-- Whatever gives a row another name of its account, what was used by the former name stays used for it: backup codes, and one-time codes that may be good
-- for a moment yet. Until now a migrator took nothing along, nor did a person who writes the name by hand, and a used code was typed again.
CREATE FUNCTION rcm_take_used_codes_along() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, spent_at, left_behind)
    SELECT NEW.login_identity, s.fingerprint, NEW.org_id, NEW.id, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = OLD.login_identity
    ON CONFLICT DO NOTHING;
  UPDATE public.login_identity n SET last_totp_step = o.last_totp_step
    FROM public.login_identity o WHERE n.id = NEW.login_identity AND o.id = OLD.login_identity AND o.last_totp_step > n.last_totp_step;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_take_used_codes_along() FROM PUBLIC;
CREATE TRIGGER integration_endpoint_takes_codes_along AFTER UPDATE OF login_identity ON integration_endpoint
  FOR EACH ROW WHEN (OLD.login_identity <> NEW.login_identity) EXECUTE FUNCTION rcm_take_used_codes_along();

-- The role owns it once the trigger is there: whoever owns the tables may not call it afterwards.
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_take_used_codes_along() OWNER TO rcm_internal;
SET ROLE rcm_internal;

-- As before, but used codes go first: the trigger takes them along without how many were left.
CREATE OR REPLACE FUNCTION rcm_merge_login(was text, becomes text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_carry_login(was, becomes);
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at, left_behind)
    SELECT becomes, s.fingerprint, s.org_id, s.endpoint_id, s.left_then, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  DELETE FROM public.backup_code_spent s WHERE s.login_identity = was;
  DELETE FROM public.login_lease l WHERE l.login_identity = was;
  UPDATE public.integration_endpoint e SET login_identity = becomes, updated_at = clock_timestamp() WHERE e.login_identity = was;
  UPDATE public.login_attempt a SET login_identity = becomes WHERE a.login_identity = was;
  UPDATE public.login_clearance c SET login_identity = becomes WHERE c.login_identity = was;
  UPDATE public.rotation_attempt a SET login_identity = becomes WHERE a.login_identity = was;
  UPDATE public.login_identity n SET last_totp_step = greatest(n.last_totp_step, o.last_totp_step) FROM public.login_identity o WHERE n.id = becomes AND o.id = was;
  INSERT INTO public.login_identity_past (identity, former, until)
    SELECT n.identity, n.former, max(n.until)
      FROM (SELECT CASE WHEN p.identity = was THEN becomes ELSE p.identity END, CASE WHEN p.former = was THEN becomes ELSE p.former END, p.until
              FROM public.login_identity_past p WHERE was IN (p.identity, p.former)) n (identity, former, until)
     WHERE n.identity <> n.former GROUP BY 1, 2
    ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  DELETE FROM public.login_identity_past p WHERE was IN (p.identity, p.former);
  DELETE FROM public.login_identity i WHERE i.id = was;
END $$;

-- As before, but the name that the row has is locked with those that it may get: taking it from the row locks it, too, and two that give two rows each the
-- other's name would wait for each other.
CREATE OR REPLACE FUNCTION rcm_settle_login(own text, names text[], key_ids text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  goes_by text;
  other text;
BEGIN
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
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
