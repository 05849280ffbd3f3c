import { processError } from 'vitest/internal/browser';
import { expect, it } from 'vitest';
import { failureInWords, type TestError } from './failure-in-words.ts';

/** A failed expectation as a reporter gets it. */
function failing(expectation: () => void): TestError {
  try {
    expectation();
  } catch (error) {
    return processError(error);
  }
  throw new Error('The expectation held.');
}

it('says what was in a list that should have been empty', () => {
  const error = failing(() => expect(['agent of mercy: read: TimeoutError, not denied']).toEqual([]));
  expect(failureInWords([error])).toMatch(/^expected \[ .* \] to deeply equal \[\]: .*agent of mercy: read: TimeoutError, not denied/);
});

it('says what differs and not what is the same, on one line, without colours', () => {
  const said = failureInWords([failing(() => expect({ same: 'as before', tasks: 2, locked: 1 }).toEqual({ same: 'as before', tasks: 2, locked: 0 }))]);
  expect(said).toMatch(/^expected .* to deeply equal .*: - "locked": 0, \+ "locked": 1,$/);
  expect(said).not.toMatch(/Expected|Received|\n|\u001B/);
});

it('says the message alone where nothing was compared', () => {
  expect(failureInWords([failing(() => expect.unreachable('came here'))])).toBe('expected "came here" not to be reached');
  expect(failureInWords([{ message: ' two\n  lines ' }, { message: 'a second' }])).toBe('two lines');
  expect(failureInWords([])).toBe('');
});

it('fits the end of a log, however long message and difference are', () => {
  const long = failureInWords([{ message: 'm'.repeat(10_000), diff: `+ ${'d'.repeat(10_000)}` }]);
  expect(long).toBe(`${'m'.repeat(400)}…: + ${'d'.repeat(398)}…`);
});
