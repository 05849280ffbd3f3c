import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFirstTold, runbookPages } from './pages.fixture.ts';
import { Reader } from './reader.fixture.ts';
import { endsWell, works } from './run-page.fixture.ts';
import { SITUATIONS } from './situations.fixture.ts';

const TIMEOUT_MS = 1_800_000;

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
}, TIMEOUT_MS);
afterAll(() => reader?.[Symbol.asyncDispose]());

it('every page ends with how one knows that it is over, by a command', () => {
  expect(runbookPages.length).toBeGreaterThan(15);
  expect(runbookPages.filter(({ over }) => over.length === 0)).toEqual([]);
});

it.each(runbookPages.filter(({ name }) => !(name in SITUATIONS)))(
  `$name: its commands work, and the last ones say that all is well${isLongForm() ? '' : ' (what several pages tell, in the first of them; in each in the long form)'}`,
  { timeout: TIMEOUT_MS },
  async (page) => {
    await reader.takeLogin();
    for (const command of page.todo) if (isLongForm() || isFirstTold(page, 'todo', command)) await works(reader, command);
    for (const command of page.over) if (isLongForm() || isFirstTold(page, 'over', command)) await endsWell(reader, command);
  },
);
