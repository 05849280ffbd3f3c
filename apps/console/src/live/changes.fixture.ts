/** What happens at a login of an organization, of which kind the pages are told that it is, and how. In order, each to both logins. */
export const CHANGES: Readonly<Record<string, { readonly what: string; readonly sql: (login: string, organization: string) => string }>> = {
  'a rotation begins': {
    what: 'rotation',
    sql: (login, organization) =>
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
       SELECT gen_random_uuid(), e.login_identity, '${organization}', e.id, 'alpine', 'staged', 1, 'rotator@host:1', 'due', e.secret_arn, '1', 'h' FROM integration_endpoint e WHERE e.id = '${login}'`,
  },
  'a login is refused': {
    what: 'refusal',
    sql: (login, organization) =>
      `INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, process)
       SELECT gen_random_uuid(), e.login_identity, '${organization}', e.id, gen_random_uuid(), 'agent', '1', clock_timestamp(), clock_timestamp(), 'rejected', 'bad', 'web-agent@host:1'
         FROM integration_endpoint e WHERE e.id = '${login}'`,
  },
  'a task is asked for': {
    what: 'task',
    sql: (login, organization) =>
      `INSERT INTO portal_task (id, org_id, endpoint_id, name) VALUES (gen_random_uuid(), '${organization}', '${login}', 'claim_status')`,
  },
  'somebody is told': {
    what: 'notice',
    sql: (login, organization) =>
      `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('blocked', gen_random_uuid()::text, '${organization}', '${login}')`,
  },
  'a login is paused': {
    what: 'pause',
    sql: (login, organization) =>
      `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('${organization}', '${login}', 'person:os:jane', 'r')`,
  },
  'something is asked for': {
    what: 'act',
    sql: (login, organization) =>
      `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('${organization}', '${login}', 'verify', 'person:os:jane', 'r')`,
  },
};
