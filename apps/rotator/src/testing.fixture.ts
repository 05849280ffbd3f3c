import { parseReference, type SecretStore, type TenantStores } from '@rcm/credentials';
import { requestRotation } from '@rcm/db/rotation';
import { openTestEnvironment, type TestEnvironment, type TestEnvironmentOptions } from '@rcm/test-environment';
import { readRotatorConfig } from './config.ts';
import { openRotator, type RotatorProcess } from './services.ts';
import { rotateLogin, type RotationReport } from './rotate.ts';
import type { Rotator } from './rotator.ts';

/** Short windows, so that a test waits for what it asks about and not for a default. */
const SHORT = {
  RCM_SUBMIT_DEADLINE_MS: '4000',
  RCM_ROTATOR_RETRY_MS: '200',
  RCM_LEASE_TTL_MS: '8000',
  RCM_LOG_LEVEL: process.env.RCM_TEST_LOG_LEVEL ?? 'error',
  RCM_LEASE_WAIT_MS: '60000',
  RCM_LEASE_POLL_MS: '50',
};

export interface RotatorEnvironment {
  readonly testEnvironment: TestEnvironment;
  readonly rotator: Rotator;
  /** One that gives a portal's answer time, also on a busy machine: where the change must get through at once. */
  readonly patient: Rotator;
  /** Everything that a command is given. */
  readonly process: RotatorProcess;
  /** Goes on with an endpoint until its attempt ends or is blocked, as the service's recovery would. */
  untilEnded(endpointId: string): Promise<RotationReport>;
  /** Goes on with what is open, as recovery does; else rotates as a person asks for it. */
  rotate(endpointId: string, rotator?: Rotator): Promise<RotationReport>;
  /** Behind the operations, as the tables' owner. */
  sql<R>(text: string, values: readonly unknown[]): Promise<R[]>;
  /** Audit events of this kind about this subject, the oldest first. */
  audit(action: string, subject: string): Promise<readonly AuditRow[]>;
  /** Everything that an act on this login could change: its rows, its secret, and what the portal counted. */
  snapshot(endpointId: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface AuditRow {
  readonly actor: string;
  readonly reason: string;
  readonly details: unknown;
}

export async function openRotatorEnvironment(options: TestEnvironmentOptions): Promise<RotatorEnvironment> {
  const testEnvironment = await openTestEnvironment(options);
  const environment = {
    ...process.env,
    ...testEnvironment.environmentOf('rcm_rotator'),
    ...SHORT,
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
  };
  // The SDK reads the file's name from the process's own environment.
  process.env.AWS_SHARED_CREDENTIALS_FILE = testEnvironment.environmentOf('rcm_rotator').AWS_SHARED_CREDENTIALS_FILE;
  const opened: RotatorProcess = openRotator(readRotatorConfig(environment));
  const sql = <R>(text: string, values: readonly unknown[]): Promise<R[]> =>
    testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<R[]>(text, ...values));
  const isOpen = async (endpointId: string) => {
    const open = `SELECT FROM rotation_attempt a JOIN integration_endpoint e ON e.login_identity = a.login_identity AND e.org_id = a.org_id
                   WHERE e.id = $1 AND a.ended_at IS NULL`;
    return (await sql(open, [endpointId])).length > 0;
  };
  const rotate = async (endpointId: string, rotator: Rotator = opened.rotator) => {
    const place = { orgId: testEnvironment.endpoint(endpointId).orgId, endpointId, signal: new AbortController().signal };
    const goOn = () => rotateLogin(rotator, { ...place, reason: 'recovery' });
    if (await isOpen(endpointId)) return goOn();
    const { requestId } = await requestRotation(testEnvironment.db, { ...place, kind: 'demand', actor: 'person:os:test', reason: 'test' });
    const report = await rotateLogin(rotator, { ...place, reason: 'demand', requestId });
    // What a database that was restored had forgotten comes first.
    return report.kind === 'not_started' && (await isOpen(endpointId)) ? goOn() : report;
  };
  return {
    testEnvironment,
    rotator: opened.rotator,
    patient: {
      ...opened.rotator,
      timing: { ...opened.rotator.timing, submitDeadlineMs: 30_000 },
      lease: { ...opened.rotator.lease, ttlMs: 60_000 },
    },
    process: opened,
    rotate,
    sql,
    async untilEnded(endpointId) {
      // Many times what a quiet machine takes.
      const giveUpAt = Date.now() + 300_000;
      for (;;) {
        const report = await rotate(endpointId);
        if (report.kind === 'not_started') return report;
        const { state } = report.attempt;
        if (['done', 'abandoned', 'blocked'].includes(state)) return report;
        if (Date.now() > giveUpAt) throw new Error(`the attempt is still ${state}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    audit: (action, subject) =>
      sql<AuditRow>('SELECT actor, reason, details FROM audit_event WHERE action = $1 AND subject = $2 ORDER BY seq', [action, subject]),
    async snapshot(endpointId) {
      const { orgId, secretArn, portal, username, loginIdentity } = testEnvironment.endpoint(endpointId);
      const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
      return {
        endpoint: await sql(`SELECT to_jsonb(e) AS row FROM integration_endpoint e WHERE id = $1`, [endpointId]),
        attempts: await sql(`SELECT to_jsonb(a) AS row FROM rotation_attempt a WHERE login_identity = $1 ORDER BY id`, [loginIdentity]),
        logins: await sql(`SELECT to_jsonb(a) AS row FROM login_attempt a WHERE login_identity = $1 ORDER BY id`, [loginIdentity]),
        leases: await sql(`SELECT to_jsonb(l) AS row FROM login_lease l WHERE login_identity = $1`, [loginIdentity]),
        staged: await opened.rotator.stores.forTenant(orgId).listStaged(parseReference(secretArn)),
        secret: current && { version: current.version, text: current.text.reveal() },
        account: await testEnvironment.portals.account(portal, username),
      };
    },
    async close() {
      await opened.close();
      await testEnvironment.close();
    },
  };
}

/** Stores whose named step dies before or after it happened, once: what a killed process looks like from the store's side. */
export function dyingStores(stores: TenantStores, step: 'create' | 'stage' | 'promote' | 'replace' | 'discard', when: 'before' | 'after'): TenantStores {
  let alive = false;
  return {
    close: () => stores.close(),
    forTenant(orgId): SecretStore {
      const store = stores.forTenant(orgId);
      const dying = async (...parameters: never[]): Promise<never> => {
        const act = store[step] as (...p: never[]) => Promise<never>;
        if (alive) return act(...parameters);
        alive = true;
        if (when === 'after') await act(...parameters);
        throw new Error(`died ${when} ${step}`);
      };
      return { ...store, [step]: dying };
    },
  };
}
