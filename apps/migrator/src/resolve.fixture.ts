import { parseReference, type TenantStores } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { readLegacy } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import { lookBeforeResolving, resolve } from './commands/resolve.ts';
import type { Report } from './report.ts';
import type { Take } from './credential/resolve.ts';
import { hirePerson, type Person } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { asRotator, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

export const SLOW_MS = 600_000;
export const ACT = { actor: 'person:os:jane', reason: 'the portal was asked' };
export const TAKES = ['row', 'store'] as const;

export const passwordOf = (text: string | undefined): unknown => (JSON.parse(text ?? '{}') as { password?: unknown }).password;

/** Which version the secret has, as a person is told who is to decide. */
export const lookAt = async (migration: OpenMigration, endpointId: string): Promise<string> =>
  String((await lookBeforeResolving(migration, endpointId)).json.secretVersion);

/** `meanwhile` happens between the store's answer and what is made of it, as where the process is stopped just then. */
export const stoppedAfterReading = (migration: OpenMigration, meanwhile: () => Promise<unknown>): OpenMigration => {
  const stores: TenantStores = {
    ...migration.stores,
    forTenant(orgId) {
      const store = migration.stores.forTenant(orgId);
      return {
        ...store,
        async readMany(...asked) {
          const answer = await store.readMany(...asked);
          await meanwhile();
          return answer;
        },
      };
    },
  };
  return { ...migration, stores };
};

/** A login that lies in its row and in the store, a person who edits the row, and a migrator to which somebody says which of the two is right. */
export class RowAndSecret {
  readonly testEnvironment: TestEnvironment;
  readonly migrator: OpenMigration;
  readonly person: Person;
  /** A test may plant another. */
  seed: Seed;

  private constructor(testEnvironment: TestEnvironment, seed: Seed) {
    [this.testEnvironment, this.seed] = [testEnvironment, seed];
    this.migrator = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '1' });
    this.person = hirePerson(testEnvironment);
  }

  static async open(): Promise<RowAndSecret> {
    const testEnvironment = await openTestEnvironment();
    const seed = seeds(3)[2] as Seed;
    await plant(testEnvironment.db, [seed]);
    return new RowAndSecret(testEnvironment, seed);
  }

  async close(): Promise<void> {
    await this.person.close();
    await this.testEnvironment.close();
  }

  /** By somebody who has looked at what lies there now. */
  async decide(take: Take, migration = this.migrator): Promise<Report> {
    return resolve(migration, { endpointId: this.seed.id, take, seen: await this.look(), proof: 'none', ...ACT });
  }

  look(): Promise<string> {
    return lookAt(this.migrator, this.seed.id);
  }

  planned(): string {
    return (this.seed.credentials as { password: string }).password;
  }

  async inRow(): Promise<unknown> {
    return passwordOf((await readLegacy(this.migrator.db, { endpointId: this.seed.id, orgId: this.seed.orgId }))?.reveal());
  }

  async inStore(): Promise<unknown> {
    return passwordOf((await stored(this.migrator, this.seed)).text);
  }

  /** What lies where a decision says that it has kept what was not taken. */
  async keptText(kept: unknown): Promise<string | undefined> {
    return (await this.migrator.stores.forTenant(this.seed.orgId).read(parseReference(String(kept))))?.text.reveal();
  }

  /** Into the store alone, as no rotation does it. */
  async storedByHand(password: string): Promise<void> {
    const { secretArn, currentVersion } = (await findEndpoint(this.migrator.db, { endpointId: this.seed.id })) ?? {};
    const text = JSON.stringify({ ...(this.seed.credentials as object), password });
    await asRotator(this.testEnvironment, (stores) =>
      stores.forTenant(this.seed.orgId).replace(parseReference(secretArn ?? ''), new Secret(text), currentVersion ?? ''),
    );
  }
}
