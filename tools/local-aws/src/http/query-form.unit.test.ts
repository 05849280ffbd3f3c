import { describe, expect, test } from 'vitest';
import { readQueryForm } from './query-form.ts';

test('reads members and entries as lists, in the order of their numbers', () => {
  const body =
    'Action=A&Version=1&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.10.Key=c&Map.entry.1.Name=n&Map.entry.1.Value.DataType=String&Plain=x%20%C3%BC';
  expect(readQueryForm(body)).toEqual({
    action: 'A',
    version: '1',
    input: { Tags: [{ Key: 'a' }, { Key: 'b' }, { Key: 'c' }], Map: [{ Name: 'n', Value: { DataType: 'String' } }], Plain: 'x ü' },
  });
});

describe('refuses', () => {
  test.each([
    ['no action', 'Version=1', 'MissingAction'],
    ['a value that is a branch too', 'Action=A&a=1&a.b=2', 'MalformedQueryString'],
    ['an index that is no number', 'Action=A&Tags.member.x=1', 'MalformedQueryString'],
    ['a prototype', 'Action=A&__proto__.x=1', 'MalformedQueryString'],
    ['an empty step', 'Action=A&a..b=1', 'MalformedQueryString'],
    ['too many pairs', `Action=A&${Array.from({ length: 1_001 }, (_, index) => `p${index}=1`).join('&')}`, 'MalformedQueryString'],
  ])('%s', (_, body, code) => expect(() => readQueryForm(body)).toThrow(expect.objectContaining({ code })));
});
