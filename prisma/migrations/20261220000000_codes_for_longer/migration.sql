-- Codes that are good for longer than one login (docs/codes.md): a portal sends one code for the day, and the same message again at the next login of that day. A code that a message had counted once at its
-- inbox, whoever's it was. From now on the one that let a login in counts again, for that login alone and as long as it is good. What is written down are keyed fingerprints, as before: of the code at its
-- inbox, and of the code, its inbox and whose it is in one.
SELECT set_config('app.tenant_id', '*', true);

GRANT UPDATE (kept_until) ON inbound_seen TO rcm_internal;

-- What is known for so long; what is known already is known for the longer of both.
CREATE FUNCTION rcm_know_prints(prints text[], known interval) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (cardinality(prints) BETWEEN 1 AND 2) IS NOT TRUE THEN
    RAISE EXCEPTION 'so many fingerprints are not those of one code' USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO public.inbound_seen AS s (print, kept_until) SELECT DISTINCT p, clock_timestamp() + known FROM unnest(prints) p
    ON CONFLICT (print) DO UPDATE SET kept_until = greatest(s.kept_until, excluded.kept_until);
END $$;

CREATE FUNCTION rcm_knows_print(prints text[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  AS $$ SELECT EXISTS (SELECT FROM public.inbound_seen s WHERE s.print = ANY (prints) AND s.kept_until > clock_timestamp()) $$;

-- A portal has let a login in with a code that is good for longer: until then it counts again for it, and for no other login that shares its inbox. A code is short, and comes again by chance some
-- day: so it is known as taken for four days and not for 400, longer than any gateway tries to hand on a message. False: the lease is over, and nothing was written.
CREATE FUNCTION rcm_note_lasting_code(endpoint text, lease uuid, code_prints text[], own_prints text[], good interval) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (good BETWEEN interval '0' AND interval '25 hours') IS NOT TRUE THEN
    RAISE EXCEPTION 'no code is good for longer than a day' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM public.login_lease l WHERE l.id = lease AND l.org_id = public.rcm_tenant() AND l.endpoint_id = endpoint AND l.expires_at > clock_timestamp()) THEN
    RETURN false;
  END IF;
  PERFORM public.rcm_know_prints(code_prints, interval '4 days');
  PERFORM public.rcm_know_prints(own_prints, good);
  RETURN true;
END $$;

-- As rcm_answer_code_by_message for a message whose code is good for longer: `prints` are the message's alone. A code that was taken before answers its own login, and no other one.
CREATE FUNCTION rcm_answer_lasting_code(request uuid, answer bytea, gateway text, sent timestamptz, prints text[], code_prints text[], own_prints text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  result text;
BEGIN
  PERFORM FROM public.code_request c WHERE c.id = request AND c.org_id = public.rcm_tenant() FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  -- As rcm_see_once: whoever writes the first of them is alone with the code.
  PERFORM pg_advisory_xact_lock(hashtextextended('rcm_see_once ' || p, 0)) FROM (SELECT unnest(code_prints) AS p ORDER BY 1) s;
  IF public.rcm_knows_print(code_prints) AND NOT public.rcm_knows_print(own_prints) THEN
    PERFORM public.rcm_see_once(prints);
    RETURN 'repeated';
  END IF;
  result := public.rcm_answer_code_by_message(request, answer, gateway, sent, prints);
  IF result NOT IN ('unknown', 'repeated') THEN PERFORM public.rcm_know_prints(code_prints, interval '4 days'); END IF;
  RETURN result;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_know_prints(text[], interval) OWNER TO rcm_internal;
ALTER FUNCTION rcm_knows_print(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_note_lasting_code(text, uuid, text[], text[], interval) OWNER TO rcm_internal;
ALTER FUNCTION rcm_answer_lasting_code(uuid, bytea, text, timestamptz, text[], text[], text[]) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_know_prints(text[], interval), rcm_knows_print(text[]), rcm_note_lasting_code(text, uuid, text[], text[], interval),
  rcm_answer_lasting_code(uuid, bytea, text, timestamptz, text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_note_lasting_code(text, uuid, text[], text[], interval) TO rcm_agent, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_answer_lasting_code(uuid, bytea, text, timestamptz, text[], text[], text[]) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
