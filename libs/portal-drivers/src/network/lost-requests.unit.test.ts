import { beforeEach, describe, expect, it } from 'vitest';
import type { TunnelRecords } from './tunnel-records.ts';
import { ANSWER, frame, never, OTHER, passOrGiveUp, PORTAL, SendingSession } from './sending-session.fixture.ts';

/** What a portal sends where it closes a connection. */
const FAREWELL = 24;
/** By HTTP/1.1 a request and its body fill one record, so long. */
const request = (bytes = 500): Buffer => frame(bytes);
/** So many bytes are in that: it has no frame of HTTP/2. */
const FIRST_BYTES = 509;

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

  it.each([
    ['408 or 421', [ANSWER]],
    ['408 or 421 in parts', [FAREWELL, ANSWER]],
    // Such a request may have no answer yet: its first answer ends the handshake.
    ['what ends a handshake', [ANSWER]],
  ])('knows what the browser sends again all the same, where the portal answers %s', async (what, answers) => {
    const answer = session.submit(79, { firstBytes: FIRST_BYTES });
    const used = what === 'what ends a handshake' ? session.newTunnel() : await leaves();
    if (what === 'what ends a handshake') await used.pass(Buffer.concat([frame(43), request()]), never);
    for (const bytes of answers) used.noteAnswer(bytes);
    used.gone();
    const open = await session.tunnel();
    expect(await passOrGiveUp(open, request())).toBe(false);
    const held = open.pass(request(), never);
    answer();
    expect(await held).toBe(true);
  });

  it('holds nothing that is answered beside it, and shorter', async () => {
    session.submit(79, { firstBytes: FIRST_BYTES + 2 });
    const other = await leaves();
    other.noteAnswer(ANSWER);
    other.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
  });

  it('knows it whatever else ends meanwhile: a tunnel to another host, or an older one in which something as long left', async () => {
    const older = await leaves();
    session.submit(79);
    const first = await leaves();
    const other = await session.tunnel(OTHER);
    await passOrGiveUp(other, request());
    for (const one of [first, other, older]) one.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(false);
  });

  it('holds nothing that only looks like it: its tunnel is open, or something left there since, or nothing has no answer, or it left before', async () => {
    const before = await leaves();
    session.submit(79, { firstBytes: FIRST_BYTES });
    before.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    await leaves();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    const answered = await leaves();
    answered.noteAnswer(ANSWER);
    await passOrGiveUp(answered, request(600));
    answered.gone();
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
    session.unanswered.clear();
    const other = await leaves();
    other.gone();
    session.submit(79, { firstBytes: FIRST_BYTES });
    expect(await passOrGiveUp(await session.tunnel(), request())).toBe(true);
  });
});
