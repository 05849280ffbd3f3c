import { randomInt } from 'node:crypto';
import type { Database, NewPortalType } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { PLAIN_PORTAL_TYPE } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';

/** An endpoint as it was before the migration. */
export interface Seed {
  readonly id: string;
  readonly orgId: string;
  readonly portal: string;
  readonly credentials: unknown;
}

/**
 * In every value that must not be seen anywhere but in the store. Another one in each test environment: what a scrub looks for on the disk lies in no other test's
 * database, whose WAL is the same. Letters alone: it is part of a seed of codes, too.
 */
export let CANARY = freshCanary();
export const renewCanary = (): void => void (CANARY = freshCanary());

function freshCanary(): string {
  return `canary${Array.from({ length: 8 }, () => 'abcdefghijklmnop'[randomInt(16)]).join('')}`;
}

const PORTALS = ['alpine', 'borealis', 'cascade'] as const;
const HOSPITALS = ['north-1', 'north-2', 'south-1', 'south-2'] as const;

/** V8's JSON.rawJSON: a number with more digits than a double holds. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
export const LONG_NUMBER = '12345678901234567890123';

/** `count` logins over four hospitals and three portals, with everything a payload may hold somewhere among them. */
export function seeds(count = 24): Seed[] {
  return Array.from({ length: count }, (_, n): Seed => {
    const id = `endpoint-${String(n + 1).padStart(3, '0')}`;
    const odd = n === 3 ? ' Grüße 🔑 " \\ \t' : '';
    return {
      id,
      orgId: HOSPITALS[n % HOSPITALS.length] ?? 'north-1',
      portal: PORTALS[n % PORTALS.length] ?? 'alpine',
      credentials: {
        username: `${CANARY}-user-${n}`,
        password: `${CANARY}-Pass-${n}${odd}`,
        ...(n % 3 === 1 ? { mfa_seed: `JBSWY3DPEHPK3PXP${CANARY.toUpperCase()}` } : {}),
        ...(n % 4 === 2
          ? { custom_fields: { api_key: `${CANARY}-key-${n}`, nested: { deep: [1, null, { leer: '' }] }, account_number: rawJSON(LONG_NUMBER) } }
          : {}),
        ...(n % 5 === 0 ? { oauth_client_id: 'client', oauth_client_secret: `${CANARY}-oauth-${n}`, not_in_the_schema: { kept: true, mfa_seed: null } } : {}),
        metadata: { portal_type: 'insurance', portal_name: 'Ümlaut Health', rotation_method: 'manual' },
      },
    };
  });
}

export const portalType = (code: string): NewPortalType => ({ ...PLAIN_PORTAL_TYPE, code, name: code, hosts: [`${code}.example`] });

/** Puts the logins into the rows, in plaintext, beside another field that the migration must leave alone. */
export async function plant(db: Database, planted: readonly Seed[]): Promise<void> {
  for (const orgId of new Set(planted.map((seed) => seed.orgId))) await upsertOrganization(db, { id: orgId, name: orgId });
  for (const code of new Set(planted.map((seed) => seed.portal))) await upsertPortalType(db, portalType(code));
  for (const { id, orgId, portal, credentials } of planted) {
    const config = new Secret({ credentials, note: 'left alone' });
    await insertEndpoint(db, { id, orgId, portalTypeCode: portal, accountId: `account-${id}`, baseUrl: `https://${portal}.example/login`, config });
  }
}
