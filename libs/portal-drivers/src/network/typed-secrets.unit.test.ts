import { Secret } from '@rcm/telemetry';
import { beforeEach, expect, it } from 'vitest';
import { createSecretMask } from '../secret-mask.ts';
import { MOST_LETTERS, TypedSecrets } from './typed-secrets.ts';

const maskOf = (...values: string[]) => createSecretMask(values.map((value) => new Secret(value)));

let secrets: TypedSecrets;
beforeEach(() => {
  secrets = new TypedSecrets();
});

it('knows none before one is given', () => {
  expect([secrets.inAct, secrets.inSession, secrets.ofActMayBeIn(['user-one']), secrets.anyMayBeIn(['user-one'])]).toEqual([false, false, false, false]);
});

it('knows those of an act as they are typed, and after the act as those of the session', () => {
  secrets.noteTyped(maskOf('user-one'));
  secrets.noteTyped(maskOf('user-one', 'pass-one'));
  expect([secrets.inAct, secrets.inSession]).toEqual([true, true]);
  expect([secrets.ofActMayBeIn(['x', 'q=pass-one']), secrets.anyMayBeIn(['q=pass-one'])]).toEqual([true, true]);
  secrets.endAct();
  expect([secrets.inAct, secrets.inSession, secrets.ofActMayBeIn(['q=pass-one'])]).toEqual([false, true, false]);
  secrets.noteTyped(maskOf('pass-two'));
  secrets.noteTyped(maskOf('pass-two', 'code-two'));
  expect(['user-one', 'pass-one', 'code-two', 'other'].map((text) => secrets.anyMayBeIn([text]))).toEqual([true, true, true, false]);
  expect(['user-one', 'code-two'].map((text) => secrets.ofActMayBeIn([text]))).toEqual([false, true]);
});

it('keeps what the browser was given, whatever is typed then', () => {
  secrets.noteGiven(maskOf('device-one'));
  expect([secrets.inAct, secrets.inSession]).toEqual([false, true]);
  secrets.noteTyped(maskOf('user-one'));
  secrets.noteGiven(maskOf('device-two'));
  secrets.noteTyped(maskOf('user-one', 'pass-one'));
  expect(['device-one', 'device-two', 'pass-one'].map((text) => secrets.anyMayBeIn([text]))).toEqual([true, true, true]);
  expect(secrets.ofActMayBeIn(['device-one'])).toBe(false);
});

it('does not look through what is longer than browsers send: anything could be in it', () => {
  secrets.noteTyped(maskOf('pass-one'));
  const half = 'x'.repeat(MOST_LETTERS / 2);
  expect([secrets.ofActMayBeIn([half, half]), secrets.anyMayBeIn([half, half])]).toEqual([false, false]);
  expect([secrets.ofActMayBeIn([half, half, 'x']), secrets.anyMayBeIn([half, half, 'x'])]).toEqual([true, true]);
});

it('takes every text for one that could hold something after too many acts', () => {
  for (let act = 1; act <= 20; act += 1) {
    secrets.endAct();
    secrets.noteTyped(maskOf(`pass-${act}-`));
  }
  expect(secrets.anyMayBeIn(['other'])).toBe(false);
  secrets.endAct();
  secrets.noteTyped(maskOf('pass-21-'));
  expect(secrets.anyMayBeIn(['other'])).toBe(true);
});
