import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBody, oddName } from './json-body.ts';

it.each([
  ['{}', null],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', null],
  ['{"a":"a","b":"{\\"a\\":1,\\"a\\":2}","c":["a","a"]}', null],
  ['{"a":1,"a":2}', 'a'],
  ['{"a" : 1 ,\n "\\u0061"\t:2}', 'a'],
  ['{"a":{"b":{"c":1,"c":1}}}', 'a'],
  ['{"a":[{"b":1},{"b":1,"b":2}]}', 'a'],
  ['[{"a":1,"a":1}]', ''],
])('%s', (json, below) => expect(oddName(json)).toEqual(below === null ? null : { is: 'twice', below }));

it.each(['{"a":{"__proto__":1}}', '{"a":[{"\\u005f_proto__":1}]}'])('%s', (json) => expect(oddName(json)).toEqual({ is: 'reserved', below: 'a' }));

it('says which field, and no name that is not its own', () => {
  expect(() => jsonBody('{"input":{"smith":"1","smith":"2"}}')).toThrow(/^The body has a name twice: input\.$/);
  expect(() => jsonBody('{"smith":1,"smith":2}')).toThrow(/^The body has a name twice: its fields\.$/);
  expect(() => jsonBody('{"smith":}')).toThrow(/^The request is not well-formed: the body must be JSON\.$/);
  expect(jsonBody('\uFEFF{"a":[1]}')).toEqual({ a: [1] });
});

it('finds nothing in what a program wrote, and one that was put in', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }).filter((each) => !JSON.stringify(each).includes('__proto__')),
      (value) => {
        const json = JSON.stringify(value);
        expect(oddName(json)).toBeNull();
        const name = Object.keys(value).at(-1) ?? '';
        expect(oddName(`${json.slice(0, -1)},${JSON.stringify(name)}:0}`)).toEqual({ is: 'twice', below: name });
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});
