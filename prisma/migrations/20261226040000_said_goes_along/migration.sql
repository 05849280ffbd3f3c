-- What a person said of a login (`rcm login recertified`, `logged-in`) stands in the login's row alone. It was lost where the account went over to another name, and with it the day by which it is to be
-- said again.
GRANT UPDATE (person_login_at, recertified_at, keep_alive_after, created_at) ON login_identity TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- One account, two names, both locked: what only the row of the one says, the row of the other says from here on. Whatever follows from the ledger or from the endpoints comes along with these. Before
-- the endpoints go over: that they leave the name is not what `left_since` asks, but whether somebody has left the account.
CREATE FUNCTION rcm_carry_login(was text, becomes text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    UPDATE public.login_identity n
       SET person_login_at = greatest(n.person_login_at, o.person_login_at), recertified_at = greatest(n.recertified_at, o.recertified_at),
           keep_alive_after = greatest(n.keep_alive_after, o.keep_alive_after), left_since = least(n.left_since, o.left_since), created_at = least(n.created_at, o.created_at)
      FROM public.login_identity o WHERE n.id = becomes AND o.id = was;
  END;
REVOKE ALL ON FUNCTION rcm_carry_login(text, text) FROM PUBLIC;

-- As before (20261205000000), and with what only the login's row says.
CREATE OR REPLACE FUNCTION rcm_merge_login(was text, becomes text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_carry_login(was, becomes);
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
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at, left_behind)
    SELECT becomes, s.fingerprint, s.org_id, s.endpoint_id, s.left_then, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  DELETE FROM public.backup_code_spent s WHERE s.login_identity = was;
  DELETE FROM public.login_identity i WHERE i.id = was;
END $$;

-- As before (20261205000000), and the same account takes along what only its row says.
CREATE OR REPLACE FUNCTION rcm_follow_account(endpoint text, was text, names text[], key_ids text[], lease uuid, known_as text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  becomes text;
  moving text[];
  answer text;
BEGIN
  -- Before anything is written: what is not the tenant's own leaves no trace.
  IF was = ANY (names) OR NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.login_identity = was) THEN
    RETURN 'moved';
  END IF;
  IF (SELECT i.key_id FROM public.login_identity i WHERE i.id = was) <> ALL (key_ids) THEN RETURN 'other_key'; END IF;
  PERFORM public.rcm_lock_logins(names || was, key_ids);
  SELECT e.org_id, e.secret_arn, e.login_identity, coalesce(p.account_realm, p.code) AS realm INTO own
    FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  IF own.login_identity IS DISTINCT FROM was THEN RETURN 'moved'; END IF;
  becomes := public.rcm_settle_login(endpoint, names, key_ids);
  IF becomes IS NULL THEN RETURN 'other_key'; END IF;
  IF EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity IN (was, becomes) AND a.ended_at IS NULL) THEN RETURN 'rotation_open'; END IF;
  -- Whoever is at the other login may go on: this one only joins them. But nobody may be about to rotate it.
  IF NOT EXISTS (SELECT FROM public.login_lease l
                  WHERE l.id = lease AND l.login_identity = was AND l.org_id = own.org_id AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
     OR EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = becomes AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp()) THEN
    RETURN 'in_use';
  END IF;
  answer := CASE WHEN was = ANY (known_as) THEN 'renamed'
                 WHEN EXISTS (SELECT FROM public.login_identity_past p WHERE p.identity = was AND p.former = ANY (known_as || becomes)) THEN 'parted'
                 ELSE 'followed' END;
  DELETE FROM public.login_lease l WHERE l.login_identity = was;
  SELECT array_agg(e.id) INTO moving FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
   WHERE e.login_identity = was
     AND (answer = 'renamed' OR e.id = endpoint
          OR (e.org_id = own.org_id AND e.secret_arn = own.secret_arn AND coalesce(p.account_realm, p.code) = own.realm));
  IF answer = 'renamed' THEN PERFORM public.rcm_carry_login(was, becomes); END IF;
  UPDATE public.integration_endpoint e SET login_identity = becomes, updated_at = clock_timestamp() WHERE e.id = ANY (moving);
  -- The portal may know the account by a new name and its codes as before.
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, spent_at, left_behind)
    SELECT becomes, s.fingerprint, own.org_id, endpoint, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  -- A code may be good for a moment yet, and who made it is not known here.
  UPDATE public.login_identity n SET last_totp_step = greatest(n.last_totp_step, o.last_totp_step) FROM public.login_identity o WHERE n.id = becomes AND o.id = was;
  IF answer = 'renamed' THEN
    UPDATE public.login_attempt a SET login_identity = becomes WHERE a.login_identity = was;
    UPDATE public.login_clearance c SET login_identity = becomes WHERE c.login_identity = was;
    -- Who parted from it finds there what was found here.
    INSERT INTO public.login_identity_past (identity, former, until)
      SELECT p.identity, becomes, p.until FROM public.login_identity_past p WHERE p.former = was AND p.identity <> becomes
      ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  END IF;
  IF answer <> 'followed' THEN
    -- What another account's rotations have left in the store is that account's: nothing that happens at this one shows that it may go.
    UPDATE public.rotation_attempt a SET login_identity = becomes WHERE a.login_identity = was AND a.endpoint_id = ANY (moving);
    INSERT INTO public.login_identity_past (identity, former, until)
      SELECT becomes, f.former, max(f.until)
        FROM (SELECT p.former, p.until FROM public.login_identity_past p WHERE p.identity = was UNION ALL SELECT was, clock_timestamp()) f
       WHERE f.former <> becomes GROUP BY f.former
      ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  END IF;
  RETURN answer;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
