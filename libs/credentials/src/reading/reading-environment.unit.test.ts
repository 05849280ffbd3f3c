import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readingEnvironment, readingNumbers } from './reading-environment.ts';
import { checkedNumbers, READING_BOUNDS } from './reading-numbers.ts';

const schema = z.object(readingEnvironment);

test('an empty environment gives the defaults', () => {
  expect(readingNumbers(schema.parse({}))).toEqual(checkedNumbers({}));
});

test('each number can be set by its own variable', () => {
  const names = Object.keys(READING_BOUNDS) as (keyof typeof READING_BOUNDS)[];
  for (const name of names) {
    const variable = `RCM_CREDENTIALS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const value = READING_BOUNDS[name].most;
    expect(readingNumbers(schema.parse({ [variable]: String(value) })), variable).toEqual({ ...checkedNumbers({}), [name]: value });
    expect(schema.safeParse({ [variable]: String(value + 1) }).success, variable).toBe(false);
  }
  expect(Object.keys(readingEnvironment)).toHaveLength(names.length);
});

test('the guide names every variable with its default', () => {
  const guide = readFileSync(new URL('../../../../docs/reading.md', import.meta.url), 'utf8');
  const cells = guide.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  for (const [variable, schemaOfOne] of Object.entries(readingEnvironment))
    expect(cells.find(([, name]) => name === `\`${variable}\``)?.[2], variable).toBe(String(schemaOfOne.parse(undefined)));
});
