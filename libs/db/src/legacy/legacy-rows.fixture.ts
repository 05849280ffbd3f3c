import { Secret } from '@rcm/telemetry';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { identityOf, PORTAL, secretOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { beginSecretLook } from './secret-looks.ts';
import { recordProof } from './proofs.ts';
import { fingerprintOf, seenRow } from './row.fixture.ts';
import type { SeenRow } from './row.ts';
import { scrubEndpoint } from './scrub.ts';

/** No lease has it. */
export const NOBODYS = '00000000-0000-4000-8000-000000000000';
const YEAR_MS = 365 * 86_400_000;
/** What every such row holds to begin with. */
export const credentials = { username: 'u', password: 'Grüße🔑' };

/** A row that holds plaintext, and what is known of its secret. */
export interface LegacyRow extends TestEndpoint {
  readonly version: string;
  readonly fingerprint: string;
  readonly row: SeenRow;
}

/** Rows of organization `org` that hold plaintext, on a database that is opened later. */
export class LegacyRows {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  async legacy(id: string): Promise<LegacyRow> {
    const { db } = this.opened();
    await upsertOrganization(db, { id: 'org', name: 'Org' });
    await upsertPortalType(db, PORTAL);
    await insertEndpoint(db, {
      id,
      orgId: 'org',
      portalTypeCode: 'alpine',
      accountId: id,
      baseUrl: 'https://alpine.example/',
      config: new Secret({ credentials, timeout: 5 }),
    });
    const endpoint = { endpointId: id, orgId: 'org', secretArn: secretOf('org', id), version: '1', loginIdentity: identityOf(id), fingerprint: 'f' };
    return { ...endpoint, row: await seenRow(db, endpoint) };
  }

  /** As a person does it with psql. */
  async edit(id: string, password: string): Promise<void> {
    await this.opened().sql(
      `UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', jsonb_build_object('username', 'u', 'password', $2::text)) WHERE id = $1`,
      [id, password],
    );
  }

  async textOf(id: string): Promise<string | undefined> {
    return (await this.opened().sql<{ text: string }>('SELECT config::text AS text FROM integration_endpoint WHERE id = $1', [id]))[0]?.text;
  }

  async config(id: string): Promise<unknown> {
    return (await this.opened().sql<{ config: unknown }>('SELECT config FROM integration_endpoint WHERE id = $1', [id]))[0]?.config;
  }

  /** What the audit trail says was done to it, besides what the table tells of itself. */
  async actions(id: string): Promise<unknown[]> {
    const events = await this.opened().sql('SELECT action FROM audit_event WHERE subject = $1 AND action <> $2 ORDER BY seq', [id, 'endpoint.changed']);
    return events.map((event) => event.action);
  }

  /** Proves the row as it is now against the version of its secret that was recorded, or against another one. */
  async verify(migrated: LegacyRow, proof: { readonly version?: string; readonly secretArn?: string } = {}): ReturnType<typeof recordProof> {
    const { db, migrator } = this.opened();
    return recordProof(migrator, {
      ...migrated,
      look: await beginSecretLook(migrator, migrated),
      currentVersion: migrated.version,
      row: await seenRow(db, migrated),
      ...proof,
    });
  }

  scrub(endpointId: string, proofMaxAgeMs = YEAR_MS): ReturnType<typeof scrubEndpoint> {
    return scrubEndpoint(this.opened().migrator, { endpointId, orgId: 'org', proofMaxAgeMs, fingerprintOf });
  }
}
