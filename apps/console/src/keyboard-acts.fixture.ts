import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertPortalType } from '@rcm/db/admin';
import { asSuperuser, PLAIN_PORTAL_TYPE } from '@rcm/db/testing';
import { type Act, ACTS } from './access/roles.ts';
import { RUN, runAtWork, wantedCode } from './story.fixture.ts';
import { type TestConsole } from './testing.fixture.ts';

/** What there is to be acted on, by act. */
export interface ToDo {
  readonly code: string;
  readonly task: string;
  /** Of the migrator, at work. */
  readonly run: number;
  readonly requests: Readonly<Record<'approve' | 'decline' | 'withdraw' | 'approve for portals' | 'decline for portals' | 'withdraw for portals', string>>;
}

/** The login on which an act is done. */
export const loginFor = (act: Act): string => `key-${act}`.replaceAll(/[ _]/g, '-');

/** A login of hospital 1 for each act, so that none waits for another's, and what somebody has asked for already. `task`: one that is queued. */
export async function prepareActs(w: TestConsole, task: string): Promise<ToDo> {
  const owner = openDatabase({ url: w.url, applicationName: 'keyboard', maxConnections: 2 });
  await upsertPortalType(owner, { ...PLAIN_PORTAL_TYPE, code: 'borealis', name: 'Borealis' });
  const place = { orgId: 'hospital-1', portalTypeCode: 'alpine', baseUrl: 'https://alpine.example/' };
  for (const act of Object.keys(ACTS) as Act[]) await insertEndpoint(owner, { ...place, id: loginFor(act), accountId: loginFor(act) });
  await owner.close();
  const id = (): string => crypto.randomUUID();
  const requests = {
    ...{ approve: id(), decline: id(), withdraw: id() },
    ...{ 'approve for portals': id(), 'decline for portals': id(), 'withdraw for portals': id() },
  };
  const code = id();
  const by = (person: string): string => `person:oidc:${w.issuer}#${person}`;
  const asked = (act: 'approve' | 'decline' | 'withdraw', actor: string): string =>
    `INSERT INTO login_request (id, org_id, endpoint_id, kind, actor, reason) VALUES ('${requests[act]}', 'hospital-1', '${loginFor(act)}', 'rollback', '${actor}', 'r')`;
  const wide = (act: keyof typeof requests, asked: { readonly kind: string; readonly actor: string }): string =>
    `INSERT INTO login_request (id, kind, portal_type_code, actor, reason) VALUES ('${requests[act]}', '${asked.kind}', 'borealis', '${asked.actor}', 'r')`;
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false), set_config('app.reason', 'keyboard', false)`,
    `INSERT INTO login_identity (id) SELECT encode(sha256(e.id::bytea), 'hex') FROM integration_endpoint e WHERE e.id LIKE 'key-%'`,
    `UPDATE integration_endpoint e SET login_identity = encode(sha256(e.id::bytea), 'hex'), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/' || e.id, current_version = '3',
            next_rotation_at = now() + interval '20 days', last_rotated_at = now() - interval '40 days' WHERE e.id LIKE 'key-%'`,
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, detail, waiting_from)
     SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, 'alpine', 'blocked', 1, 'rotator@host:3', 'due', e.secret_arn, '3', 'h', 'which one?', 'submitting'
       FROM integration_endpoint e WHERE e.id = '${loginFor('resolve')}'`,
    `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('hospital-1', '${loginFor('resume')}', 'person:os:jane', 'r')`,
    ...[asked('approve', 'person:os:jane'), asked('decline', 'person:os:jane'), asked('withdraw', by('one-operator'))],
    wide('approve for portals', { kind: 'pause', actor: 'person:os:jane' }),
    wide('decline for portals', { kind: 'resume', actor: 'person:os:jane' }),
    `INSERT INTO login_request (id, kind, actor, reason) VALUES ('${requests['withdraw for portals']}', 'resume', '${by('all-operator')}', 'r')`,
    wantedCode(code, 'hospital-1', loginFor('answer')),
    // One is asked to stop already, in the story.
    runAtWork(RUN + 1),
  ]);
  return { code, task, requests, run: RUN + 1 };
}
