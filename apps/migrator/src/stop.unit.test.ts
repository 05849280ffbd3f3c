import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { stopOnSignals } from './stop.ts';

afterEach(() => vi.useRealTimers());

describe('stopOnSignals', () => {
  it('first asks to take nothing new, then gives up after the grace', () => {
    vi.useFakeTimers();
    const events = new EventEmitter();
    const stop = stopOnSignals(events);
    events.emit('SIGTERM');
    expect([stop.stopping.aborted, stop.giveUp.aborted]).toEqual([true, false]);
    vi.advanceTimersByTime(30_000);
    expect(stop.giveUp.aborted).toBe(true);
    stop.dispose();
  });

  it('begins in another way as by a signal, once', () => {
    vi.useFakeTimers();
    const events = new EventEmitter();
    const stop = stopOnSignals(events);
    stop.begin();
    stop.begin();
    expect([stop.stopping.aborted, stop.giveUp.aborted, vi.getTimerCount()]).toEqual([true, false, 1]);
    // Whoever is at the terminal may still give it up.
    events.emit('SIGTERM');
    expect(stop.giveUp.aborted).toBe(true);
    stop.dispose();
  });

  it('gives up at the second signal', () => {
    const events = new EventEmitter();
    const stop = stopOnSignals(events);
    events.emit('SIGINT');
    events.emit('SIGINT');
    expect(stop.giveUp.aborted).toBe(true);
    stop.dispose();
  });

  it('leaves no listener and no timer behind', () => {
    vi.useFakeTimers();
    const events = new EventEmitter();
    const stop = stopOnSignals(events);
    events.emit('SIGTERM');
    stop.dispose();
    expect([events.listenerCount('SIGTERM'), events.listenerCount('SIGINT'), vi.getTimerCount()]).toEqual([0, 0, 0]);
  });
});
