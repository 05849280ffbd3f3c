import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { setImmediate as aTurn } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { helloOf } from './client-hello.fixture.ts';
import { Passage } from './passage.ts';
import { createValve } from './valve.ts';

let hello: Buffer;
let passage: Passage;
beforeAll(async () => {
  hello = await helloOf(['h2', 'http/1.1']);
});
beforeEach(() => {
  passage = new Passage();
});

/** A tunnel for requests that is open already, and what left by it since. */
async function tunnel(): Promise<{ readonly valve: Transform; readonly left: string[] }> {
  const left: string[] = [];
  const valve = createValve(passage, { receives: true }, { pass: () => Promise.resolve(true) });
  valve.write(hello);
  await once(valve, 'data');
  valve.on('data', (bytes: Buffer) => left.push(bytes.toString()));
  return { valve, left };
}

/** More than anything needs that waits for nobody. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await aTurn();
}

describe('a tunnel for requests', () => {
  it('lets them pass in a session without a worker, also while a secret is held', async () => {
    const { valve, left } = await tunnel();
    passage.change('held');
    valve.write('request');
    await someTurns();
    passage.change('released');
    valve.write('another');
    await someTurns();
    expect([left, passage.used]).toEqual([['request', 'another'], false]);
  });

  it('keeps what a session with a worker sends until the release, which counts as having left, and says that it does', async () => {
    const { valve, left } = await tunnel();
    let held = 0;
    valve.on('held', () => (held += 1));
    passage.noteWorker();
    valve.write('before');
    await someTurns();
    passage.change('held');
    valve.write('held');
    await someTurns();
    expect([left, held, passage.used]).toEqual([['before'], 1, false]);
    passage.change('released');
    await someTurns();
    expect([left, held, passage.used]).toEqual([['before', 'held'], 1, true]);
  });

  it('fails where a session with a worker is closed', async () => {
    const { valve, left } = await tunnel();
    passage.noteWorker();
    passage.change('held');
    valve.write('held');
    const failed = once(valve, 'error');
    passage.change('closed');
    await failed;
    expect(left).toEqual([]);
  });

  it.each(['held', 'closed'] as const)('knows of a worker whose first bytes come before the word of it, where it is %s', async (state) => {
    const { valve, left } = await tunnel();
    valve.on('error', () => undefined);
    passage.change(state);
    setImmediate(() => passage.noteWorker());
    valve.write('of the worker');
    await someTurns();
    expect(left).toEqual([]);
  });
});
