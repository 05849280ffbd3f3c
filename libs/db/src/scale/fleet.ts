/**
 * A fleet of any size for measurements, made by few statements: only the database's own administrator may, and only in a throw-away database.
 *
 * Everything that a fleet has is in it in the same share whatever its size: what is late, refused, locked, open, in use. Portal types are forty, whatever
 * the size. Triggers run for organizations and tasks alone: what the others keep is written here by what it means.
 */
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { PLAIN_PORTAL_TYPE } from '../testing.ts';

export type Sql = (text: string) => Promise<{ readonly rows: readonly unknown[] }>;

const PORTAL_TYPES = 40;
/** Of these, a person rotates at the last ones. */
const BY_HAND = 4;
/** Accounts of one organization. */
export const PER_ORGANIZATION = 100;
/** How long what is lately is lately, in minutes: a measurement that takes long must find it so to its end. */
const LATELY_MINUTES = 50;
export const LATELY_MS = 3_600_000;

export const portalTypes: readonly NewPortalType[] = Array.from({ length: PORTAL_TYPES }, (_, i) => ({
  ...PLAIN_PORTAL_TYPE,
  code: `p${i}`,
  name: `Portal ${i}`,
  hosts: [`p${i}.example`],
  rotationMode: i >= PORTAL_TYPES - BY_HAND ? 'manual' : 'automatic',
  rotationSpreadDays: 10,
  passwordExpiresDays: 90,
  ...(i % 4 === 0 ? { dormantAfterDays: 90, recertifyEveryDays: 365 } : {}),
}));

/** An account of the fleet, in the middle of the smallest of them. */
export const ONE = accountAt(577);

export function accountAt(place: number) {
  return {
    orgId: `o${Math.floor((place - 1) / PER_ORGANIZATION)}`,
    endpointId: `e${place}`,
    portalTypeCode: `p${place % PORTAL_TYPES}`,
    loginIdentity: String(place).padStart(64, '0'),
    secretArn: `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/scale/e${place}`,
  };
}

/** Accounts `from` to `to`, both included; portal types and every account below `from` are there already. `from` begins an organization. */
export async function growFleet(sql: Sql, part: Part): Promise<void> {
  const statements = [
    UNTOUCHED,
    `INSERT INTO organization (id, name) SELECT 'o' || i, 'Organization ' || i FROM generate_series(${(part.from - 1) / PER_ORGANIZATION}, ${Math.floor((part.to - 1) / PER_ORGANIZATION)}) i`,
    // As the superuser that may: no trigger, no foreign key is tried.
    'SET session_replication_role = replica',
    ...logins(part),
    ...ledger(part),
    ...journal(part),
    ...books(part),
    ...migration(part),
    'SET session_replication_role = origin',
    // Tasks come as they do: what keeps turns is told of them.
    ...work(part),
  ];
  for (const statement of statements) await sql(statement);
  await settle(sql);
}

interface Part {
  readonly from: number;
  readonly to: number;
}

/** A row of each account that is in the store, `times` over (`d`), for a list of columns. All but one in 97 are; one in 499 has the login of another account. */
const each = ({ from, to }: Part, times = 1): string => `
  FROM (SELECT d, i, 'o' || (i - 1) / ${PER_ORGANIZATION} AS o, 'e' || i AS e, 'p' || i % ${PORTAL_TYPES} AS p, lpad((CASE WHEN i % 499 = 0 THEN i - 200 ELSE i END)::text, 64, '0') AS login,
               'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/scale/e' || i AS arn, i % ${PORTAL_TYPES} >= ${PORTAL_TYPES - BY_HAND} AS by_hand, (hashint4(i) & 65535) / 65536.0 AS luck
          FROM generate_series(1, ${times}) d, generate_series(${from}, ${to}) i) x WHERE i % 97 <> 3`;

