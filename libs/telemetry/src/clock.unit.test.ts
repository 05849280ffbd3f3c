import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock, withDeadline } from './clock.ts';

afterEach(() => vi.useRealTimers());

const never = () => new Promise<never>(() => {});
/** By the global timer, which a test may hold. */
const pass = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

describe('withDeadline', () => {
  it('gives the answer, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    await expect(withDeadline({ ms: 1000, what: 'It' }, async () => 7)).resolves.toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops waiting at the deadline and aborts the act, even one that does not listen', async () => {
    let seen: AbortSignal | undefined;
    const answer = withDeadline({ ms: 20, what: 'The read' }, (signal) => ((seen = signal), never()));
    await expect(answer).rejects.toMatchObject({ code: 'deadline_exceeded', message: 'The read took longer than 20 ms.' });
    expect(seen?.aborted).toBe(true);
  });

  it('tells a cancel from a deadline', async () => {
    const stop = new AbortController();
    const answer = withDeadline({ ms: 5000, what: 'It', signal: stop.signal }, never);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('does not start an act whose signal has aborted already', async () => {
    const act = vi.fn(never);
    await expect(withDeadline({ ms: 50, what: 'It', signal: AbortSignal.abort() }, act)).rejects.toMatchObject({ code: 'cancelled' });
    expect(act).not.toHaveBeenCalled();
  });

  it('passes the failure of the act on, thrown at once or later', async () => {
    const failure = new Error('broken');
    await expect(withDeadline({ ms: 50, what: 'It' }, () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(
      withDeadline({ ms: 50, what: 'It' }, () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
  });

  it('lets an act fail after the deadline without an unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    await expect(
      withDeadline({ ms: 5, what: 'It' }, async () => {
        await systemClock.sleep(20);
        throw new Error('late');
      }),
    ).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await systemClock.sleep(40);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('counts no wait that is outside of it, and all the rest', async () => {
    vi.useFakeTimers();
    const answer = withDeadline({ ms: 1000, what: 'It' }, async (_, outside) => {
      await pass(600);
      await outside(() => pass(60_000));
      await outside(() => pass(60_000));
      await pass(399);
      return 'in time';
    });
    await vi.advanceTimersByTimeAsync(120_999);
    await expect(answer).resolves.toBe('in time');
    const late = withDeadline({ ms: 1000, what: 'It' }, async (_, outside) => {
      await pass(600);
      await outside(() => pass(60_000));
      return never();
    });
    const refused = expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await vi.advanceTimersByTimeAsync(61_001);
    await refused;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a wait outside of it with its caller’s signal, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const answer = withDeadline({ ms: 1000, what: 'It', signal: stop.signal }, (_, outside) => outside(() => pass(60_000)));
    const refused = expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    stop.abort();
    await refused;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds a deadline longer than a 31-bit timer', async () => {
    await expect(withDeadline({ ms: 2 ** 40, what: 'It' }, () => systemClock.sleep(15).then(() => 'done'))).resolves.toBe('done');
  });
});

describe('systemClock.sleep', () => {
  it('waits, and stops at once when cancelled', async () => {
    await systemClock.sleep(1);
    const stop = new AbortController();
    const asleep = systemClock.sleep(60_000, stop.signal);
    stop.abort();
    await expect(asleep).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([2 ** 31 + 5, 60 * 24 * 3600 * 1000])('does not turn a wait of %d ms into none', async (ms) => {
    const stop = new AbortController();
    const asleep = systemClock.sleep(ms, stop.signal).then(
      () => 'woke',
      () => 'cancelled',
    );
    await systemClock.sleep(60);
    stop.abort();
    await expect(asleep).resolves.toBe('cancelled');
  });
});
