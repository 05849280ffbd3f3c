-- A secret of Secrets Manager that was gone and is made again out of a backup has another end of its ARN: six characters that AWS chooses. What names it follows, and nothing
-- else can be named by this: the rest of the ARN must be the same, to the character.
CREATE FUNCTION rcm_secret_made_anew(was text, now_is text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  followed integer;
BEGIN
  IF was !~ '^arn:aws(-[a-z]+)*:secretsmanager:.*-[A-Za-z0-9]{6}$' OR now_is !~ '-[A-Za-z0-9]{6}$' OR left(was, -6) <> left(now_is, -6) THEN
    RAISE EXCEPTION 'a secret that was made anew has the name it had' USING ERRCODE = 'check_violation';
  END IF;
  -- An open rotation goes on with the secret that there is.
  UPDATE public.rotation_attempt a SET secret_arn = now_is WHERE a.org_id = public.rcm_tenant() AND a.secret_arn = was AND a.ended_at IS NULL;
  UPDATE public.integration_endpoint e SET secret_arn = now_is, updated_at = clock_timestamp() WHERE e.org_id = public.rcm_tenant() AND e.secret_arn = was;
  GET DIAGNOSTICS followed = ROW_COUNT;
  RETURN followed;
END $$;
GRANT UPDATE (secret_arn) ON integration_endpoint TO rcm_internal;
GRANT SELECT (org_id, secret_arn, ended_at), UPDATE (secret_arn) ON rotation_attempt TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_secret_made_anew(text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_secret_made_anew(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_secret_made_anew(text, text) TO rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
