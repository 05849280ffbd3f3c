import { generatePassword, parsePasswordRules, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { migratedEndpoint, portalCredential } from '@rcm/portal-access';
import { type BrowserPool, createBrowserPool, createRecipeDriver, declaredHosts, parseRecipe, type PortalDriver } from '@rcm/portal-drivers';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { timedDriver } from './timed-drivers.ts';
import type { WayOptions } from './way-options.ts';

const DEADLINE_MS = 120_000;

/**
 * The script of the original design 7.1, step by step: fetch the credentials, log in, change the password, verify it by a login,
 * update the store. A browser per rotation, one rotation after the other; no journal, no ledger, no lease. It fills the same pages by
 * the same recipes, so the difference is the way of working and not the skill at forms.
 */
export async function rotateWithScript(options: WayOptions): Promise<void> {
  for (const endpoint of options.endpoints) {
    const browser = createBrowserPool({
      executablePath: process.env.RCM_CHROMIUM_PATH,
      maxContexts: 1,
      logger: createLogger({ name: 'script', level: 'error' }),
      metrics: createMetrics(),
    });
    try {
      await rotateOne(options, endpoint, browser);
    } finally {
      await browser.close();
    }
  }
}

async function rotateOne({ opened, signal, onClosed }: WayOptions, { id, orgId, secretArn }: EnvironmentEndpoint, browser: BrowserPool): Promise<void> {
  const { portalType, baseUrl } = await migratedEndpoint(opened.db, { orgId, endpointId: id });
  const store = opened.rotator.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn), { signal });
  if (!current) throw new Error(`${id} is not there`);
  const driver = timedDriver(
    createRecipeDriver({ recipe: parseRecipe(portalType.recipe as object), hosts: declaredHosts(portalType), browser, onBlocked: () => undefined }),
    onClosed,
  );
  const payload = parsePayload(current.text);
  const newPassword = generatePassword(parsePasswordRules(portalType.passwordRules));
  const changed = payload.map((value) => ({ ...value, password: newPassword.reveal() }));

  await visit(driver, baseUrl, signal, async (session) => {
    const options = { credential: portalCredential(payload), totp: null, deadlineMs: DEADLINE_MS, signal, beforeSubmit: async () => undefined };
    const login = await session.login(options);
    if (login.outcome.kind !== 'accepted') throw new Error(`${id}: the login ended as ${login.outcome.kind}`);
    const change = await session.changePassword({ ...options, newPassword, confirm: { before: async () => undefined, after: async () => undefined } });
    if (change.kind !== 'applied') throw new Error(`${id}: the change ended as ${change.kind}`);
  });
  await visit(driver, baseUrl, signal, async (session) => {
    const login = await session.login({
      credential: portalCredential(changed),
      totp: null,
      deadlineMs: DEADLINE_MS,
      signal,
      beforeSubmit: async () => undefined,
    });
    if (login.outcome.kind !== 'accepted') throw new Error(`${id}: the login with the new password ended as ${login.outcome.kind}`);
  });
  await store.replace(parseReference(secretArn), serializePayload(changed), current.version, { signal });
}

async function visit(
  driver: PortalDriver,
  baseUrl: string,
  signal: AbortSignal,
  act: (session: Awaited<ReturnType<PortalDriver['openSession']>>) => Promise<void>,
): Promise<void> {
  const session = await driver.openSession({ baseUrl, signal });
  try {
    await act(session);
  } finally {
    await session.close();
  }
}
