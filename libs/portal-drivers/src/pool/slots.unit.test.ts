import { hasCode } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { createSlots } from './slots.ts';

const never = (): AbortSignal => new AbortController().signal;

describe('createSlots', () => {
  it('gives places in the order of arrival, each back once', async () => {
    const slots = createSlots({ size: 1, maxWaiting: 2, waitMs: 1_000 });
    const order: string[] = [];
    const first = await slots.take(never());
    const second = slots.take(never()).then((back) => (order.push('second'), back));
    const third = slots.take(never()).then((back) => (order.push('third'), back));
    first();
    first();
    (await second)();
    (await third)();
    expect(order).toEqual(['second', 'third']);
  });

  it('refuses who comes when the queue is full, who waits too long, who is aborted, and all when closed', async () => {
    const slots = createSlots({ size: 1, maxWaiting: 1, waitMs: 30 });
    await slots.take(never());
    const late = slots.take(never());
    await expect(slots.take(never())).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
    await expect(late).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
    const stop = new AbortController();
    const stopped = slots.take(stop.signal);
    stop.abort();
    await expect(stopped).rejects.toSatisfy((error) => hasCode(error, 'cancelled'));
    const waiting = slots.take(never());
    slots.close();
    await expect(waiting).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
  });
});
