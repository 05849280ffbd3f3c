import { type AppRole, type Database, onlyReads, openDatabase, readDatabaseConfig, schemaWords, serverTime } from '@rcm/db';
import { hasCode, isRcmError } from '@rcm/telemetry';
import { type Acting, environmentFor } from '../environment.ts';
import type { Finding } from './finding.ts';

const ROLES: Readonly<Record<Acting, AppRole | null>> = {
  operator: 'rcm_operator',
  rotator: 'rcm_rotator',
  migrator: 'rcm_migrator',
  auditor: 'rcm_auditor',
  // Whoever owns the tables is a member of none.
  owner: null,
};
const ACTING = Object.keys(ROLES) as readonly Acting[];

/** A code step is 30 s, and AWS takes a signature that is 5 minutes off: half a step is where codes begin to be refused. */
const MOST_APART_MS = 15_000;

/** Each login of Postgres that is configured: whether it is let in, has the one role that its commands need, and finds the schema of this version; and the clock beside the first. */
export async function examineDatabases(environment: NodeJS.ProcessEnv, now: () => number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let clock: Finding = { check: 'clock', state: 'skipped', says: 'no database answered, whose clock is the one that counts', todo: null };
  for (const acting of ACTING) {
    const found = await examineOne(acting, environment, async (db) => {
      if (clock.state === 'skipped') clock = await examineClock(db, now);
    });
    findings.push(found);
  }
  if (findings.every(({ state }) => state === 'skipped'))
    findings.push({
      check: 'configuration',
      state: 'problem',
      says: 'no login of Postgres is configured',
      todo: 'rcm --profile NAME, or RCM_…_DATABASE_URL (docs/rcm.md)',
      isConfiguration: true,
    });
  return [...findings, clock];
}

async function examineOne(acting: Acting, environment: NodeJS.ProcessEnv, also: (db: Database) => Promise<void>): Promise<Finding> {
  const check = `database as ${acting}`;
  let settings: NodeJS.ProcessEnv;
  try {
    settings = environmentFor(acting, environment);
  } catch {
    return { check, state: 'skipped', says: `RCM_${acting.toUpperCase()}_DATABASE_URL is not set`, todo: null };
  }
  try {
    const config = readDatabaseConfig(settings);
    const role = ROLES[acting];
    const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-doctor', maxConnections: 1, ...(role === null ? {} : { role }) });
    try {
      const { told, refused } = await schemaWords(db);
      await also(db);
      if (refused !== null) return { check, state: 'problem', says: refused, todo: 'rcm db migrate' };
      // An auditor may be given a server that follows the one that counts.
      const unwritten = acting === 'auditor' ? null : await onlyReads(db);
      if (unwritten !== null) return { check, state: 'problem', says: unwritten, todo: 'docs/runbooks/database.md' };
      return { check, state: 'ok', says: told ?? 'it answers, with the right role and the schema of this version', todo: null };
    } finally {
      await db.close();
    }
  } catch (error) {
    const isConfiguration = hasCode(error, 'config_invalid');
    const says = isRcmError(error) ? error.message : 'something unexpected failed';
    return {
      check,
      state: 'problem',
      says,
      todo: isConfiguration ? 'rcm db roles says what a login lacks' : 'see whether Postgres runs and is reached from here',
      ...(isConfiguration ? { isConfiguration } : {}),
    };
  }
}

/** Half of the way there and back is nobody's fault. */
async function examineClock(db: Database, now: () => number): Promise<Finding> {
  const before = now();
  const server = (await serverTime(db)).getTime();
  const apart = Math.round(Math.abs(server - (before + now()) / 2));
  if (apart <= MOST_APART_MS) return { check: 'clock', state: 'ok', says: `${apart} ms from Postgres’s`, todo: null };
  return {
    check: 'clock',
    state: 'problem',
    says: `${Math.round(apart / 1000)} s from Postgres’s: one-time codes are refused`,
    todo: 'let the machine follow a time server',
  };
}
