import { type NewPlace, parseReference, placeKey } from '@rcm/credentials';
import { type EndpointRow, findEndpoint, openDatabase } from '@rcm/db';
import { endAct, takeActs } from '@rcm/db/acts';
import { unnamedSecretsOf } from '@rcm/db/migration';
import { urlFor } from '@rcm/db/testing';
import { RcmError } from '@rcm/telemetry';
import { apply } from './commands/apply.ts';
import type { LoginPatience } from './credential/ask-login.ts';
import { type ProvedMove, relocateProved } from './credential/relocate-proved.ts';
import { relocateEndpoint } from './credential/relocate.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { asRotator, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

export const WHY = { actor: 'person:os:jane', reason: 'the first account is full' };
const SECOND = '222222222222';

/** How an act ended: by which code it was refused, or `none`. */
export const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'none',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );

/** A login whose secret lies in the first of two accounts and has gone from its row. Opened before each test, on the embedded backend alone. */
export class LoginToMove {
  /** Where it may move to: SSM and Secrets Manager of the second account. */
  readonly there: NewPlace;
  readonly other: NewPlace;

  readonly testEnvironment: TestEnvironment;
  readonly seed: Seed;
  /** A test may go on with another. */
  migrator: OpenMigration;

  private constructor(testEnvironment: TestEnvironment, seed: Seed, migrator: OpenMigration) {
    [this.testEnvironment, this.seed, this.migrator] = [testEnvironment, seed, migrator];
    const inStore = (store: string) => migrator.places.all.find((place) => place.store === store && place.store !== 'vault' && place.accountId === SECOND);
    [this.there, this.other] = [inStore('ssm'), inStore('secrets-manager')] as [NewPlace, NewPlace];
  }

  static async open(): Promise<LoginToMove> {
    const testEnvironment = await openTestEnvironment({ furtherPlaces: [{ accountId: SECOND, region: 'us-east-1' }] });
    const migrator = testEnvironment.migrator();
    const planted = seeds(1);
    await plant(testEnvironment.db, planted);
    await apply(migrator);
    const [seed] = planted as [Seed];
    const login = new LoginToMove(testEnvironment, seed, migrator);
    // As a scrub leaves the row; the rewrite of the storage, which is most of one, is nothing that a move could see.
    await login.sql(`UPDATE integration_endpoint SET config = config - 'credentials'`);
    return login;
  }

  close(): Promise<void> {
    return this.testEnvironment.close();
  }

  sql<T>(statement: string, ...values: unknown[]): Promise<T[]> {
    return this.testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<T[]>(statement, ...values));
  }

  async rowOf(): Promise<EndpointRow & { readonly secretArn: string }> {
    const row = await findEndpoint(this.testEnvironment.db, { endpointId: this.seed.id });
    if (!row?.secretArn) throw new Error(`${this.seed.id} names no secret`);
    return { ...row, secretArn: row.secretArn };
  }

  async move(to: NewPlace, migration = this.migrator): ReturnType<typeof relocateEndpoint> {
    return relocateEndpoint(migration, await this.rowOf(), to, WHY);
  }

  here(): string {
    return placeKey(this.migrator.places.new[0]);
  }

  async placeNow(): Promise<string> {
    return placeKey(parseReference((await this.rowOf()).secretArn));
  }

  async unnamed(): Promise<readonly (readonly string[])[]> {
    return (await unnamedSecretsOf(this.testEnvironment.db, { endpointId: this.seed.id, orgId: this.seed.orgId })).map(({ place, why }) => [place, why]);
  }

  async passwordNow(): Promise<string> {
    return (JSON.parse((await stored(this.migrator, this.seed)).text) as { password: string }).password;
  }

  /** A migrator that does not repeat what failed: what is tried is what it does in the end. */
  impatient(): OpenMigration {
    return { ...this.migrator, patience: async (_pacer, act) => act(), patienceToTheEnd: async (_pacer, act) => act() };
  }

  /** The same with a rotator beside it that ends each login that is asked for: by `code`, or accepted. */
  async proved(
    to: NewPlace,
    {
      code = null,
      migration = this.migrator,
      patience,
    }: { readonly code?: string | null; readonly migration?: OpenMigration; readonly patience?: LoginPatience } = {},
  ): Promise<ProvedMove> {
    const rotator = openDatabase({ url: urlFor('rcm_rotator', this.testEnvironment.url), applicationName: 'rotator', maxConnections: 2 });
    let done = false;
    const end = relocateProved(migration, await this.rowOf(), to, { ...WHY, patience }).finally(() => void (done = true));
    end.catch(() => undefined);
    while (!done) {
      for (const { id, orgId } of await takeActs(rotator, { takenBy: 'rotator', limit: 5 }))
        await endAct(rotator, { id, orgId, outcome: code === null ? 'done' : 'failed', code, words: 'as it was' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await rotator.close();
    return end;
  }

  /** Whether a login was accepted since the row was moved last. */
  async acceptedSince(): Promise<boolean> {
    const [seen] = await this.sql<{ accepted: boolean }>(`
      SELECT EXISTS (SELECT FROM login_request r WHERE r.outcome = 'done'
                        AND r.asked_at > (SELECT max(a.at) FROM audit_event a WHERE a.action = 'endpoint.moved')) AS accepted`);
    return seen?.accepted ?? false;
  }

  /** A process that died holds its lease until that ends: as if it had. */
  async leasesEnd(): Promise<void> {
    await this.sql(`DELETE FROM login_lease`);
  }

  /** Somebody stores another password where the secret lay at first, whatever the row names by now. */
  async storeHere(password: string, secretArn: string): Promise<void> {
    await asRotator(this.testEnvironment, async (stores) => {
      const [reference, store] = [parseReference(secretArn), stores.forTenant(this.seed.orgId)];
      const now = await store.read(reference);
      if (!now) throw new Error('nothing lies there');
      await store.replace(
        reference,
        now.text.map((text) => JSON.stringify({ ...(JSON.parse(text) as object), password })),
        now.version,
      );
    });
  }

  async removeAsGuardian(secretArn: string): Promise<void> {
    const { DeleteParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
    const { aws } = this.testEnvironment;
    if (!aws) throw new Error('there is no account');
    const client = new SSMClient({ region: aws.region, endpoint: aws.endpoint, credentials: aws.taskCredentials('rcm-guardian') });
    await client.send(new DeleteParameterCommand({ Name: secretArn.slice(secretArn.indexOf('/')) }));
    client.destroy();
  }
}
