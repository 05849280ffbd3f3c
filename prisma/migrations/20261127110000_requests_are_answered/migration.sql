-- A command that asks for a rotation may die before it plans one. The row then has no answer, and a rotator takes it up.

SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE rotation_request
  ADD COLUMN answered_at timestamptz,
  -- How it went on, in one word; who asked has read it.
  ADD COLUMN answer text CHECK (answer ~ '^[a-z_]{1,32}$'),
  ADD CONSTRAINT rotation_request_answer_has_time CHECK ((answer IS NULL) = (answered_at IS NULL));

-- Those of before have been answered by their command, or are long past.
UPDATE rotation_request SET answered_at = clock_timestamp(), answer = 'before';
CREATE INDEX rotation_request_unanswered ON rotation_request (requested_at) WHERE answered_at IS NULL;

-- Once, for one's own tenant; what was asked stays as it was asked.
GRANT UPDATE (answered_at, answer) ON rotation_request TO rcm_rotator;
CREATE POLICY answered_once ON rotation_request AS RESTRICTIVE FOR UPDATE TO rcm_rotator 
  USING (answered_at IS NULL AND (SELECT rcm_tenant()) <> '*') WITH CHECK ((SELECT rcm_tenant()) <> '*');
