import { generateKeyPairSync } from 'node:crypto';
import { openDatabase } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { keyFileWrapping } from '@rcm/db/sealing';
import { claimPortalTask, createPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { maskedPage } from './masked-page.fixture.ts';

/** Nobody has the key that belongs to it. */
const PUBLIC_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

const TYPING_KEY = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** Texts of everybody who can write one, as somebody would write it who wants them to run or to be something else. */
export const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{7*7}}\${7*7}&lt;`;

/** What was seen of alpine, in the story. */
export const LOOK = '7b1c1bd6-0000-4000-8000-000000000001';

/** A run of the migrator that is at work for as long as any test takes. `asked`: who has asked it to stop, and why, in SQL. */
export const RUN = 4711;
export const runAtWork = (id: number, asked: { readonly by: string; readonly why: string } | null = null): string =>
  `INSERT INTO migration_run (id, command, filters, actor, reason, holder, seen_at, stop_asked_at, stop_asked_by, stop_reason) OVERRIDING SYSTEM VALUE
   VALUES (${id}, 'apply', '{}', 'person:os:jane', 'the second wave', 'migrator@elsewhere:7-abcdefabcdef-1', now() + interval '1 day', ${asked ? `now(), ${asked.by}, ${asked.why}` : 'NULL, NULL, NULL'})`;

/** A login that waits for a code under its lease, which nobody in a test can open. */
export const wantedCode = (id: string, orgId: string, endpointId: string, answeredBy = 'NULL'): string =>
  `WITH identity AS (INSERT INTO login_identity (id) VALUES (encode(sha256('${id}'), 'hex')) RETURNING id),
   lease AS (INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
             SELECT i.id, '${orgId}', '${endpointId}', 'shared', 1, 'web-agent@host:1', clock_timestamp(), clock_timestamp() + interval '1 hour' FROM identity i RETURNING id)
   INSERT INTO code_request (id, org_id, endpoint_id, lease_id, public_key, turn_until, asked_at, open_until, answered_by, answered_at)
   SELECT '${id}', '${orgId}', '${endpointId}', l.id, decode('${PUBLIC_KEY}', 'base64'), n.at + interval '50 minutes', n.at, n.at + interval '9 minutes',
          ${answeredBy}, CASE WHEN ${answeredBy} IS NOT NULL THEN n.at END FROM lease l, (SELECT clock_timestamp() AS at) n`;

/** A login whose password somebody has asked to type, and a rotator that waits for it, which nobody in a test is. `actor`, `reason`: in SQL. */
export const wantedTyping = (id: string, orgId: string, endpointId: string, { actor = `'person:os:jane'`, reason = `'r'` } = {}): readonly string[] => [
  `INSERT INTO login_request (id, org_id, endpoint_id, kind, actor, reason) VALUES ('${id}', '${orgId}', '${endpointId}', 'set', ${actor}, ${reason})`,
  `INSERT INTO login_typing (request_id, org_id, public_key, open_until)
   VALUES ('${id}', '${orgId}', decode('${TYPING_KEY}', 'base64'), clock_timestamp() + interval '9 minutes')`,
];

/** Logins in every state, tasks in every state, and people's acts, so that each page has something to show; each text is `HOSTILE` where `text` says so. */
export async function tellStory(
  url: string,
  text: (plain: string) => string,
): Promise<{ readonly failedTask: string; readonly queuedTask: string; readonly codeRequest: string }> {
  const owner = openDatabase({ url, applicationName: 'story', maxConnections: 2 });
  const endpoints = ['locked', 'blocked', 'failing', 'rotating', 'well', 'well-2', 'well-3'].map((name) => `alpine-${name}`);
  for (const [i, id] of endpoints.entries())
    await insertEndpoint(owner, { id, orgId: 'hospital-1', portalTypeCode: 'alpine', accountId: `desk-${i + 2}`, baseUrl: 'https://alpine.example/' });
  await owner.close();
  const codeRequest = crypto.randomUUID();
  const words = (plain: string): string => `'${text(plain).replaceAll("'", "''")}'`;
  /** Who signed in, and what they call themselves. */
  const person = (says: string, who = 'jane'): string => `'person:os:${who} says ' || ${words(says)}`;
  await asSuperuser(url, [
    `SELECT set_config('app.tenant_id', '*', false), set_config('app.reason', 'story', false)`,
    `UPDATE organization SET name = ${words('Hospital 1')} WHERE id = 'hospital-1'`,
    `UPDATE portal_type SET name = ${words('Alpine Health')}, recipe = jsonb_build_object('login', jsonb_build_array(jsonb_build_object('fill', '#user', 'note', ${words('the user name')}, 'settle_ms', 1500, 'strict', true)))`,
    `INSERT INTO login_identity (id) SELECT encode(sha256(e.id::bytea), 'hex') FROM integration_endpoint e ON CONFLICT DO NOTHING`,
    `UPDATE integration_endpoint e SET login_identity = encode(sha256(e.id::bytea), 'hex'), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/' || e.id, current_version = '3',
            next_rotation_at = now() + interval '20 days', last_rotated_at = now() - interval '40 days'`,
    `INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved, process)
     SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, gen_random_uuid(), 'agent', '3', now() - interval '3 hours', now() - interval '3 hours', 'accepted', 'none', true, ${words('web-agent@host:1')}
       FROM integration_endpoint e WHERE e.id <> 'alpine-2'`,
    `INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved, process)
     SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, gen_random_uuid(), 'agent', '3', now() - interval '20 minutes', now() - interval '20 minutes',
            CASE e.id WHEN 'alpine-locked' THEN 'locked' ELSE 'rejected' END, CASE e.id WHEN 'alpine-locked' THEN 'none' ELSE 'bad' END, false, 'web-agent@host:2'
       FROM integration_endpoint e WHERE e.id IN ('alpine-locked', 'alpine-failing')`,
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, detail, waiting_from)
     SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, 'alpine', CASE e.id WHEN 'alpine-blocked' THEN 'blocked' ELSE 'staged' END, 1, ${words('rotator@host:3')}, 'due', e.secret_arn, '3', 'h', ${words('the portal accepts none of the stored passwords')}, CASE e.id WHEN 'alpine-blocked' THEN 'submitting' END
       FROM integration_endpoint e WHERE e.id IN ('alpine-blocked', 'alpine-rotating')`,
    `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, detail) VALUES ('blocked', 'b', 'hospital-1', 'alpine-blocked', ${words('a person has to decide')})`,
    `INSERT INTO notice_delivery (notice_id, channel, tries, not_before, delivered_at, last_error)
     SELECT n.id, c, 2, now() + interval '1 minute', CASE c WHEN 'log' THEN now() END, CASE c WHEN 'webhook' THEN ${words('The webhook answered 500.')} END FROM notice n CROSS JOIN unnest(ARRAY['log', 'webhook']) c`,
    `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('hospital-1', 'alpine-well-3', 'person:os:jane', ${words('the payer moves its pages this week')})`,
    `INSERT INTO migration_proof (org_id, endpoint_id, step, version, fingerprint) VALUES ('hospital-1', 'alpine-well', 'applied', '1', 'f')`,
    `INSERT INTO migration_run (command, filters, actor, reason, holder, counts, ended_at, ended) VALUES ('apply', jsonb_build_object('portalType', ${words('alpine')}), 'person:os:jane', ${words('the first wave')}, 'migrator@host:1', '{"migrated": 3}', now(), 'done')`,
    runAtWork(RUN, { by: person('Jane'), why: words('the payer asked us to wait') }),
    `INSERT INTO storage_outside (kind, found_at) VALUES ('base_backups', now())`,
    `INSERT INTO rotation_pause (portal_type_code, actor, reason) VALUES ('alpine', 'person:os:jane', ${words('new pages')})`,
    `INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail) VALUES ('alpine', now(), 'page_changed', ${words('three logins met unknown pages')}) ON CONFLICT (portal_type_code) DO UPDATE SET opened_at = now(), closed_at = NULL, closed_by = NULL, cause = 'page_changed', detail = excluded.detail`,
    `INSERT INTO portal_look (id, org_id, endpoint_id, portal_type_code, actor, findings)
     VALUES ('${LOOK}', 'hospital-1', 'alpine-well', 'alpine', ${person('Jane')}, jsonb_build_array(
       jsonb_build_object('part', 'login', 'what', ${words('open /login')}, 'state', 'there', 'detail', NULL),
       jsonb_build_object('part', 'login', 'what', ${words('fill "Member ID"')}, 'state', 'missing', 'detail', ${words('it did not show')}),
       jsonb_build_object('part', 'login', 'what', 'wait', 'state', 'unseen', 'detail', ${words('only a login gets there')})))`,
    `INSERT INTO portal_look_picture (look_id, part, org_id, png) VALUES ('${LOOK}', 'login', 'hospital-1', decode('${maskedPage().toString('base64')}', 'base64'))`,
    `INSERT INTO audit_check (org_id, actor, reason, asked_at, taken_at, taken_by, ended_at, outcome, report)
     VALUES ('hospital-1', ${person('Jane')}, ${words('the quarter is over')}, now() - interval '1 hour', now(), 'audit@host:1', now(), 'broken',
             jsonb_build_object('events', 12, 'firstAt', '2031-03-05T12:00:00.000001Z', 'lastAt', '2031-03-06T12:00:00.000001Z', 'heads', 3, 'proven', 6, 'provenAt', '2031-03-05T13:00:00.000001Z',
                                'unlisted', 2, 'findings', jsonb_build_array(jsonb_build_object('kind', ${words('event_changed')}, 'message', ${words('Event 7 is not what was written')}))))`,
    `INSERT INTO audit_check (org_id, actor, reason) VALUES ('hospital-2', ${person('Jane')}, ${words('the quarter is over')})`,
    `SELECT rcm_record_person('hospital-1', ${person('Jane')}, 'login.retry', 'alpine-failing', ${words('support says it is right')}, '{}')`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('hospital-1', 'alpine-failing', 'retry', ${person('Jane')}, ${words('support says it is right')})`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, withdrawn_by, withdrawal_reason, ended_at, outcome)
     VALUES ('hospital-1', 'alpine-failing', 'unlocked', ${person('Jane')}, ${words('support said so')}, ${person('Jane')}, ${words('it was another account')}, now(), 'withdrawn')`,
    `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
     SELECT e.login_identity, e.org_id, e.id, 'shared', 1, ${words('web-agent@host:1')}, now(), now() + interval '1 hour' FROM integration_endpoint e WHERE e.id = 'alpine-failing'`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, taken_at, taken_by, ended_at, outcome, code, words)
     VALUES ('hospital-1', 'alpine-failing', 'verify', 'person:os:jane', ${words('before the weekend')}, now(), 'rotator@host:3', now(), 'failed', 'login_rejected', ${words('The portal refuses the stored password.')})`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, choice, actor, reason) VALUES ('hospital-1', 'alpine-blocked', 'resolve', 'found', 'person:os:jane', ${words('the payer has set it back')})`,
    `INSERT INTO login_request (kind, portal_type_code, actor, reason) VALUES ('pause', 'alpine', 'person:os:jane', ${words('new pages on Monday')})`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('hospital-1', 'alpine-well', 'rollback', 'person:os:jane', ${words('an old program still has the one before')})`,
    wantedCode(codeRequest, 'hospital-1', 'alpine-well'),
    wantedCode(crypto.randomUUID(), 'hospital-1', 'alpine-well-2', words('person:os:jane')),
    `UPDATE login_request SET decision = 'declined', decided_by = ${person('John', 'john')}, decision_reason = ${words('the program is gone')} WHERE kind = 'rollback'`,
  ]);
  const agent = openDatabase({
    url: urlFor('rcm_agent', url),
    applicationName: 'story',
    role: 'rcm_agent',
    maxConnections: 2,
    dataKeys: keyFileWrapping({ id: 'test', key: new Secret('k'.repeat(32)) }),
  });
  const ask = async (endpointId: string): Promise<string> => {
    const requester = { kind: 'token', subject: text('claims'), issuer: 'https://id.example/' } as const;
    return (await createPortalTask(agent, { orgId: 'hospital-1', endpointId, name: 'claim_status', input: { claim: SEALED }, requester })).taskId;
  };
  const [queuedTask, failedTask] = [await ask('alpine-blocked'), await ask('alpine-well')];
  await claimPortalTask(agent, { orgId: 'hospital-1', taskId: failedTask, worker: 'web-agent@host:1', ttlMs: 60_000 });
  await finishPortalTask(agent, { orgId: 'hospital-1', taskId: failedTask, worker: 'web-agent@host:1', errorCode: 'portal_unexpected', message: text(SEALED) });
  await agent.close();
  return { queuedTask, failedTask, codeRequest };
}

/** What a task holds of a patient: no page has it. */
export const SEALED = 'canary-patient-4711';
