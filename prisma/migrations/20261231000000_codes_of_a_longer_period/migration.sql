-- Where a portal type is given a longer period, the last step of a login, counted in the shorter one, is a step of decades from now in the longer, and none is given until then. Such a step goes
-- back: its number is further ahead than any that was reserved in this period, so no code of those that come now was used. The least change of a period moves the number of now by more than this.
CREATE OR REPLACE FUNCTION rcm_bound_totp_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last_now bigint;
BEGIN
  IF NOT public.rcm_is_app(TG_RELID) THEN RETURN NEW; END IF;
  last_now := public.rcm_last_totp_step(NEW.id);
  IF (NEW.last_totp_step <= last_now AND (NEW.last_totp_step >= OLD.last_totp_step OR OLD.last_totp_step > last_now + 10000)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a step of one-time codes goes forward, and no further than the portal accepts now' USING ERRCODE = 'check_violation', CONSTRAINT = 'login_identity_totp_step_near_now';
  END IF;
  RETURN NEW;
END $$;
