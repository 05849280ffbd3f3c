import { afterAll, beforeAll, expect, it } from 'vitest';
import { runbookPages } from './pages.fixture.ts';
import { Reader } from './reader.fixture.ts';
import { endsWell, works } from './run-page.fixture.ts';
import { SITUATIONS } from './situations.fixture.ts';

const TIMEOUT_MS = 1_800_000;

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
}, TIMEOUT_MS);
afterAll(() => reader?.[Symbol.asyncDispose]());

/** What the last commands of a page tell whoever reads it. */
async function said(commands: readonly string[]): Promise<string> {
  let words = '';
  for (const command of commands) words += (await reader.run(command)).output;
  return words;
}

it('is of a page that is there, each', () => {
  const names = runbookPages.map(({ name }) => name);
  expect(Object.keys(SITUATIONS).filter((name) => !names.includes(name))).toEqual([]);
});

it.each(runbookPages.filter(({ name }) => name in SITUATIONS))(
  '$name: its commands work in its situation, and the last ones say that it is over',
  { timeout: TIMEOUT_MS },
  async ({ name, todo, over }) => {
    const { make, at = {}, mend, firstEnds, untilOver } = SITUATIONS[name] ?? expect.unreachable();
    await reader.takeLogin();
    await make(reader);
    for (const [i, command] of todo.entries()) {
      for (const [before, act] of Object.entries(at)) if (command.startsWith(before)) await act(reader);
      await works(reader, command, i === 0 ? firstEnds : undefined);
    }
    if (untilOver) expect(await said(over)).toMatch(untilOver);
    await mend?.(reader);
    for (const command of over) await endsWell(reader, command);
    if (untilOver) expect(await said(over)).not.toMatch(untilOver);
  },
);
