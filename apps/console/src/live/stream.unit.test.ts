import { expect, test } from 'vitest';
import { EventStream } from './stream.ts';

const open = () =>
  new EventStream({
    handle: crypto.randomUUID(),
    roles: { 'hospital-1': ['operator'] },
    watch: { what: new Set(['task']), orgId: 'hospital-1', endpointId: null },
  });

test('for a browser that takes nothing little is kept, and at the second beat it is left', () => {
  const stream = open();
  stream.body.read();
  for (let i = 0; i < 10_000; i += 1) stream.tell(['task']);
  expect(stream.body.readableLength).toBeLessThanOrEqual(1_024);
  stream.body.read();
  stream.beat();
  expect([stream.body.readableLength, stream.body.destroyed]).toEqual([3, false]);
  stream.beat();
  expect(stream.body.destroyed).toBe(true);
  stream.tell(['task']);
  stream.over();
});

test('is of whoever is what its person was, and of nobody else', () => {
  const stream = open();
  expect([{ 'hospital-1': ['operator'] }, { 'hospital-1': ['viewer'] }, { '*': ['operator'] }, {}, undefined].map((roles) => stream.isOf(roles))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('ends once, whatever is told afterwards', () => {
  const stream = open();
  stream.over();
  stream.tell(['task']);
  stream.beat();
  stream.end();
  expect(String(stream.body.read())).toMatch(/^retry: \d+\n\nevent: over\ndata:\n\n$/);
});
