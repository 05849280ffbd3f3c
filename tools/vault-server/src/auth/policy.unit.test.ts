import { describe, expect, it } from 'vitest';
import { capabilitiesAt, type Capability, parsePolicy, type Rule } from './policy.ts';

const rule = (pattern: string, ...capabilities: Capability[]): Rule => ({ pattern, capabilities });

describe('what a policy allows at a path', () => {
  it.each<[string, string, boolean]>([
    ['kv/data/a', 'kv/data/a', true],
    ['kv/data/a', 'kv/data/a/b', false],
    ['kv/data/a*', 'kv/data/ab/c', true],
    ['kv/data/a/*', 'kv/data/a', false],
    ['kv/data/a/*', 'kv/data/a/', true],
    ['kv/data/+/c', 'kv/data/b/c', true],
    ['kv/data/+/c', 'kv/data/b/x/c', false],
    ['kv/data/+/c*', 'kv/data/b/cd', true],
    ['kv/data/a.b', 'kv/data/axb', false],
    ['*', 'anything/at/all', true],
  ])('%s on %s: %s', (pattern, path, allowed) => {
    expect(capabilitiesAt(path, [rule(pattern, 'read')]).has('read')).toBe(allowed);
  });

  it('is decided by the most specific pattern alone', () => {
    const rules = [rule('kv/*', 'read', 'list'), rule('kv/data/a/*', 'update'), rule('kv/data/+/b', 'delete'), rule('kv/data/a/b', 'create')];
    expect([...capabilitiesAt('kv/data/a/b', rules)]).toEqual(['create']);
    expect([...capabilitiesAt('kv/data/a/c', rules)]).toEqual(['update']);
    expect([...capabilitiesAt('kv/data/x/b', rules)]).toEqual(['delete']);
    expect([...capabilitiesAt('kv/data/x/c', rules)]).toEqual(['read', 'list']);
  });

  it('adds up for one pattern, and is nothing where one of them denies', () => {
    expect([...capabilitiesAt('a', [rule('a', 'read'), rule('a', 'list')])]).toEqual(['read', 'list']);
    expect([...capabilitiesAt('a', [rule('a', 'read'), rule('a', 'deny')])]).toEqual([]);
    expect([...capabilitiesAt('a', [])]).toEqual([]);
  });

  it.each(['', 'path "kv/*" { capabilities = ["read"] }', '[]', '{"path":{"a":{}}}', '{"path":7}'])('cannot be read out of %s', (document) => {
    expect(() => parsePolicy(document)).toThrow('failed to parse policy');
  });
});
