/**
 * A rotator process of the matrix: the product's own services from the product's own configuration, and an order over IPC. It
 * differs from the product's process in one thing: it can be told where to die.
 */
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { openRotator, readRotatorConfig, rotateAndReport, type Rotator } from '@rcm/rotator';
import type { Act } from '../cells/moment.ts';
import type { Order, OrderEnd } from './order.ts';
import { createStrike } from './strike.ts';
import { struckDrivers } from './struck-drivers.ts';
import { type StagedPassword, struckStores } from './struck-stores.ts';

const PAUSE_MS = 100;
const SETTLED: ReadonlySet<string> = new Set(['done', 'abandoned', 'blocked', 'not_started']);

const opened = openRotator(readRotatorConfig(process.env));
const stop = new AbortController();
// Otherwise it is written at the end of a process, which a struck one does not have.
flushCompileCache();

async function carryOut(order: Order): Promise<OrderEnd> {
  const strike = createStrike(order.strike, order.markFile);
  const staged: StagedPassword = { value: null };
  const rotator: Rotator = {
    ...opened.rotator,
    stores: struckStores(opened.rotator.stores, strike, staged),
    drivers: struckDrivers(opened.rotator.drivers, strike, staged),
    onJournalWrite: (write, when) => strike.at(`journal:${write}` as Act, when),
  };
  for (;;) {
    const { endpointId, result, detail } = await rotateAndReport(rotator, {
      orgId: order.orgId,
      endpointId: order.endpointId,
      reason: order.reason,
      signal: stop.signal,
    });
    if (SETTLED.has(result) || stop.signal.aborted) return { endpointId, result, detail };
    await delay(PAUSE_MS);
  }
}

process.on('message', (order: Order) => void carryOut(order).then((end) => process.send?.(end)));
process.once('disconnect', () => {
  stop.abort();
  void opened.close().finally(() => process.exit(0));
});
