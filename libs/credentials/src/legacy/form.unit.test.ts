import { expect, it } from 'vitest';
import { type Form, matches } from './form.ts';
import { readLogin } from './read-login.ts';
import { vocabularyOf } from './vocabulary.ts';

const USER: Form = { field: 'username' };
const PASSWORD: Form = { field: 'password' };
const PAYLOAD = { username: 'jane', password: 'p w', digits: '012' };

it.each<[string, Form, unknown, boolean]>([
  ['a list of the same length', { list: [USER, PASSWORD] }, ['jane', 'p w'], true],
  ['a longer list', { list: [USER] }, ['jane', 'p w'], false],
  ['a shorter list', { list: [USER, { is: null }] }, ['jane'], false],
  ['another order', { list: [USER, PASSWORD] }, ['p w', 'jane'], false],
  ['no list', { list: [] }, {}, false],
  ['an object with the same fields', { object: { user: USER } }, { user: 'jane' }, true],
  ['an object with a field more', { object: { user: USER } }, { user: 'jane', note: 'x' }, false],
  ['an object without a field', { object: { user: USER } }, {}, false],
  ['an object with another field in its place', { object: { note: { field: 'none' } } }, { other: undefined }, false],
  ['no object', { object: {} }, [], false],
  ['a field that is not there', USER, undefined, false],
  ['a number by its digits', { field: 'digits', number: true }, 12, false],
  ['a text of JSON', { json: { object: { user: USER } } }, '{"user":"jane"}', true],
  ['a text of JSON that is another', { json: { object: { user: USER } } }, '{"user":"joan"}', false],
  ['a text that is no JSON', { json: { is: null } }, 'jane', false],
  ['no text', { json: { object: {} } }, {}, false],
  ['a constant, whatever the order of its fields', { is: { a: 1, b: 2 } }, { b: 2, a: 1 }, true],
  ['another constant', { is: 1 }, 2, false],
])('a row is compared to the last field: %s', (_what, form, legacy, same) => {
  expect(matches(form, PAYLOAD, legacy)).toBe(same);
});

it('lets a field hold what it likes, at any depth, but not be gone', () => {
  const form: Form = { json: { list: [{ object: { user: USER, password: PASSWORD } }] } };
  const row = (password: string) => `[{"user":"jane"${password}}]`;
  expect(matches(form, PAYLOAD, row(',"password":"new"'))).toBe(false);
  expect(matches(form, PAYLOAD, row(',"password":"new"'), new Set(['password']))).toBe(true);
  expect(matches(form, PAYLOAD, row(''), new Set(['password']))).toBe(false);
});

it('looks into an object under a name that usually is a user’s', () => {
  const read = (user: unknown) => readLogin({ user, note: 'x' }, vocabularyOf());
  expect(read({ login: 'jane', pass: 'p w' })).toMatchObject({ is: 'login', payload: { username: 'jane', password: 'p w' } });
  expect(read({})).toMatchObject({ is: 'unusable', why: 'the credentials have no username and no password' });
});
