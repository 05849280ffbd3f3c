import { fileURLToPath } from 'node:url';
import { type DemoPortals, type PortalCode, startDemoPortals } from '@rcm/demo-portals';

const RECIPES = new URL('../../../libs/portal-drivers/recipes/', import.meta.url);

export const recipeOf = (portal: PortalCode): string => fileURLToPath(new URL(`${portal}.yaml`, RECIPES));

/** The demo portals and what a test asks them behind the pages' back. */
export class Demo {
  readonly portals: DemoPortals;

  private constructor(portals: DemoPortals) {
    this.portals = portals;
  }

  static start = async (): Promise<Demo> => new Demo(await startDemoPortals());

  baseUrl = (portal: PortalCode): string => this.portals.portals[portal].baseUrl;

  async control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.portals.control.baseUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`control port: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  account = (portal: PortalCode, username: string, password: string, mfaSeed?: string): Promise<unknown> =>
    this.control('POST', '/accounts', { portal, username, password, ...(mfaSeed === undefined ? {} : { mfaSeed }) });

  accepts = async (portal: PortalCode, username: string, password: string): Promise<boolean> =>
    (await this.control('POST', '/accepts', { portal, username, password }))['accepts'] === true;

  /** Logins that the portal counted, accepted and rejected. */
  async logins(portal: PortalCode, username: string): Promise<number> {
    const { loginsAccepted, loginsRejected } = await this.control('GET', `/accounts/${portal}/${username}`);
    return Number(loginsAccepted) + Number(loginsRejected);
  }
}
