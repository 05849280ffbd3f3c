import { endOfCode, type Recipe, readRecipeFile } from '@rcm/portal-drivers';
import { isLongForm } from '@rcm/test-services';
import { expect, it } from 'vitest';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment } from '../testing.fixture.ts';
import { answersDuring, askedLogin } from './person-answers.fixture.ts';

const HOUR_MS = 3_600_000;

const kinds = [
  ['for half a day, and are asked for by the change, too, takes it once', { hours: 12 }, { dayCodes: 'sent_once', changeAsksCode: true }, 1],
  ['for one login or change takes it three times', undefined, { dayCodes: 'none', changeAsksCode: true }, 3],
  ['for half a day takes a person’s answer once', { hours: 12 }, { dayCodes: 'sent_again' }, 1],
  ['for one login takes it at each login', undefined, { dayCodes: 'none' }, 2],
] as const;
it.each(isLongForm() ? kinds : kinds.slice(0, 2))('a rotation at a portal whose codes are good %s', async (_, valid, habits, answers) => {
  const { codes, ...rest }: Recipe = await readRecipeFile('borealis-day-codes');
  const recipe = valid ? { ...rest, codes: { ...codes, valid } } : rest;
  const opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200, recipe } });
  const { portals } = opened.testEnvironment;
  await portals.setHabits('borealis', habits);
  // The portal's own day does not end meanwhile.
  const now = await portals.now();
  await portals.advance(endOfCode({ day: 'America/New_York' }, now).getTime() + HOUR_MS - now.getTime());
  const endpoint = await askedLogin(opened.testEnvironment);
  const { username, password } = endpoint;
  await portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true });

  const rotating = opened.rotate(endpoint.id, opened.patient);
  const code = async () => (await portals.sentCodes(endpoint)).at(-1)?.code ?? '';
  expect(await answersDuring(opened.testEnvironment, endpoint, { going: rotating, code })).toBe(answers);
  expect(resultOf(await rotating)).toBe('done');
  const { loginsAccepted, loginsRejected, passwordsChanged, locked } = await portals.account('borealis', username);
  expect({ loginsAccepted, loginsRejected, passwordsChanged, locked }).toEqual({ loginsAccepted: 2, loginsRejected: 0, passwordsChanged: 1, locked: false });
  expect(await opened.testEnvironment.portalAcceptsStore(endpoint.id)).toBe(true);
  await opened.close();
});
