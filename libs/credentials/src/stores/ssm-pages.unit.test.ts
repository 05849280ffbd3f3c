import { beforeEach, expect, it } from 'vitest';
import { createSsmCalls, type SsmAccess } from './ssm-calls.ts';

let asked: object[];
beforeEach(() => void (asked = []));

/** Answers every call with the next page, and keeps what was asked. */
const paged = (...pages: readonly object[]): NonNullable<SsmAccess['instrument']> => {
  const left = [...pages];
  return (client: { middlewareStack: { add: unknown } }) => {
    const stack = client.middlewareStack as { add(middleware: () => (call: { readonly input: object }) => Promise<object>, options: object): void };
    const answer = ({ input }: { readonly input: object }) => {
      asked.push(input);
      return Promise.resolve({ output: { $metadata: {}, ...(left.shift() ?? {}) }, response: {} });
    };
    stack.add(() => answer, { step: 'initialize', priority: 'high' });
  };
};
const open = (...pages: readonly object[]) =>
  createSsmCalls({ region: 'us-east-1', kmsKeyId: 'alias/rcm', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, instrument: paged(...pages) });
const named = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ Name: `/copies/${from + i}`, LastModifiedDate: new Date((from + i) * 1_000) }));

it('names below a path are read page after page, the youngest first', async () => {
  const calls = open({ Parameters: named(1, 3), NextToken: 'more' }, { NextToken: 'and more' }, { Parameters: named(3, 5) });
  expect(await calls.list('/copies')).toEqual(['4', '3', '2', '1']);
  const all = { Path: '/copies', WithDecryption: false };
  expect(asked).toEqual([all, { ...all, NextToken: 'more' }, { ...all, NextToken: 'and more' }]);
});

it('no further page is read where five hundred names are known', async () => {
  const calls = open({ Parameters: named(0, 250), NextToken: 'more' }, { Parameters: named(250, 500), NextToken: 'more' }, { Parameters: named(500, 501) });
  expect(await calls.list('/copies')).toHaveLength(500);
  expect(asked).toHaveLength(2);
});

it('versions are read page after page, the oldest first, and without their values', async () => {
  const second = { Version: 2, Labels: ['kept'], AllowedPattern: '' };
  const calls = open({ Parameters: [{ Version: 3, AllowedPattern: '^$' }, second], NextToken: 'more' }, { Parameters: [{ Version: 1 }] });
  expect(await calls.history('/current')).toEqual([
    { version: 1, labels: [], allowedPattern: null },
    { version: 2, labels: ['kept'], allowedPattern: null },
    { version: 3, labels: [], allowedPattern: '^$' },
  ]);
  const all = { Name: '/current', WithDecryption: false, MaxResults: 50 };
  expect(asked).toEqual([all, { ...all, NextToken: 'more' }]);
});
