import { usablePasswordRules } from '@rcm/credentials';
import { type Database, listEndpoints } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { listLegacyEndpoints } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { PortalControl } from '../portals/control.ts';
import { payloadSecrets } from '../search/payload-secrets.ts';
import type { SoughtSecret } from '../search/scan.ts';
import { newLogin, organizations, seededPlaces } from './logins.ts';
import { isPortalCode, portalTypes, type PortalCode } from './portal-types.ts';

const DAY_MS = 24 * 60 * 60_000;
const INTERVAL_DAYS = 60;
const PAGE = 200;

/**
 * Makes sure that organizations, portal types and `count` endpoints are there. Rows are the truth: what an earlier run seeded
 * stays, what a kill kept from being seeded is added. Nothing is due yet.
 */
export async function seedRows(
  db: Database,
  options: { readonly count: number; readonly baseUrls: Readonly<Record<PortalCode, string>> },
): Promise<{ readonly created: number }> {
  for (const organization of organizations) await upsertOrganization(db, organization);
  for (const portalType of await portalTypes(options.baseUrls)) {
    // Rules that no password meets are refused here, and not in the middle of a rotation.
    usablePasswordRules(portalType.passwordRules);
    await upsertPortalType(db, portalType, { actor: 'npm-start', reason: 'npm start' });
  }
  const known = new Set((await allEndpoints(db)).map((endpoint) => endpoint.id));
  const nextRotationAt = new Date(Date.now() + INTERVAL_DAYS * DAY_MS);
  let created = 0;
  for (const place of seededPlaces(options.count)) {
    if (known.has(place.id)) continue;
    await insertEndpoint(db, {
      id: place.id,
      orgId: place.orgId,
      portalTypeCode: place.portal,
      accountId: place.accountId,
      baseUrl: options.baseUrls[place.portal],
      config: newLogin(place).map((credentials) => ({ credentials, timezone: 'America/New_York' })),
      nextRotationAt,
    });
    created += 1;
  }
  return { created };
}

const loginSchema = z.looseObject({ username: z.string(), password: z.string(), mfa_seed: z.string().optional() });

/**
 * Opens the portals' accounts for the logins that still lie in the rows, and gives every secret in them. Safe to repeat:
 * passwords change only after the last row was scrubbed, and an account that is there stays as it is.
 */
export async function openLegacyAccounts(db: Database, control: PortalControl): Promise<SoughtSecret[]> {
  const secrets: SoughtSecret[] = [];
  for (let after: string | undefined; ;) {
    const page = await listLegacyEndpoints(db, { after, limit: PAGE });
    for (const { endpoint, credentials } of page) {
      if (!isPortalCode(endpoint.portalTypeCode)) throw new RcmError('state_conflict', `Endpoint ${endpoint.id} is at a portal that is no demo portal.`);
      const login = credentials.map((text) => loginSchema.parse(JSON.parse(text))).reveal();
      await control.openAccount({
        portal: endpoint.portalTypeCode,
        username: login.username,
        password: login.password,
        ...(login.mfa_seed === undefined ? {} : { mfaSeed: login.mfa_seed }),
      });
      secrets.push(...payloadSecrets(login));
    }
    after = page.at(-1)?.endpoint.id;
    if (after === undefined || page.length < PAGE) return secrets;
  }
}

export async function allEndpoints(db: Database) {
  const endpoints = [];
  for (let after: string | undefined; ;) {
    const page = await listEndpoints(db, { after, limit: PAGE });
    endpoints.push(...page);
    after = page.at(-1)?.id;
    if (after === undefined || page.length < PAGE) return endpoints;
  }
}
