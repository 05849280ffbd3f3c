import { expect, test } from 'vitest';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import { RegionCircuit } from './region-circuit.ts';

test('a region counts as down after so many failures in a row, and is asked by one caller in a while', () => {
  const clock = new ManualClock();
  const turns: string[] = [];
  const circuit = new RegionCircuit({ failuresToOpen: 2, openMs: 1_000, clock, onTurn: (state) => turns.push(state) });
  circuit.failed();
  circuit.answered();
  circuit.failed();
  expect([circuit.isDown, circuit.mayAsk()]).toEqual([false, true]);
  circuit.failed();
  expect([circuit.isDown, circuit.mayAsk()]).toEqual([true, false]);
  clock.forward(1_000);
  expect([circuit.mayAsk(), circuit.mayAsk()]).toEqual([true, false]);
  circuit.failed();
  clock.forward(999);
  expect(circuit.mayAsk()).toBe(false);
  clock.forward(1);
  expect(circuit.mayAsk()).toBe(true);
  circuit.answered();
  expect([circuit.isDown, circuit.mayAsk(), circuit.mayAsk()]).toEqual([false, true, true]);
  expect(turns).toEqual(['down', 'up']);
});

test('a region that is down is asked again in time, where somebody has set the clock back', () => {
  const clock = new ManualClock();
  const circuit = new RegionCircuit({ failuresToOpen: 1, openMs: 1_000, clock, onTurn: () => undefined });
  circuit.failed();
  clock.setBack(3_600_000);
  clock.forward(999);
  expect(circuit.mayAsk()).toBe(false);
  clock.forward(1);
  expect(circuit.mayAsk()).toBe(true);
});
