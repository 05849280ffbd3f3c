import { expect, test } from 'vitest';
import { Homes } from './homes.ts';

const account = (changes: number, username = 'user') => ({ username, changes });

test('a password that lies nowhere any more is remembered where it lay last', () => {
  const homes = new Homes<string>();
  homes.see(account(1), ['one', 'two']);
  homes.see(account(1), ['two']);
  homes.see(account(1), []);
  expect(['one', 'two'].filter((home) => homes.has(account(1), home))).toEqual(['two']);
});

test('where the last password lay says nothing of the next one, nor of another account', () => {
  const homes = new Homes<string>();
  homes.see(account(1), ['one']);
  expect(homes.has(account(2), 'one')).toBe(false);
  expect(homes.has(account(1, 'other'), 'one')).toBe(false);
  homes.see(account(2), []);
  expect(homes.has(account(1), 'one')).toBe(false);
});
