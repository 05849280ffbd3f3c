import { generatePassword, parsePasswordRules, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { migratedEndpoint } from '@rcm/portal-access';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { eachAtOnce } from '../measured-environment/at-once.ts';
import { type Page, PLAIN_PORTALS, type PlainPortal } from './plain-portals.ts';
import type { WayOptions } from './way-options.ts';

const STEP_MS = 120_000;

/**
 * What the work itself costs: one browser for all, as many contexts at once as the product has, the same logins, changes and proofs, and a store that is read and
 * written once. Nothing is kept that would be needed if it died: no staged copy, no journal, no ledger, no lease; nothing looks at what a page may send where.
 */
export async function rotatePlainly(options: WayOptions, policy: { readonly signsOut: boolean }): Promise<void> {
  const browser = createBrowserPool({
    executablePath: process.env.RCM_CHROMIUM_PATH,
    maxContexts: options.atOnce.contexts,
    logger: createLogger({ name: 'plain', level: 'error' }),
    metrics: createMetrics(),
  });
  try {
    await eachAtOnce(options.endpoints, options.atOnce.works, (endpoint) => rotateOne(options, browser, endpoint, policy));
  } finally {
    await browser.close();
  }
}

async function rotateOne(
  { opened, signal, onClosed }: WayOptions,
  browser: BrowserPool,
  { id, orgId, portal, secretArn }: EnvironmentEndpoint,
  { signsOut }: { readonly signsOut: boolean },
): Promise<void> {
  const { portalType, baseUrl } = await migratedEndpoint(opened.db, { orgId, endpointId: id });
  const store = opened.rotator.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn), { signal });
  const pages: PlainPortal | undefined = portal === 'alpine' || portal === 'cascade' ? PLAIN_PORTALS[portal] : undefined;
  if (!current || !pages) throw new Error(`${id} is not there`);
  const payload = parsePayload(current.text);
  const newPassword = generatePassword(parsePasswordRules(portalType.passwordRules));
  const changed = payload.map((value) => ({ ...value, password: newPassword.reveal() }));
  const inContext = async (act: (page: Page) => Promise<void>): Promise<void> => {
    const pooled = await browser.openContext({ context: {}, signal });
    const openedAt = performance.now();
    try {
      const page = await pooled.context.newPage();
      page.setDefaultTimeout(STEP_MS);
      await act(page);
      if (signsOut) await pages.signOut(page, baseUrl);
    } finally {
      await pooled.close();
      onClosed(performance.now() - openedAt);
    }
  };
  await inContext(async (page) => {
    await pages.signIn(page, baseUrl, payload.reveal());
    await pages.changePassword(page, baseUrl, { current: payload.reveal().password, next: newPassword.reveal() });
  });
  await inContext((page) => pages.signIn(page, baseUrl, changed.reveal()));
  await store.replace(parseReference(secretArn), serializePayload(changed), current.version, { signal });
}
