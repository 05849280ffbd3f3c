import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { detectManualChanges } from '../manual/detect-changes.ts';
import { dyingStores } from '../testing.fixture.ts';
import { DAY, type Login, openRowEnvironment, type RowEnvironment } from './row-environment.fixture.ts';

/** Everything that reaches the portal passes here, and every connection is counted. */
class Passage {
  made = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.made += 1;
    const portal = connect(this.#port, '127.0.0.1');
    for (const [from, to] of [
      [socket, portal],
      [portal, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  readonly #port: number;

  constructor(portalUrl: string) {
    this.#port = Number(new URL(portalUrl).port);
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

let row: RowEnvironment;
let passage: Passage;
let host: string;
beforeAll(async () => {
  row = await openRowEnvironment();
  const [type] = await row.sql<{ hosts: string[] }>(`SELECT hosts FROM portal_type WHERE code = 'alpine'`, []);
  const direct = type?.hosts ?? [];
  passage = new Passage(`http://${direct[0] ?? ''}/`);
  host = await passage.open();
  await add();
  await row.setPortalType('alpine', { hosts: [...direct, host], loopbackHosts: [...direct, host] });
});
afterEach(() => row.setPortalType('alpine', ALLOWED));
afterAll(async () => {
  passage?.close();
  await row?.close();
});

const ALLOWED = { automation: 'allowed', termsVersion: 'a test', termsDate: new Date('2026-11-29'), automationDecidedBy: 'test', rotationMode: 'automatic' };
const UNDECIDED = { automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null };

const add = (): Promise<Login> => row.testEnvironment.addEndpoint('alpine');
/** A login whose portal is reached through the passage alone. */
async function through(): Promise<Login> {
  const login = await add();
  await row.sql(`WITH why AS (SELECT set_config('app.reason', 'a test', true)) UPDATE integration_endpoint SET base_url = $2 FROM why WHERE id = $1`, [
    login.id,
    `http://${host}/`,
  ]);
  return login;
}
const connections = async (act: () => Promise<unknown>): Promise<number> => {
  const before = passage.made;
  await act();
  return passage.made - before;
};
const looks = () => detectManualChanges(row.patient, { reads: 1_000, dueMs: 0, idleMs: 0, signal: new AbortController().signal });

describe('a portal type where no program may log in', () => {
  it.each([
    ['nobody has decided', UNDECIDED, 'automation_undecided'],
    ['a person logs in', { automation: 'assisted' }, 'automation_forbidden'],
    ['its terms forbid it', { automation: 'forbidden' }, 'automation_forbidden'],
  ])('gets no connection from an agent or a rotator: %s', async (_why, decision, code) => {
    const [working, due, asked] = [await through(), await through(), await through()];
    expect(await connections(() => row.visit(working.id))).toBeGreaterThan(0);
    await row.setPortalType('alpine', decision);
    const quiet = await connections(async () => {
      // Its session was kept, and is not used any more either.
      expect(await row.visit(working.id)).toBe(code);
      expect(await row.rotateDue(due.id)).toMatch(/^not started: .*No browser was opened/);
      // Somebody was refused with it: its copies are to be searched.
      await row.sql('UPDATE integration_endpoint SET search_wanted_at = now() WHERE id = $1', [asked.id]);
      await row.mend();
      await looks();
      await row.pass(DAY);
      await row.mend();
    });
    expect(quiet).toBe(0);
  });

  it('keeps what a person stores there, without a login, and is due again after its interval', async () => {
    const login = await through();
    await row.setPortalType('alpine', { automation: 'assisted' });
    await row.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [login.id]);
    await looks();
    await row.edit(login.id, { password: 'Changed-By-A-Person-1' });
    expect(await connections(looks)).toBe(0);
    expect(
      await row.sql(`SELECT rotation_status AS status, next_rotation_at > now() + interval '50 days' AS later FROM integration_endpoint WHERE id = $1`, [
        login.id,
      ]),
    ).toEqual([{ status: 'active', later: true }]);
    expect(await row.sql(`SELECT reason FROM audit_event WHERE subject = $1 AND action = 'rotation.recorded'`, [login.id])).toEqual([
      { reason: 'the secret has another password than before; no program logs in there' },
    ]);
  });

  it('lets an open rotation wait until it is allowed again, and then ends it', async () => {
    const login = await through();
    await expect(row.rotate(login.id, { ...row.patient, stores: dyingStores(row.patient.stores, 'stage', 'after') })).rejects.toThrow('died after stage');
    await row.setPortalType('alpine', UNDECIDED);
    const quiet = await connections(async () => expect(await row.rotate(login.id)).toMatchObject({ attempt: { state: 'waiting' } }));
    expect(quiet).toBe(0);
    await row.setPortalType('alpine', ALLOWED);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    expect(await row.visit(login.id)).toBe('in');
  });
});
