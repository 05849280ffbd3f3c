import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DemoPortals, type PortalCode, type SeenRequest, startDemoPortals } from '@rcm/demo-portals';
import { PATIENT_STEP_MS } from '@rcm/portal-drivers/testing';

const RECIPES = new URL('../../../libs/portal-drivers/recipes/', import.meta.url);

export const recipeOf = (portal: PortalCode): string => fileURLToPath(new URL(`${portal}.yaml`, RECIPES));

/** Those that tests work a portal by. */
const PATIENT = ['alpine', 'alpine-guarded', 'borealis'] as const;

/** The demo portals and what a test asks them behind the pages' back. */
export class Demo {
  readonly portals: DemoPortals;
  /** Every request that came to a portal. */
  readonly seen: readonly SeenRequest[];
  readonly #folder: string;

  private constructor(portals: DemoPortals, seen: readonly SeenRequest[], folder: string) {
    this.portals = portals;
    this.seen = seen;
    this.#folder = folder;
  }

  static async start(): Promise<Demo> {
    const folder = await mkdtemp(join(tmpdir(), 'patient-recipes-'));
    for (const name of PATIENT) {
      const text = await readFile(new URL(`${name}.yaml`, RECIPES), 'utf8');
      await writeFile(join(folder, `${name}.yaml`), `${text}step_deadline_ms: ${PATIENT_STEP_MS}\n`);
    }
    const seen: SeenRequest[] = [];
    return new Demo(await startDemoPortals({ onRequest: (request) => void seen.push(request) }), seen, folder);
  }

  async close(): Promise<void> {
    await this.portals.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The file of a recipe that waits for a slow machine. */
  patientRecipe = (name: (typeof PATIENT)[number]): string => join(this.#folder, `${name}.yaml`);

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
    (await this.control('POST', '/accepts', { portal, username, password })).accepts === true;

  /** Logins that the portal counted, accepted and rejected. */
  async logins(portal: PortalCode, username: string): Promise<number> {
    const { loginsAccepted, loginsRejected } = await this.control('GET', `/accounts/${portal}/${username}`);
    return Number(loginsAccepted) + Number(loginsRejected);
  }
}