const logins = (part: Part): string[] => [
  `INSERT INTO login_identity (id, created_at, first_accepted_at, last_login_at, refused_since, shared, exclusive_wanted_by, exclusive_wanted_since, exclusive_wanted_until)
   SELECT login, now() - interval '400 days' + luck * interval '90 days', CASE WHEN i % 211 <> 5 THEN now() - interval '300 days' END, CASE i % 211 WHEN 5 THEN NULL WHEN 6 THEN now() - interval '80 days' ELSE now() - (1 + luck) * interval '1 day' END,
          CASE WHEN i % 307 = 5 THEN now() - (2 + luck) * interval '1 day' END, (i + 200) % 499 = 0,
          CASE WHEN i % 1013 IN (17, 18) THEN 'rotator' END, CASE WHEN i % 1013 IN (17, 18) THEN now() END,
          CASE i % 1013 WHEN 17 THEN now() + interval '1 day' WHEN 18 THEN now() - interval '1 day' END ${each(part)} AND i % 499 <> 0`,
  `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, rotation_status, last_rotated_at,
                                     next_rotation_at, search_wanted_at)
   SELECT e, o, p, 'a' || i, 'https://' || p || '.example/', arn, '2', login,
          CASE WHEN i % 2003 = 9 THEN 'failed' WHEN i % 1009 = 8 OR (by_hand AND i % 19 = 7) THEN 'pending' ELSE 'active' END,
          now() - luck * interval '60 days', now() + CASE WHEN i % 19 = 7 THEN luck * interval '-7 days' ELSE luck * interval '50 days' END,
          CASE WHEN i % 307 = 5 THEN now() - luck * interval '1 hour' END ${each(part)}`,
  `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
   SELECT login, o, e, 'shared', i, 'agent', now() - luck * interval '1 minute', now() + interval '1 day' ${each(part)} AND i % 101 = 11`,
  `INSERT INTO manual_watch (org_id, endpoint_id, known_version, looked_at, pace, due_at)
   SELECT o, e, '2', now() - luck * interval '3 hours', CASE WHEN i % 19 = 7 THEN 'due' ELSE 'idle' END, CASE WHEN i % 19 <> 7 THEN now() + luck * interval '50 days' END ${each(part)} AND by_hand`,
  // Each is looked at again within a week; those that are used by nobody are in turn.
  `INSERT INTO login_upkeep (endpoint_id, org_id, portal_type_code, use_at, tell_at)
   SELECT e, o, p, CASE WHEN i % 211 IN (5, 6) THEN '-infinity' ELSE at END, at FROM (SELECT x.*, now() + interval '6 hours' + luck * interval '7 days' AS at ${each(part)}) y`,
];

/** Three logins weeks ago, one of yesterday, and for one in 29 one of lately; one in 997 is refused lately, one in 307 was days ago. One in 11 has used five backup codes. */
const ledger = (part: Part): string[] => {
  const of = (at: string, said: string, coolsDown: string, rows: string) => `
    INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, proved, rests_until, portal_type_code)
    SELECT login, o, e, gen_random_uuid(), 'agent', '2', '1:' || login, at, at, ${said}, ${coolsDown}, p FROM (SELECT x.*, ${at} AS at ${rows}) y ORDER BY at`;
  const [accepted, lately] = [`'accepted', 'none', true`, `now() - luck * interval '${LATELY_MINUTES} minutes'`];
  return [
    of(`now() - (d + luck) * interval '10 days'`, accepted, 'NULL', `${each(part, 3)} AND i % 211 <> 5`),
    of(`now() - (1 + luck) * interval '1 day'`, accepted, 'NULL', `${each(part)} AND i % 211 <> 5 AND i % 307 <> 5`),
    of(`now() - (2 + luck) * interval '1 day'`, `'rejected', 'bad', false`, `now() + interval '4 days'`, `${each(part)} AND i % 307 = 5`),
    of(lately, accepted, 'NULL', `${each(part)} AND i % 29 = 4`),
    of(lately, `'rejected', 'suspect', false`, 'now()', `${each(part)} AND i % 997 = 6`),
    `INSERT INTO backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at)
     SELECT login, '1:' || md5(e || d) || md5(d || e), o, e, 10 - d, now() - (6 - d + luck) * interval '10 days' ${each(part, 5)} AND i % 11 = 4`,
    // Of those that a person was asked for, one in three ended with a process that died.
    `INSERT INTO code_request (org_id, endpoint_id, lease_id, public_key, begun_at, turn_until, asked_at, open_until, answered_by, answered_at, taken_at, ended_at)
     SELECT o, e, gen_random_uuid(), decode(repeat('00', 294), 'hex'), at, at + interval '10 minutes', at, at + interval '5 minutes', CASE WHEN d < 3 THEN 'person:os:jane' END,
            CASE WHEN d < 3 THEN at END, CASE WHEN d < 3 THEN at END, CASE WHEN d < 3 THEN at END
       FROM (SELECT x.*, now() - (d + luck) * interval '5 days' AS at ${each(part, 3)} AND i % 13 = 4) y`,
  ];
};

