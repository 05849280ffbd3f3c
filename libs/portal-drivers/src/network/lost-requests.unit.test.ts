import { beforeEach, describe, expect, it } from 'vitest';
import type { TunnelRecords } from './tunnel-records.ts';
import { ANSWER, frame, never, OTHER, passOrGiveUp, PORTAL, SendingSession } from './sending-session.fixture.ts';

/** What a portal sends where it closes a connection. */
const FAREWELL = 24;
/** By HTTP/1.1 a request and its body fill one record, so long. */
const request = (bytes = 500): Buffer => frame(bytes);

let session: SendingSession;
beforeEach(() => {
  session = new SendingSession();
});

describe('LostRequests', () => {
  /** A request leaves in a tunnel that was used before. */
  async function leaves(): Promise<TunnelRecords> {
    const first = await session.tunnel();
    first.noteAnswer(ANSWER);
    expect(await passOrGiveUp(first, request())).toBe(true);
    return first;
  }

  it.each([
    ['nothing', 0],
    ['that it closes the connection', FAREWELL],
  ])('lets it pass once more in no other tunnel until it is answered: the portal said %s', async (_what, bytes) => {
    const answer = session.submit(79);
    const [first, open] = [await leaves(), await session.tunnel()];
    first.noteAnswer(bytes);
    first.gone();
    expect(await passOrGiveUp(open, request())).toBe(false);
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(false);
    expect(await passOrGiveUp(session.newTunnel(), Buffer.concat([frame(43), request()]))).toBe(false);
    expect(await passOrGiveUp(session.newTunnel(), request())).toBe(false);
    expect(await passOrGiveUp(await session.tunnel(), request(501))).toBe(true);
    expect(await passOrGiveUp(await session.tunnel(OTHER), request())).toBe(true);
    const held = open.pass(request(), never);
    answer();
    expect(await held).toBe(true);
  });

  it('ends it where no answer is heard of for a second, and makes no other tunnel', async () => {
    session.submit(79);
    const first = await leaves();
    first.gone();
    expect([await (await session.tunnel()).pass(request(), never), session.repeats, await session.unanswered.isLost(PORTAL)]).toEqual([false, 1, true]);
    expect([await (await session.tunnel()).pass(request(), never), session.repeats]).toEqual([false, 2]);
  });

  it('holds nothing that only looks like it: its tunnel is open, or it was answered, or nothing has no answer, or it left before', async () => {
    const before = await leaves();
    session.submit(79);
    before.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    await leaves();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    const answered = await leaves();
    answered.noteAnswer(ANSWER);
    answered.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    session.unanswered.clear();
    const other = await leaves();
    other.gone();
    session.submit(79);
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
  });

  it('takes what the portal sends right behind a handshake for no answer', async () => {
    const answer = session.submit(79);
    const fresh = session.newTunnel();
    await fresh.pass(Buffer.concat([frame(43), request()]), never);
    fresh.noteAnswer(ANSWER);
    fresh.gone();
    const open = await session.tunnel();
    expect(await passOrGiveUp(open, request())).toBe(false);
    const held = open.pass(request(), never);
    answer();
    expect(await held).toBe(true);
  });
});
