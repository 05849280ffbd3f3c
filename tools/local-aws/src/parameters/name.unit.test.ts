import { describe, expect, test } from 'vitest';
import { parseName, parseSelector, requireCreatableName } from './name.ts';

const account = { partition: 'aws', accountId: '123456789012', region: 'us-east-1' } as const;
const arn = (rest: string): string => `arn:aws:ssm:us-east-1:123456789012:parameter/${rest}`;

describe('a selector', () => {
  test.each([
    ['/a/b', { name: '/a/b', version: null, label: null, selector: null }],
    ['/a/b:3', { name: '/a/b', version: 3, label: null, selector: ':3' }],
    ['/a/b:live', { name: '/a/b', version: null, label: 'live', selector: ':live' }],
    [arn('a/b'), { name: '/a/b', version: null, label: null, selector: null }],
    [arn('a/b:3'), { name: '/a/b', version: 3, label: null, selector: ':3' }],
    [arn('plain'), { name: 'plain', version: null, label: null, selector: null }],
  ])('is read from %s', (text, expected) => expect(parseSelector(account, text)).toEqual(expected));

  test.each(['', ':3', '/a:', '/a:1:2', 'arn:aws:ssm:eu-west-1:123456789012:parameter/a', 'arn:aws:ssm:us-east-1:210987654321:parameter/a'])(
    'is not read from "%s"',
    (text) => {
      expect(() => parseSelector(account, text)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
    },
  );

  test('is refused where only a name may stand', () => {
    expect(() => parseName(account, '/a:3')).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});

test.each(['/a', 'a', 'a.b-c_D9', '/rcm/dev/north/endpoints/e1/a1', '/Awesome'.replace('Aw', 'w')])('the name %s may be created', (name) => {
  expect(() => requireCreatableName(account, name)).not.toThrow();
});

test.each([
  ['/aws/x', 'AccessDeniedException'],
  ['/AWS', 'AccessDeniedException'],
  ['awsome', 'ValidationException'],
  ['/ssm', 'ValidationException'],
  ['a b', 'ValidationException'],
  ['a/b', 'ValidationException'],
  ['/', 'ValidationException'],
  [`/${'x'.repeat(1_011)}`, 'ValidationException'],
  [`/${Array.from({ length: 16 }, () => 'x').join('/')}`, 'HierarchyLevelLimitExceededException'],
])('the name %s is %s', (name, code) => {
  expect(() => requireCreatableName(account, name)).toThrow(expect.objectContaining({ code }));
});
