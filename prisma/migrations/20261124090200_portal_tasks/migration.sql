-- Portal work. The row is the truth; a queue job is only a hint that names it.

CREATE TABLE portal_task (
  id              uuid PRIMARY KEY,
  org_id          text NOT NULL,
  endpoint_id     text NOT NULL,
  name            text NOT NULL CHECK (name <> ''),
  input           jsonb NOT NULL CHECK (jsonb_typeof(input) = 'object'),
  idempotency_key text,
  state           text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
  worker          text,
  claimed_until   timestamptz,
  tries           integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  requeues        integer NOT NULL DEFAULT 0,
  requeue_reason  text,
  not_before      timestamptz NOT NULL DEFAULT now(),
  result          jsonb,
  error_code      text,
  error_message   text,
  job_sent_at     timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  started_at      timestamptz,
  finished_at     timestamptz,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT portal_task_once UNIQUE (org_id, idempotency_key),
  CONSTRAINT portal_task_claim_whole CHECK ((state = 'running') = (claimed_until IS NOT NULL)),
  CONSTRAINT portal_task_end_has_time CHECK ((state IN ('succeeded', 'failed')) = (finished_at IS NOT NULL)),
  CONSTRAINT portal_task_failure_has_code CHECK ((state = 'failed') = (error_code IS NOT NULL))
);

CREATE INDEX portal_task_by_endpoint ON portal_task (org_id, endpoint_id);
CREATE INDEX portal_task_queued ON portal_task (job_sent_at) WHERE state = 'queued';
CREATE INDEX portal_task_running ON portal_task (claimed_until) WHERE state = 'running';
CREATE INDEX portal_task_finished ON portal_task (state, started_at, finished_at);