/** A rotation of each; one in 211 was abandoned and has left its copy; one in 1009 waits, one in 2003 is blocked. And what people asked for. */
const journal = (part: Part): string[] => {
  const of = (state: string, times: { readonly from?: string; readonly until?: string; readonly at: string; readonly ended?: string }, where: string) => `
    INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, waiting_from, waiting_until, fence, owner, reason, secret_arn, base_version,
                                  promoted_version, recipe_hash, created_at, updated_at, ended_at)
    SELECT gen_random_uuid(), login, o, e, p, '${state}', ${times.from ?? 'NULL'}, ${times.until ?? 'NULL'}, i, 'rotator', 'due', arn, '1', ${state === 'done' ? `'2'` : 'NULL'}, 'h',
           ${times.at}, ${times.at}, ${times.ended ?? 'NULL'} ${each(part)} ${where}`;
  const [once, long, lately] = [`now() - luck * interval '60 days'`, `now() - interval '40 days'`, `now() - luck * interval '1 hour'`];
  return [
    of('done', { at: once, ended: once }, 'ORDER BY luck DESC'),
    of('abandoned', { at: long, ended: long }, 'AND i % 211 = 17'),
    of('waiting', { at: lately, from: `'planned'`, until: `now() + interval '1 hour'` }, 'AND i % 1009 = 8 AND i % 499 <> 0'),
    of('blocked', { at: lately, from: `'submitting'` }, 'AND i % 2003 = 9 AND i % 499 <> 0'),
    `INSERT INTO rotation_request (org_id, endpoint_id, kind, actor, reason, requested_at, answered_at, answer)
     SELECT o, e, 'demand', 'person:os:jane', 'r', ${once}, now(), 'done' ${each(part)} AND i % 101 = 12`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, asked_at, taken_at, taken_by, ended_at, outcome)
     SELECT o, e, 'verify', 'person:os:jane', 'r', ${once}, now(), 'rotator', now(), 'done' ${each(part)} AND i % 101 = 13`,
  ];
};

/** Two tasks that ended for each, one in 103 waits, one in 211 runs. */
const work = (part: Part): string[] => {
  const of = (said: string, rows: string) => `
    INSERT INTO portal_task (id, org_id, endpoint_id, name, requested_by, requested_issuer, created_at, not_before, state, claimed_until, worker, started_at, finished_at)
    SELECT gen_random_uuid(), o, e, 'claim_status', 'token:claims', 'https://identity.example/', at, at, ${said}
      FROM (SELECT x.*, now() - (d - 1 + luck) * interval '3 days' AS at ${rows}) y ORDER BY at`;
  return [
    of(`'succeeded', NULL, NULL, at, at`, each(part, 2)),
    of(`'queued', NULL, NULL, NULL, NULL`, `${each(part)} AND i % 103 = 9`),
    of(`'running', now() + interval '1 day', 'agent', at, NULL`, `${each(part)} AND i % 211 = 18`),
  ];
};

/** Three events of each account, one notification of one in a hundred. */
const books = (part: Part): string[] => [
  `INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash)
   SELECT 'o' || (i - 1) / ${PER_ORGANIZATION}, (d - 1) * ${PER_ORGANIZATION} + (i - 1) % ${PER_ORGANIZATION} + 1, now() - (4 - d) * interval '10 days', 'agent', 'login.used', 'e' || i, 'a task', 'h', 'h'
     FROM generate_series(1, 3) d, generate_series(${part.from}, ${part.to}) i`,
  `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, created_at)
   SELECT 'failed', 'failed:' || e, o, e, p, now() - luck * interval '60 days' ${each(part)} AND i % 101 = 14`,
  `INSERT INTO notice_delivery (notice_id, channel, not_before, delivered_at) SELECT n.id, 'log', n.created_at, n.created_at FROM notice n WHERE n.created_at > now() - interval '61 days'
   ON CONFLICT DO NOTHING`,
];

/** What a migration leaves: a proof of each that was moved and one that it was read again; and what it has still to move. */
const migration = ({ from, to }: Part): string[] => [
  `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config)
   SELECT 'e' || i, 'o' || (i - 1) / ${PER_ORGANIZATION}, 'p' || i % ${PORTAL_TYPES}, 'a' || i, 'https://p' || i % ${PORTAL_TYPES} || '.example/', '{"credentials": {"username": "u", "password": "p"}}'
     FROM generate_series(${from}, ${to}) i WHERE i % 97 = 3`,
  `INSERT INTO portal_logins SELECT portal_type_code, 0, count(*) FROM integration_endpoint GROUP BY 1 ON CONFLICT (portal_type_code, part) DO UPDATE SET logins = excluded.logins`,
  `INSERT INTO migration_proof (org_id, endpoint_id, step, secret_arn, version, proved_at)
   SELECT e.org_id, e.id, s.step, e.secret_arn, '1', now() - s.days * interval '1 day' FROM (VALUES ('applied', 200), ('verified', 199)) s (step, days), integration_endpoint e
    WHERE e.secret_arn IS NOT NULL AND NOT EXISTS (SELECT FROM migration_proof m WHERE m.endpoint_id = e.id) ORDER BY s.days DESC`,
  `INSERT INTO storage_state (org_id, scrubbed_at, rewritten_as_of) SELECT id, now() - interval '190 days', now() - interval '189 days' FROM organization ON CONFLICT DO NOTHING`,
];

/** Autovacuum stays away from here on, so that nothing is read but what is asked; its own looking would keep `settle` from its end, too. */
const UNTOUCHED = `DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t); END LOOP; END $$`;

const MOST_VACUUMS = 100;
/** Tables with a page of which a search by an index alone must still ask the table, since somebody held a snapshot of before its rows when it was vacuumed. */
const UNSETTLED = `SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relallvisible < relpages`;

/**
 * As autovacuum leaves tables that it has been at. Whoever held a snapshot meanwhile, as an ANALYZE of the catalogue does, costs each row of such a search a page:
 * again, then. Few dead rows would be left where they are, and keep their pages from being done.
 */
async function settle(sql: Sql): Promise<void> {
  for (let left = MOST_VACUUMS; left > 0; left -= 1) {
    await sql('VACUUM (ANALYZE, INDEX_CLEANUP ON)');
    if ((await sql(UNSETTLED)).rows.length === 0) return;
    await sql('SELECT pg_sleep(1)');
  }
  throw new Error(
    `After ${MOST_VACUUMS} vacuums some pages are still not marked as visible to all: what is read would vary. Somebody may hold a snapshot of the database.`,
  );
}
