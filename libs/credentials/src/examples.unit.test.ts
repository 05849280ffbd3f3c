import { beforeAll, describe, expect, it } from 'vitest';
import { compile, type Compiled, documentedOf } from './examples.fixture.ts';

const main = documentedOf('@rcm/credentials');
const testing = documentedOf('@rcm/credentials/testing');
const all = [...main, ...testing];

describe('what the library exports shows its use in an @example that compiles', () => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile(all);
  });

  it.each(all.map((documented) => [documented.name, documented] as const))('%s', (_name, documented) => {
    expect(compiled.problemsOf(documented)).toEqual([]);
  });

  it('leaves out nothing that can be called', () => {
    expect(main.map(({ name }) => name).toSorted()).toEqual(compiled.callable('@rcm/credentials').toSorted());
    expect(testing.map(({ name }) => name).toSorted()).toEqual(compiled.callable('@rcm/credentials/testing').toSorted());
  });
});
