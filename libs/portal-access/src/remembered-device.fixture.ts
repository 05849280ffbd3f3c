import {
  createTenantDevices,
  type CredentialPayload,
  deviceReference,
  parseDevice,
  parsePayload,
  parseReference,
  serializePayload,
  type TenantDevices,
} from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { type BrowserPool, readRecipeFile } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Metrics, Secret, systemClock } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { expect } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { agentProcess, asAgent, openBrowser } from './agent-process.fixture.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** How often somebody looks whether a code is wanted: each look is a query. */
const LOOK_MS = 250;

interface Agent extends AgentAccess {
  readonly metrics: Metrics;
}

export const referenceOf = ({ secretArn, id }: EnvironmentEndpoint) => deviceReference(parseReference(secretArn), id);

/** What was counted of its logins, by how the portal knew the device. */
export const counted = async ({ metrics }: Agent): Promise<string[]> =>
  [...(await metrics.exposition()).matchAll(/^rcm_device_logins_total\{device="(\w+)"\} ([1-9]\d*)$/gm)].map(([, device, times]) => `${device} ${times}`);

/** Logins at a portal that remembers devices, the agents that have them, and a person who answers with codes. */
export class DeviceLogins {
  readonly environment: TestEnvironment;
  readonly log: string[] = [];
  readonly #operator: Database;
  readonly #browser: BrowserPool;
  readonly #opened: TenantDevices[] = [];

  private constructor(environment: TestEnvironment) {
    this.environment = environment;
    this.#operator = environment.databaseAs('rcm_operator');
    this.#browser = openBrowser(4);
  }

  static async open(): Promise<DeviceLogins> {
    const recipe = await readRecipeFile('borealis-remembered');
    return new DeviceLogins(await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200, lockoutThreshold: 10, recipe } }));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await Promise.all(this.#opened.map((devices) => devices.close()));
    await this.environment.close();
  }

  /** As an agent's process has them, which may read and keep devices, and write no login. */
  agentsDevices(): TenantDevices {
    const devices = createTenantDevices(asAgent(this.environment));
    this.#opened.push(devices);
    return devices;
  }

  agent(devices: TenantDevices | undefined = this.agentsDevices()): Agent {
    const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void this.log.push(line) } });
    const metrics = createMetrics();
    const access = agentProcess(
      { environment: this.environment, browser: this.#browser, logger, metrics },
      {
        devices,
        sessions: new SessionCache({ maxSessions: 0, idleMs: 60_000 }),
        lease: { ttlMs: 30_000, waitMs: 60_000, pollMs: 50 },
        login: { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs: 600_000 },
      },
    );
    return { ...access, metrics };
  }

  /** An account whose portal sends it a code, and whose secret says that a person is asked for it. */
  async account(store: 'ssm' | 'secrets-manager' | 'vault' = 'ssm'): Promise<EnvironmentEndpoint> {
    const endpoint = await this.environment.addEndpoint('borealis', store);
    const current = await currentOf(this.environment, endpoint);
    const payload = parsePayload(current.text).map((before): CredentialPayload => ({ ...before, mfa_seed: null, second_factors: ['person'] }));
    await this.environment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
    const { username, password } = payload.reveal();
    await this.environment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true });
    return endpoint;
  }

  /** A login, answered with the portal's last message as often as somebody is asked; whether it was asked for a code. */
  async login(access: AgentAccess, endpoint: EnvironmentEndpoint): Promise<'with a code' | 'without a code'> {
    const before = (await this.environment.portals.sentCodes(endpoint)).length;
    const done = new AbortController();
    const reading = this.#answerCodes(endpoint, done.signal);
    const { orgId, id } = endpoint;
    await withAgentSession(access, { orgId, endpointId: id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
      ...{ value: 'accepted', session: 'close' },
    })).finally(() => done.abort());
    await reading;
    return (await this.environment.portals.sentCodes(endpoint)).length > before ? 'with a code' : 'without a code';
  }

  async #answerCodes({ orgId, id, ...endpoint }: EnvironmentEndpoint, signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; await systemClock.sleep(LOOK_MS, signal).catch(() => undefined)) {
      const wanted = (await listWantedCodes(this.#operator, { orgId, limit: 20 })).find((each) => each.endpointId === id && each.answeredBy === null);
      if (!wanted) continue;
      const key = await keyOfCodeRequest(this.#operator, wanted.id, 'every tenant');
      // Another login's reader was faster.
      if (key === null) continue;
      const code = new Secret((await this.environment.portals.sentCodes(endpoint)).at(-1)?.code ?? '');
      await answerCodeRequest(this.#operator, wanted.id, {
        sealed: sealCode(key.publicKey, wanted.id, code),
        actor: 'person:os:jane',
        reason: 'a test',
        scope: 'every tenant',
      });
    }
  }

  stored(endpoint: EnvironmentEndpoint) {
    return this.agentsDevices().forTenant(endpoint.orgId).read(referenceOf(endpoint));
  }

  async stateOf(endpoint: EnvironmentEndpoint): Promise<object | null> {
    const found = await this.stored(endpoint);
    return found === null ? null : parseDevice(found.text).reveal().state;
  }

  async events({ orgId, id }: EnvironmentEndpoint): Promise<readonly string[]> {
    const rows = await this.environment.db.transaction(
      { tenant: orgId },
      (tx) =>
        tx.$queryRaw<
          { action: string }[]
        >`SELECT action FROM audit_event WHERE org_id = ${orgId} AND subject = ${id} AND action LIKE 'login.device%' ORDER BY seq`,
    );
    return rows.map(({ action }) => action);
  }

  async tries({ username }: EnvironmentEndpoint) {
    const { loginsAccepted, loginsRejected } = await this.environment.portals.account('borealis', username);
    return [loginsAccepted, loginsRejected];
  }

  /** Whoever may write to the store, and puts there what they like. */
  async put(endpoint: EnvironmentEndpoint, text: Secret<string>): Promise<void> {
    const found = await this.stored(endpoint);
    const tags = { TenantId: endpoint.orgId, Environment: this.environment.environmentName, PortalType: endpoint.portal };
    expect(
      await this.agentsDevices()
        .forTenant(endpoint.orgId)
        .write(referenceOf(endpoint), { text, base: found?.version ?? null, tags }),
    ).toBe('kept');
  }
}
