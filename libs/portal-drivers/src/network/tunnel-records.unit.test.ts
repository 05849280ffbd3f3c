import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ANSWER, frame, never, OTHER, passOrGiveUp, PORTAL, SendingSession } from './sending-session.fixture.ts';

let session: SendingSession;
beforeEach(() => {
  session = new SendingSession();
});

describe('TunnelRecords', () => {
  it.each([[16], [79], [16_375], [16_376 + 15], [40_079]])('lets a body of %d bytes pass once until it is answered', async (bytes) => {
    const parts = Buffer.concat([...Array.from({ length: Math.floor(bytes / 16_375) }, () => frame(16_375)), frame(bytes % 16_375)]);
    const first = await session.tunnel();
    const answer = session.submit(bytes);
    expect(await passOrGiveUp(first, parts)).toBe(true);
    first.noteAnswer(ANSWER);
    expect(await passOrGiveUp(first, parts)).toBe(false);
    expect(await passOrGiveUp(await session.tunnel(), parts)).toBe(false);
    expect(await passOrGiveUp(await session.tunnel(OTHER), parts)).toBe(true);
    answer();
    await Promise.resolve();
    expect(await passOrGiveUp(first, parts)).toBe(true);
  });

  it('takes headers that are as long as the body, and leave right before it, for one with it', async () => {
    const bodies = await session.tunnel();
    session.submit(79);
    expect(await passOrGiveUp(bodies, frame(79))).toBe(true);
    expect(await passOrGiveUp(bodies, frame(79))).toBe(true);
    bodies.noteAnswer(ANSWER);
    expect(await passOrGiveUp(bodies, frame(79))).toBe(false);
  });

  it('lets two pass that were let out', async () => {
    const bodies = await session.tunnel();
    session.submit(79);
    session.submit(79);
    for (const may of [true, true, false]) {
      expect(await passOrGiveUp(bodies, frame(79))).toBe(may);
      bodies.noteAnswer(ANSWER);
    }
  });

  it('lets go on what it held as soon as the answer is heard of, and nothing of an act that is over', async () => {
    const bodies = await session.tunnel();
    const answer = session.submit(79);
    await bodies.pass(frame(79), never);
    bodies.noteAnswer(ANSWER);
    const held = bodies.pass(frame(79), never);
    answer();
    expect(await held).toBe(true);
    session.submit(79);
    await bodies.pass(frame(79), never);
    bodies.noteAnswer(ANSWER);
    const late = bodies.pass(frame(79), never);
    session.unanswered.clear();
    expect([await late, session.repeats]).toEqual([false, 0]);
  });

  it.each([
    ['the browser gives up', () => session.submit(79)],
    ['a worker sent that ends', () => (session.submit(79, { ofWorker: session.unanswered.ofWorkerIn(PORTAL) }), () => session.unanswered.workerEnded(PORTAL))],
  ])('lets nothing of what %s go on that it held or gets then, and other things a moment later', async (_who, begin) => {
    const [bodies, other] = [await session.tunnel(), await session.tunnel()];
    const end = begin();
    await bodies.pass(frame(79), never);
    bodies.noteAnswer(ANSWER);
    const held = bodies.pass(frame(79), never);
    end(null);
    expect([await held, await other.pass(frame(79), never), session.unanswered.since(), session.repeats]).toEqual([false, false, undefined, 2]);
    await expect.poll(() => other.pass(frame(79), never)).toBe(true);
  });

  it('lets what the browser has given up pass once where it arrives late, and what is sent after it', async () => {
    const bodies = await session.tunnel();
    session.submit(79)(null);
    session.submit(79);
    for (const may of [true, true, false]) {
      expect(await passOrGiveUp(bodies, frame(79))).toBe(may);
      bodies.noteAnswer(ANSWER);
    }
  });

  it('does not take what it held for what was sent after it came', async () => {
    const [bodies, other] = [await session.tunnel(), await session.tunnel()];
    const end = session.submit(79);
    await bodies.pass(frame(79), never);
    bodies.noteAnswer(ANSWER);
    const held = bodies.pass(frame(79), never);
    end(null);
    session.submit(79);
    expect([await held, await passOrGiveUp(other, frame(79)), await passOrGiveUp(await session.tunnel(), frame(79))]).toEqual([false, true, false]);
  });

  it('knows what was given up as long as something of it may wait to be looked at', async () => {
    const bodies = await session.tunnel();
    session.isHeld = true;
    const end = session.submit(79);
    await bodies.pass(frame(79), never);
    end(null);
    // Longer than the moment in which it would be forgotten.
    for (let look = 0; look < 10; look += 1) {
      bodies.noteAnswer(ANSWER);
      expect(await bodies.pass(frame(79), never)).toBe(false);
      await pause(30);
    }
    session.isHeld = false;
    await expect.poll(() => bodies.pass(frame(79), never)).toBe(true);
  });

  it('begins no part of a body in what opens a connection', async () => {
    session.submit(61);
    const bodies = await session.tunnel();
    bodies.noteAnswer(ANSWER);
    expect(await passOrGiveUp(bodies, frame(61))).toBe(true);
    bodies.noteAnswer(ANSWER);
    expect(await passOrGiveUp(bodies, frame(61))).toBe(false);
  });
});
