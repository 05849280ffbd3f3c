-- Used codes go along with a row's new name (20270105000000), but not where the row names no account in between: it was retired and reinstated, or lost its login and got one again. By another
-- user name the same backup codes were typed a second time then, each a wrong code at the account. The row remembers which account it left, until it names one again.
ALTER TABLE integration_endpoint ADD COLUMN left_login_identity text;
CREATE INDEX integration_endpoint_left_login ON integration_endpoint (left_login_identity) WHERE left_login_identity IS NOT NULL;
GRANT SELECT (left_login_identity) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;
GRANT UPDATE (left_login_identity) ON integration_endpoint TO rcm_internal;

CREATE FUNCTION rcm_note_left_login() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.left_login_identity := CASE WHEN NEW.login_identity IS NULL THEN OLD.login_identity END;
  RETURN NEW;
END $$;
CREATE TRIGGER integration_endpoint_leaves_login BEFORE UPDATE OF login_identity ON integration_endpoint
  FOR EACH ROW WHEN ((OLD.login_identity IS NULL) <> (NEW.login_identity IS NULL)) EXECUTE FUNCTION rcm_note_left_login();

CREATE FUNCTION rcm_take_left_codes_along() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, spent_at, left_behind)
    SELECT NEW.login_identity, s.fingerprint, NEW.org_id, NEW.id, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = OLD.left_login_identity
    ON CONFLICT DO NOTHING;
  UPDATE public.login_identity n SET last_totp_step = o.last_totp_step
    FROM public.login_identity o WHERE n.id = NEW.login_identity AND o.id = OLD.left_login_identity AND o.last_totp_step > n.last_totp_step;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_take_left_codes_along() FROM PUBLIC;
CREATE TRIGGER integration_endpoint_takes_left_codes_along AFTER UPDATE OF login_identity ON integration_endpoint
  FOR EACH ROW WHEN (OLD.login_identity IS NULL AND OLD.left_login_identity <> NEW.login_identity) EXECUTE FUNCTION rcm_take_left_codes_along();

-- The role owns it once the trigger is there: whoever owns the tables may not call it afterwards.
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_take_left_codes_along() OWNER TO rcm_internal;
SET ROLE rcm_internal;
-- As before (20270105000000), and a row that left the one has left the other.
CREATE OR REPLACE FUNCTION rcm_merge_login(was text, becomes text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_carry_login(was, becomes);
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at, left_behind)
    SELECT becomes, s.fingerprint, s.org_id, s.endpoint_id, s.left_then, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  DELETE FROM public.backup_code_spent s WHERE s.login_identity = was;
  DELETE FROM public.login_lease l WHERE l.login_identity = was;
  UPDATE public.integration_endpoint e SET login_identity = becomes, updated_at = clock_timestamp() WHERE e.login_identity = was;
  UPDATE public.integration_endpoint e SET left_login_identity = becomes WHERE e.left_login_identity = was;
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
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
