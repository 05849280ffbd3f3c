-- Whether a portal's terms let a program log in is somebody's decision, with the terms that it was made by. Without one nothing opens a browser
-- there: processes of this version log in nowhere until each type in use has its decision (`rcm portal-type decide`; `rcm db migrate` names
-- them, and a rotator tells of them each day). Processes of the version before do not know the column and go on.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE portal_type
  ADD COLUMN automation text CHECK (automation IN ('allowed', 'assisted', 'forbidden')),
  -- What of the terms was read, and of when it is.
  ADD COLUMN terms_version text CHECK (btrim(terms_version) <> ''),
  ADD COLUMN terms_date date,
  ADD COLUMN automation_decided_by text CHECK (btrim(automation_decided_by) <> ''),
  ADD CONSTRAINT portal_type_automation_is_decided CHECK (num_nulls(automation, terms_version, terms_date, automation_decided_by) IN (0, 4));

ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided'));

-- As before; what is decided about automation is changed for a reason, too.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_tell_portal_type() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  why text := nullif(btrim(current_setting('app.reason', true)), '');
  changed jsonb := public.rcm_changed(to_jsonb(OLD), to_jsonb(NEW), ARRAY(SELECT jsonb_object_keys(to_jsonb(OLD) - 'recipe')));
BEGIN
  IF changed IS NULL THEN RETURN NULL; END IF;
  IF why IS NULL AND changed ?| ARRAY['hosts', 'private_hosts', 'loopback_hosts', 'driver', 'recipe', 'automation', 'terms_version', 'terms_date', 'automation_decided_by'] THEN
    RAISE EXCEPTION 'say why portal type % is changed: set app.reason', OLD.code USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_type_change_has_reason';
  END IF;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  SELECT o.org_id, 0, now(), public.rcm_changer(), 'portal_type.changed', 'portal type ' || OLD.code, coalesce(why, 'not said'),
         jsonb_build_object('changed', changed, 'signedIn', public.rcm_session()), '', ''
    FROM (SELECT DISTINCT e.org_id FROM public.integration_endpoint e WHERE e.portal_type_code = OLD.code ORDER BY 1) o;
  RETURN NULL;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
