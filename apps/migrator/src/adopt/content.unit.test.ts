import { Secret } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import { adoptedPrint, contentOf } from './content.ts';
import type { Mapping, Role } from './mapping.ts';
import type { Cells } from './rows.ts';

const cells = (of: Record<string, string | null>): Cells => new Map(Object.entries(of) as [Role, string | null][]);
const json = { credentials: { column: 'C' } } as Mapping;
const at = (path: string) => ({ credentials: { column: 'C', path } }) as Mapping;
const columns = { credentials: { columns: { username: 'U', password: 'P', mfa_seed: 'S' } }, config: { note: 'N' } } as unknown as Mapping;

describe('a login that lies in a column', () => {
  test.each([
    [json, '{"username":"u","n":12345678901234567890}', '{"credentials":{"username":"u","n":12345678901234567890}}'],
    [json, '"user:password"', '{"credentials":"user:password"}'],
    [at('a.b'), '{"a":{"b":{"p":1}},"c":2}', '{"credentials":{"p":1}}'],
    [at('a.b'), '{"a":{}}', '{}'],
    [at('a.b'), '{"a":null}', '{}'],
    [at('__proto__.x'), '{"a":{}}', '{}'],
    [json, '{"__proto__":{"polluted":1}}', '{"credentials":{"__proto__":{"polluted":1}}}'],
    [json, 'null', '{}'],
    [json, '', '{}'],
    [json, null, '{}'],
  ])('%#: is taken as it is', (mapping, credentials, config) => {
    expect(contentOf(cells({ credentials }), mapping)).toMatchObject({ config, unfit: [], hasLogin: config !== '{}' });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each([
    [json, '{', 'not_json'],
    [json, 'hunter2', 'not_json'],
    [at('a'), '[1]', 'not_json'],
    [at('a.b'), '{"a":"hunter2"}', 'not_json'],
    [at('a.b.c'), '{"a":{"b":[]}}', 'not_json'],
    [json, '{"p":1e400}', 'number_form'],
    [json, '[{"p":1e21}]', 'number_form'],
    [json, '{"p":"\\u0000"}', 'not_text'],
    [json, '{"p\\ud800":"x"}', 'not_text'],
    [json, `"${'x'.repeat(70_000)}"`, 'too_long'],
  ])('%#: is refused', (mapping, credentials, why) => {
    const content = contentOf(cells({ credentials }), mapping);
    expect(content).toMatchObject({ config: '{}', unfit: [{ role: 'credentials', why }] });
    expect(JSON.stringify(content)).not.toContain('hunter2');
  });
});

test('a login in columns has those that are there, as text', () => {
  const row = { 'credentials.username': '007', 'credentials.password': ' p ', 'credentials.mfa_seed': '', 'config.note': 'n' };
  expect(contentOf(cells(row), columns)).toMatchObject({ config: '{"note":"n","credentials":{"username":"007","password":" p "}}', hasLogin: true });
  expect(contentOf(cells({ 'credentials.password': 'a\0b' }), columns)).toMatchObject({ unfit: [{ role: 'credentials.password', why: 'not_text' }] });
  expect(contentOf(cells({}), columns)).toEqual({ config: '{}', unfit: [], hasLogin: false });
});

test('a fingerprint is of the row, its address and what it holds, whatever the order of its fields', () => {
  const key = { id: '1', secret: new Secret('k'.repeat(40)) };
  const print = (content: { sourceId?: string; baseUrl?: string; config?: string }, source = 'crm', keys = [key]) =>
    adoptedPrint(
      keys,
      source,
    )({ sourceId: 'a', baseUrl: 'https://a.example/', ...content, config: new Secret(content.config ?? '{"a":1,"b":{"c":2,"d":3}}') })[0];
  expect(print({})).toMatch(/^1:[0-9a-f]{64}$/);
  expect(print({ config: '{"b": {"d": 3, "c": 2}, "a": 1}' })).toBe(print({}));
  const others = [
    print({ sourceId: 'b' }),
    print({ baseUrl: 'https://a.example/x' }),
    print({ config: '{"a":2}' }),
    print({}, 'erp'),
    print({}, 'crm', [{ ...key, secret: new Secret('l'.repeat(40)) }]),
  ];
  expect(new Set([print({}), ...others]).size).toBe(6);
});
