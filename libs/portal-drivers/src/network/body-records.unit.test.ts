import { beforeEach, describe, expect, it } from 'vitest';
import { BodyRecords, looksOfBody } from './body-records.ts';
import type { Destination } from './session-addresses.ts';
import { type MaybeOfWorker, Unanswered } from './unanswered.ts';

const PORTAL: Destination = { host: 'portal.example.test', name: 'portal.example.test', address: 'public', receives: true };
const OTHER: Destination = { ...PORTAL, host: 'other.example.test', name: 'other.example.test' };
/** A frame of HTTP/2 in a record of TLS 1.3. */
const frame = (bytes: number): Buffer => Buffer.from([23, 3, 3, (bytes + 26) >> 8, (bytes + 26) & 255, ...new Array<number>(bytes + 26).fill(0)]);
const never = (): boolean => false;

let unanswered: Unanswered;
let repeats: number;
beforeEach(() => {
  [unanswered, repeats] = [new Unanswered(), 0];
});

/** A tunnel that is open already. */
async function tunnel(destination = PORTAL): Promise<BodyRecords> {
  const bodies = new BodyRecords({ unanswered, destination, onRepeat: () => (repeats += 1) });
  await bodies.pass(Buffer.concat([frame(43), frame(61)]), never);
  return bodies;
}

/** A submit of so many bytes leaves; gives what answers it, by `null` that there is no answer. */
function submit(bytes: number, ofWorker: MaybeOfWorker | null = null): (answer?: null) => void {
  const { promise, resolve } = Promise.withResolvers<undefined | null>();
  unanswered.note({ destination: PORTAL, ofWorker, looks: looksOfBody(PORTAL, bytes) }, promise);
  return resolve;
}

/** How often `isOver` is asked while something is held: its word ends that. */
const passOrGiveUp = (bodies: BodyRecords, bytes: Buffer): Promise<boolean> => bodies.pass(bytes, () => true);

describe('BodyRecords', () => {
  it.each([[16], [79], [16_375], [16_376 + 15], [40_079]])('lets a body of %d bytes pass once until it is answered', async (bytes) => {
    const parts = Buffer.concat([...Array.from({ length: Math.floor(bytes / 16_375) }, () => frame(16_375)), frame(bytes % 16_375)]);
    const first = await tunnel();
    const answer = submit(bytes);
    expect(await passOrGiveUp(first, parts)).toBe(true);
    first.noteAnswer();
    expect(await passOrGiveUp(first, parts)).toBe(false);
    expect(await passOrGiveUp(await tunnel(), parts)).toBe(false);
    expect(await passOrGiveUp(await tunnel(OTHER), parts)).toBe(true);
    answer();
    await Promise.resolve();
    expect(await passOrGiveUp(first, parts)).toBe(true);
  });

  it('takes headers that are as long as the body, and leave right before it, for one with it', async () => {
    const bodies = await tunnel();
    submit(79);
    expect(await passOrGiveUp(bodies, frame(79))).toBe(true);
    expect(await passOrGiveUp(bodies, frame(79))).toBe(true);
    bodies.noteAnswer();
    expect(await passOrGiveUp(bodies, frame(79))).toBe(false);
  });

  it('lets two pass that were let out', async () => {
    const bodies = await tunnel();
    submit(79);
    submit(79);
    for (const may of [true, true, false]) {
      expect(await passOrGiveUp(bodies, frame(79))).toBe(may);
      bodies.noteAnswer();
    }
  });

  it('lets go on what it held as soon as the answer is heard of, and nothing of an act that is over', async () => {
    const bodies = await tunnel();
    const answer = submit(79);
    await bodies.pass(frame(79), never);
    bodies.noteAnswer();
    const held = bodies.pass(frame(79), never);
    answer();
    expect(await held).toBe(true);
    submit(79);
    await bodies.pass(frame(79), never);
    bodies.noteAnswer();
    const late = bodies.pass(frame(79), never);
    unanswered.clear();
    expect([await late, repeats]).toEqual([false, 0]);
  });

  it.each([
    ['the browser gives up', () => submit(79)],
    ['a worker sent that ends', () => (submit(79, unanswered.ofWorkerIn(PORTAL)), () => unanswered.workerEnded(PORTAL))],
  ])('lets nothing of what %s go on that it held or gets then, and other things a moment later', async (_who, begin) => {
    const [bodies, other] = [await tunnel(), await tunnel()];
    const end = begin();
    await bodies.pass(frame(79), never);
    bodies.noteAnswer();
    const held = bodies.pass(frame(79), never);
    end(null);
    expect([await held, await other.pass(frame(79), never), unanswered.since(), repeats]).toEqual([false, false, undefined, 2]);
    await expect.poll(() => other.pass(frame(79), never)).toBe(true);
  });

  it('lets what the browser has given up pass once where it arrives late, and what is sent after it', async () => {
    const bodies = await tunnel();
    submit(79)(null);
    submit(79);
    for (const may of [true, true, false]) {
      expect(await passOrGiveUp(bodies, frame(79))).toBe(may);
      bodies.noteAnswer();
    }
  });

  it('begins no part of a body in what opens a connection', async () => {
    submit(61);
    const bodies = await tunnel();
    bodies.noteAnswer();
    expect(await passOrGiveUp(bodies, frame(61))).toBe(true);
    bodies.noteAnswer();
    expect(await passOrGiveUp(bodies, frame(61))).toBe(false);
  });
});
