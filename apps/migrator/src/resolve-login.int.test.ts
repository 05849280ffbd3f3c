import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import { ACT, RowAndSecret, SLOW_MS } from './resolve.fixture.ts';

let w: RowAndSecret;

beforeEach(async () => {
  w = await RowAndSecret.open();
  await apply(w.migrator);
});
afterEach(() => w.close());

const sql = <T>(statement: string) => w.testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<T[]>(statement));
const asked = async () => (await sql('SELECT id FROM login_request')).length;
/** Nobody makes the login: whoever asks for one is told that it was not tried. */
const decide = (seen: string) =>
  resolve(w.migrator, { endpointId: w.seed.id, take: 'store', seen, proof: 'login', patience: { beginMs: 1, endMs: 2 }, ...ACT });

describe('what the store holds is tried at the portal only where the word could be followed', { timeout: SLOW_MS }, () => {
  it('not of another version than the person has looked at', async () => {
    await w.person.types(w.seed, 'typed');
    const seen = await w.look();
    await w.storedByHand('not the portal’s');
    await expect(decide(seen)).rejects.toMatchObject({ code: 'store_conflict' });
    expect([await asked(), await w.inRow()]).toEqual([0, 'typed']);
    await expect(decide(await w.look())).rejects.toMatchObject({ code: 'login_not_allowed' });
    expect(await asked()).toBe(1);
  });

  it('not of a row that holds no login any more', async () => {
    const seen = await w.look();
    await sql(`UPDATE integration_endpoint SET config = config - 'credentials'`);
    await expect(decide(seen)).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await asked()).toBe(0);
  });

  it('not of another login than the row names', async () => {
    await w.person.types(w.seed, 'typed');
    const seen = await w.look();
    await sql(`UPDATE integration_endpoint SET login_identity = NULL`);
    await expect(decide(seen)).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await asked()).toBe(0);
  });

  it('not while a rotation of it is open', async () => {
    await w.person.types(w.seed, 'typed');
    const seen = await w.look();
    await sql(`INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
               SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'planned', 1, 'rotator', 'due', secret_arn, '1', 'h' FROM integration_endpoint`);
    await expect(decide(seen)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('is open') as string });
    expect(await asked()).toBe(0);
  });
});
