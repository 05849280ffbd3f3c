import { pauseRotations, requestRotation, resumeRotations } from '@rcm/db/rotation';
import { createMetrics, type Metrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { rotateOnDemand, takeUpLeftRequests } from './asked.ts';

let opened: RotatorEnvironment;
let metrics: Metrics;
const PERSON = { actor: 'person:os:jane@host', reason: 'seen in a mail' };
const { signal } = new AbortController();
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine', 'alpine'] })));
afterAll(() => opened?.close());
beforeEach(() => void (metrics = createMetrics()));

const rotator = () => ({ ...opened.patient, metrics });
const rotated = (endpointId: string) => rotateOnDemand({ rotator: rotator(), db: opened.patient.db }, { endpointId, kind: 'demand', ...PERSON }, signal);

/** How many were counted, by how they went on. */
const counted = async () =>
  Object.fromEntries(
    [...(await metrics.exposition()).matchAll(/^rcm_rotations_total\{result="(\w+)"\} ([1-9]\d*)$/gm)].map(([, result, count]) => [result, Number(count)]),
  );

it('a rotation that a person asks for is counted as it went on, also where it does not begin', async () => {
  expect((await rotated('alpine-1')).result).toBe('done');
  expect(await counted()).toEqual({ done: 1 });
  await pauseRotations(opened.patient.db, { scope: { kind: 'all' }, ...PERSON });
  expect((await rotated('alpine-1')).result).toBe('not_started');
  await resumeRotations(opened.patient.db, { scope: { kind: 'all' }, ...PERSON });
  expect(await counted()).toEqual({ done: 1, not_started: 1 });
  expect(await metrics.exposition()).toMatch(/^rcm_rotation_seconds_count\{result="done"\} 1$/m);
});

it('so is one that a rotator takes up since its command had ended, and people are told where it fails', async () => {
  const left = async (endpointId: string) => {
    const { orgId } = opened.testEnvironment.endpoint(endpointId);
    const { requestId } = await requestRotation(opened.patient.db, { orgId, endpointId, kind: 'demand', ...PERSON });
    await opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - interval '10 minutes' WHERE id = $1`, [requestId]);
    await takeUpLeftRequests(rotator(), { limit: 10, pauseMs: 0, signal });
  };
  await left('alpine-2');
  expect(await counted()).toEqual({ done: 1 });
  expect((await alarmsTold(metrics, 'rotator')).prometheus).toEqual([]);
  await opened.sql(`UPDATE portal_type SET password_rules = '{"minLength": 40, "maxLength": 8}' WHERE code = 'alpine'`, []);
  await left('alpine-3');
  expect(await counted()).toEqual({ done: 1, failed: 1 });
  expect((await alarmsTold(metrics, 'rotator')).prometheus).toEqual(['rcm-rotation-failed']);
});
