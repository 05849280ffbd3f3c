import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { createLogger, RcmError } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NotificationChannel } from './channel.ts';
import { deliverNotifications } from './deliver.ts';

let owner: Database;
let rotators: readonly [Database, Database];
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop } = database);
  owner = openDatabase({ url: database.url, applicationName: 'test' });
  const rotator = () => openDatabase({ url: urlFor('rcm_rotator', database.url), role: 'rcm_rotator', applicationName: 'test rotator' });
  rotators = [rotator(), rotator()];
});
afterAll(async () => {
  await Promise.all([owner, ...rotators].map((db) => db.close()));
  await drop();
});

const sql = (text: string, ...values: unknown[]) => owner.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text, ...values));
const notifications = async (count: number) => {
  await sql('TRUNCATE notice CASCADE');
  for (let i = 0; i < count; i += 1) await sql(`INSERT INTO notice (kind, dedup_key, detail) VALUES ('breaker_open', $1, $2)`, randomUUID(), `reason ${i}`);
};
const hurry = () => sql(`UPDATE notice_delivery SET not_before = now() WHERE delivered_at IS NULL`);

/** A channel that takes what it is told to, and remembers. */
function channel(name: string, take: (sends: number) => boolean | 'never' = () => true) {
  const sent: string[] = [];
  let sends = 0;
  const answering: NotificationChannel = {
    name,
    async send({ text }, signal) {
      sends += 1;
      const taken = take(sends);
      if (taken === 'never')
        await new Promise((_, reject) => {
          const giveUp = () => reject(new RcmError('deadline_exceeded', 'It did not answer in time.'));
          if (signal.aborted) giveUp();
          signal.addEventListener('abort', giveUp);
        });
      if (!taken) throw new RcmError('deadline_exceeded', 'It answered 500.');
      sent.push(text.happened);
    },
  };
  return { ...answering, sent, sends: () => sends };
}
const deliver = (channels: readonly NotificationChannel[], db = rotators[0], maxTries = 3) =>
  deliverNotifications({
    db,
    logger: createLogger({ name: 'test', level: 'silent' }),
    channels,
    deadlineMs: 200,
    maxTries,
    signal: new AbortController().signal,
  });

describe('the delivery of notifications', () => {
  it('brings each to each channel once, whichever of two rotators sends', async () => {
    await notifications(12);
    const [a, b] = [channel('a'), channel('b')];
    await Promise.all([deliver([a, b]), deliver([a, b], rotators[1]), deliver([a, b])]);
    await deliver([a, b], rotators[1]);
    for (const { sent } of [a, b]) expect([sent.length, new Set(sent).size]).toEqual([12, 12]);
  });

  it('tries a channel that fails again, and holds no other up', async () => {
    await notifications(1);
    const [bad, good] = [channel('bad', (sends) => sends > 1), channel('good')];
    await deliver([bad, good]);
    expect([bad.sent.length, good.sent.length]).toEqual([0, 1]);
    await deliver([bad, good]);
    expect(bad.sends()).toBe(1);
    await hurry();
    await deliver([bad, good]);
    expect([bad.sent.length, good.sent.length]).toEqual([1, 1]);
  });

  it('ends with the deadline of a channel that never answers, and gives up when its tries are spent', async () => {
    await notifications(1);
    const silent = channel('silent', () => 'never');
    for (let round = 0; round < 5; round += 1) {
      await deliver([silent]);
      await hurry();
    }
    expect(silent.sends()).toBe(3);
    const [row] = await owner.transaction('every tenant', (tx) => tx.notificationDelivery.findMany({ where: { channel: 'silent' } }));
    expect(row).toMatchObject({ tries: 3, deliveredAt: null, lastError: 'It did not answer in time.', givenUpAt: expect.any(Date) });
  });

  it('costs a failing channel one try of one notification a round, and one deadline: the rest loses nothing', async () => {
    await notifications(5);
    const [silent, good] = [channel('silent', () => 'never'), channel('good')];
    await deliver([silent, good]);
    expect([silent.sends(), good.sent.length]).toEqual([1, 5]);
    const rows = await owner.transaction('every tenant', (tx) => tx.notificationDelivery.findMany({ where: { channel: 'silent' }, orderBy: { tries: 'asc' } }));
    expect(rows.map(({ tries }) => tries)).toEqual([0, 0, 0, 0, 1]);
  });

  it('spends no try on what its own process did not let it send', async () => {
    await notifications(3);
    const stop = new AbortController();
    const stopping = channel('stopping', () => (stop.abort(), 'never'));
    await deliverNotifications({
      db: rotators[0],
      logger: createLogger({ name: 'test', level: 'silent' }),
      channels: [stopping],
      deadlineMs: 5_000,
      maxTries: 3,
      signal: stop.signal,
    });
    const rows = await owner.transaction('every tenant', (tx) => tx.notificationDelivery.findMany({ where: { channel: 'stopping' } }));
    expect(rows.map(({ tries, lastError }) => [tries, lastError])).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    const next = channel('stopping');
    await deliver([next], rotators[1]);
    expect(next.sent).toHaveLength(3);
  });

  it('goes on after a sender that died between sending and noting it: at least once', async () => {
    await notifications(1);
    const dying = channel('dying');
    const broken: Database = {
      ...rotators[0],
      transaction: (scope, act) => (scope === 'no tenant' ? Promise.reject(new RcmError('database_unavailable', 'gone')) : rotators[0].transaction(scope, act)),
    };
    await expect(deliver([dying], broken)).rejects.toMatchObject({ code: 'database_unavailable' });
    await deliver([dying]);
    expect(dying.sent).toHaveLength(1);
    await hurry();
    await deliver([dying]);
    await deliver([dying]);
    expect(dying.sent).toHaveLength(2);
  });
});
