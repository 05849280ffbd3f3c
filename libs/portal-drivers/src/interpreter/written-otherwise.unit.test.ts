import { describe, expect, it } from 'vitest';
import { isWrittenOtherwise } from './written-otherwise.ts';

const PASSWORD = 'kT7&m<Q-x2Rw+9%eVbN';
const FORM = 'application/x-www-form-urlencoded';
const form = (values: Record<string, string>) => ({ url: 'https://portal.example/change', contentType: FORM, body: String(new URLSearchParams(values)) });
const BOUNDARY = '----WebKitFormBoundaryXyZ';
const parts = (value: string) => ({
  url: 'https://portal.example/change',
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  body: `--${BOUNDARY}\r\nContent-Disposition: form-data; name="new"\r\n\r\n${value}\r\n--${BOUNDARY}--\r\n`,
});
const json = (value: string) => ({ url: 'https://portal.example/api', contentType: 'application/json', body: JSON.stringify({ a: [{ new: value }], n: 4 }) });
const address = (value: string) => ({ url: `https://portal.example/change?${String(new URLSearchParams({ new: value }))}`, contentType: '', body: null });

const OTHERWISE = {
  'in small letters': PASSWORD.toLowerCase(),
  'in capitals': PASSWORD.toUpperCase(),
  'cut to eight': PASSWORD.slice(0, 8),
  'cut to four': PASSWORD.slice(0, 4),
  'without its signs': PASSWORD.replace(/[^A-Za-z0-9]/g, ''),
  'with entities': PASSWORD.replace('&', '&amp;').replace('<', '&#60;'),
  'between blanks': ` ${PASSWORD} `,
};

describe('a new password that a page writes otherwise', () => {
  it.each(Object.entries(OTHERWISE))('%s', (_, value) => {
    for (const written of [form({ old: 'something-else', new: value }), parts(value), json(value), address(value)])
      expect(isWrittenOtherwise(written, PASSWORD)).toBe(true);
  });

  it('also beside the same as it was typed: a portal may take either', () => {
    expect(isWrittenOtherwise(form({ new: PASSWORD.slice(0, 12), again: PASSWORD }), PASSWORD)).toBe(true);
  });

  it('composed of other letters than it was typed with', () => {
    expect(isWrittenOtherwise(form({ new: 'Ka\u0308se-2031-Br\u00f6t' }), 'K\u00e4se-2031-Br\u00f6t')).toBe(true);
  });
});

describe('what is no other writing', () => {
  it.each([
    ['as it was typed', PASSWORD],
    ['nothing', ''],
    ['another value', 'kT7'],
    ['a hash', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['as it was typed, and more', `${PASSWORD}!salt`],
  ])('%s', (_, value) => {
    for (const written of [form({ new: value }), parts(value), json(value), address(value)]) expect(isWrittenOtherwise(written, PASSWORD)).toBe(false);
  });

  it('the current password, though the new one begins with it or differs by a sign', () => {
    for (const current of [PASSWORD.slice(0, 12), PASSWORD.replace('&', '')]) {
      expect(isWrittenOtherwise(form({ old: current, new: PASSWORD }), PASSWORD)).toBe(true);
      expect(isWrittenOtherwise(form({ old: current, new: PASSWORD }), PASSWORD, [current, PASSWORD])).toBe(false);
    }
  });

  it('what is in an encoding that is not read here', () => {
    expect(isWrittenOtherwise({ ...form({}), body: 'new=K%E4se-2031-Brot' }, 'K\u00e4se-2031-Brot')).toBe(false);
  });

  it('a body that is no JSON though it begins like it, one that is too long, and none', () => {
    for (const body of ['{ new', `new=${PASSWORD.toLowerCase()}&x=${'x'.repeat(70_000)}`, null])
      expect(isWrittenOtherwise({ ...form({}), body }, PASSWORD)).toBe(false);
  });
});
