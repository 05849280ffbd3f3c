/**
 * A rotator process of the matrix: the product's own services from the product's own configuration, and an order over IPC. It
 * differs from the product's process in one thing: it can be told where to die or to stop.
 */
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { requestRotation } from '@rcm/db/rotation';
import { mendWanted, openRotator, readRotatorConfig, rotateAndReport, type Rotator } from '@rcm/rotator';
import type { Act } from '../cells/crash-point.ts';
import type { Order, OrderEnd } from './order.ts';
import { createInjector } from './injector.ts';
import { faultyDrivers } from './faulty-drivers.ts';
import { type StagedPassword, faultyStores } from './faulty-stores.ts';

const PAUSE_MS = 250;
const ENDED: ReadonlySet<string> = new Set(['done', 'abandoned', 'blocked', 'not_started']);

const opened = openRotator(readRotatorConfig(process.env));
const stop = new AbortController();
// Otherwise it is written at the end of a process, which one that is killed does not have.
flushCompileCache();

async function carryOut(order: Order): Promise<OrderEnd> {
  if (order.reason === 'mend') return mend(order);
  const injector = createInjector(order.fault);
  const staged: StagedPassword = { value: null };
  const rotator: Rotator = {
    ...opened.rotator,
    stores: faultyStores(opened.rotator.stores, injector, staged),
    drivers: faultyDrivers(opened.rotator.drivers, injector, staged),
    onJournalWrite: (write, when) => injector.at(`journal:${write}` as Act, when),
  };
  const asked = order.reason === 'demand' ? await requested(order) : {};
  for (;;) {
    const { endpointId, result, detail } = await rotateAndReport(rotator, {
      ...{ orgId: order.orgId, endpointId: order.endpointId, reason: order.reason, signal: stop.signal },
      ...asked,
    });
    if (ENDED.has(result) || stop.signal.aborted) return { endpointId, result, detail };
    await delay(PAUSE_MS);
  }
}

const requested = ({ orgId, endpointId }: Order): Promise<{ readonly requestId: string }> =>
  requestRotation(opened.db, { orgId, endpointId, kind: 'demand', actor: 'person:os:matrix', reason: 'crash matrix' });

/** Rounds are taken one after the other, as the service takes them. */
let lastRound: Promise<void> = Promise.resolve();

async function mend({ endpointId }: Order): Promise<OrderEnd> {
  const round = lastRound.then(() => mendWanted(opened.rotator, { limit: 100, pauseMs: PAUSE_MS, signal: stop.signal }));
  lastRound = round.catch(() => undefined);
  const detail = await round.then(
    () => null,
    (error: unknown) => String(error),
  );
  return { endpointId, result: detail === null ? 'mended' : 'failed', detail };
}

process.on('message', (order: Order) => void carryOut(order).then((end) => process.send?.(end)));
process.once('disconnect', () => {
  stop.abort();
  void opened.close().finally(() => process.exit(0));
});
