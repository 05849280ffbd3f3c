import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { withAgentSession } from '@rcm/portal-access';
import { readRecipeFile } from '@rcm/portal-drivers';
import { isRcmError, Secret } from '@rcm/telemetry';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { readWebAgentConfig } from '../../config.ts';
import { openWebAgent, type WebAgentProcess } from '../../services.ts';

const AT_ONCE = 4;
/** The sender of its codes. */
const PORTAL_ADDRESS = 'codes@borealis.example';

/** Accounts of Borealis that are all sent their codes to one address, and a web-agent that signs in to them. */
export class SharedInbox {
  readonly testEnvironment: TestEnvironment;
  readonly agent: WebAgentProcess;
  readonly #inbox: string;

  private constructor(testEnvironment: TestEnvironment, agent: WebAgentProcess, inbox: string) {
    [this.testEnvironment, this.agent, this.#inbox] = [testEnvironment, agent, inbox];
  }

  static async open({ inbox, accounts }: { readonly inbox: string; readonly accounts: number }): Promise<SharedInbox> {
    const { device: _device, ...recipe } = await readRecipeFile('borealis-remembered');
    const codes = { from: [PORTAL_ADDRESS], pattern: 'Your borealis code is {code}' };
    const endpoints = Array.from({ length: accounts }, () => 'borealis' as const);
    const testEnvironment = await openTestEnvironment({ endpoints, portalType: { propagationDelayMs: 200, recipe: { ...recipe, codes } } });
    process.env.AWS_SHARED_CREDENTIALS_FILE = testEnvironment.environmentOf('rcm_agent').AWS_SHARED_CREDENTIALS_FILE;
    const environment = { ...process.env, ...testEnvironment.environmentOf('rcm_agent'), RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent') };
    const agent = openWebAgent(readWebAgentConfig({ ...environment, RCM_LOG_LEVEL: 'error', RCM_MAX_BROWSER_CONTEXTS: String(2 * AT_ONCE) }));
    const opened = new SharedInbox(testEnvironment, agent, inbox);
    for (const endpoint of testEnvironment.endpoints) await opened.#sendCodesThere(endpoint);
    return opened;
  }

  /** The account is sent a code at each login, to the address that it shares with all others, and its secret says so. */
  async #sendCodesThere({ orgId, secretArn, username }: EnvironmentEndpoint): Promise<void> {
    const [store, reference] = [this.testEnvironment.stores.forTenant(orgId), parseReference(secretArn)];
    const current = await store.read(reference);
    if (!current) throw new Error('the secret is gone');
    const { password } = parsePayload(current.text).reveal();
    const payload = { username, password, second_factors: ['person'], codes_to: this.#inbox };
    await store.replace(reference, serializePayload(parsePayload(new Secret(JSON.stringify(payload)))), current.version);
    await this.testEnvironment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true, inbox: this.#inbox });
  }

  /** Signs in to every account, some at a time, and says of each how that ended: `in`, or an error's code. */
  async visitAll(): Promise<readonly string[]> {
    const waiting = [...this.testEnvironment.endpoints];
    const visits = async (): Promise<string[]> => {
      const ends: string[] = [];
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const place = { orgId: next.orgId, endpointId: next.id, holder: 'an-agent', signal: new AbortController().signal };
        const visit = withAgentSession(this.agent.access, place, async () => ({ value: 'in', session: 'close' as const }));
        ends.push(await visit.catch((error: unknown) => (isRcmError(error) ? error.code : Promise.reject(error as Error))));
      }
      return ends;
    };
    return (await Promise.all(Array.from({ length: AT_ONCE }, visits))).flat();
  }

  /** By the portal's own record, of each account: how often each code that it was sent was typed there, and how its logins ended. */
  record(): Promise<readonly { readonly typed: readonly number[]; readonly loginsAccepted: number; readonly loginsRejected: number }[]> {
    const { portals, endpoints } = this.testEnvironment;
    return Promise.all(
      endpoints.map(async (endpoint) => {
        const { loginsAccepted, loginsRejected } = await portals.account('borealis', endpoint.username);
        return { typed: (await portals.sentCodes(endpoint)).map(({ typed }) => typed), loginsAccepted, loginsRejected };
      }),
    );
  }

  async close(): Promise<void> {
    await this.agent.close();
    await this.testEnvironment.close();
  }
}

/** Each account was sent one code, which was typed there once. */
export const EACH_ITS_OWN = { typed: [1], loginsAccepted: 1, loginsRejected: 0 } as const;
