import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { RcmError } from '../error.ts';
import { describeError, maskForLog } from './values.ts';

const CANARY = 'canary-7f3';
const written = (value: unknown): string => JSON.stringify(maskForLog(value)) ?? '';

/** As node-postgres throws it: an Error with the fields of the protocol. */
const violation = (more: object = {}) =>
  Object.assign(new Error('duplicate key value violates unique constraint "note_text_key"'), {
    ...{ severity: 'ERROR', code: '23505', detail: `Key (text)=(${CANARY}) already exists.`, hint: CANARY, where: CANARY, internalQuery: CANARY },
    ...{ parameters: [CANARY], query: `INSERT INTO note VALUES ('${CANARY}')`, schema: 'public', table: 'note', constraint: 'note_text_key' },
    ...more,
  });

describe('what is hidden', () => {
  it('is so in maps, sets, lists and objects, at any depth, plural or not', () => {
    const at = (depth: number): unknown => (depth === 0 ? { pins: [CANARY], cookies: CANARY } : new Map([['next', new Set([[at(depth - 1)]])]]));
    for (const depth of [0, 1, 2, 3, 10]) expect(written(at(depth))).not.toContain(CANARY);
    expect(
      maskForLog(
        new Map<unknown, unknown>([
          ['password', CANARY],
          ['tries', 3],
          [{ a: CANARY }, 'x'],
        ]),
      ),
    ).toEqual({ password: '[redacted]', tries: 3, '[object]': 'x' });
    expect(maskForLog(new Set(['a', `https://x/?q=${CANARY}`]))).toEqual(['a', 'https://x/?q=[redacted]']);
  });

  it('is so in pairs, as entries and headers are listed, and not in lists of names', () => {
    expect(
      maskForLog({
        headers: [
          ['Cookie', CANARY],
          ['Accept', 'a'],
        ],
      }),
    ).toEqual({
      headers: [
        ['Cookie', '[redacted]'],
        ['Accept', 'a'],
      ],
    });
    expect(maskForLog({ missing: ['username', 'password'] })).toEqual({ missing: ['username', 'password'] });
  });

  it('is so in what a key itself holds, however long', () => {
    expect(written({ [`https://u:${CANARY}@x/`]: 1 })).not.toContain(CANARY);
    // Cut where 4711, the first half of a password, would look like a port.
    const long = `${'x'.repeat(185)} https://u:4711${CANARY}@x/`;
    for (const text of [written({ [long]: 1 }), JSON.stringify(describeError(Object.assign(new Error('x'), { name: long, code: long })))])
      expect(text).not.toContain('4711');
    expect(maskForLog(JSON.parse(`{"__proto__":{"pin":"${CANARY}"}}`))).toEqual(JSON.parse('{"__proto__":{"pin":"[redacted]"}}'));
  });

  it('is whatever is bytes, also as JSON shows them', () => {
    const bytes = Buffer.from(CANARY);
    for (const value of [bytes, new Uint8Array(bytes), new DataView(new ArrayBuffer(10)), new SharedArrayBuffer(10), JSON.parse(JSON.stringify(bytes))])
      expect(maskForLog({ at: value })).toEqual({ at: '[10 bytes]' });
  });

  it('is nothing that only says whether: true, false, null', () => {
    expect(maskForLog({ password: true, pin: null, token: undefined, secret: '', ssn: 0 })).toEqual({
      ...{ password: true, pin: null, token: undefined },
      ...{ secret: '[redacted]', ssn: '[redacted]' },
    });
  });
});

describe('an error', () => {
  it('of Postgres is described without what it says of rows and statements, wherever it stands', () => {
    const errors: unknown[] = [
      violation(),
      new Error('outer', { cause: violation() }),
      new Error('outer', { cause: new Error('inner', { cause: violation() }) }),
      new AggregateError([violation(), new Error('x', { cause: violation() })], 'several'),
      new RcmError('database_failed', 'It failed.', { cause: violation() }),
      // Another realm's, and one that has lost its class.
      runInNewContext('Object.assign(new Error("x"), { detail })', { detail: CANARY }),
      { ...violation(), message: 'duplicate key', stack: `Error: duplicate key\n    at a (file:///x.ts:1:1)` },
      { ...violation(), message: 'duplicate key' },
    ];
    for (const error of errors) {
      for (const text of [written(error), written({ err: error, list: [{ error }], map: new Map([['e', error]]) }), JSON.stringify(describeError(error))])
        expect(text).not.toContain(CANARY);
    }
    expect(maskForLog({ err: errors[2] })).toMatchObject({ err: { message: 'outer', cause: { message: 'inner', cause: { code: '23505' } } } });
    expect(describeError(errors[3])).toMatchObject({ errors: [{ code: '23505' }, { message: 'x', cause: { code: '23505' } }] });
    expect(describeError(errors[7])).toMatchObject({ code: '23505', message: 'duplicate key' });
  });

  it('that quotes what it could not read is described without its message', () => {
    const quoting = Object.assign(new Error(`invalid input syntax for type uuid: "${CANARY}"`), { severity: 'ERROR', code: '22P02' });
    expect(describeError(quoting)).toMatchObject({ code: '22P02', message: '[not shown: it may quote its input]' });
    expect(JSON.stringify(describeError(quoting))).not.toContain(CANARY);
  });

  it('whose fields of other objects are Postgres’s is masked too', () => {
    const { detail, hint, where, parameters, query } = violation() as unknown as Record<string, unknown>;
    expect(written({ meta: { driverAdapterError: { detail, hint, where, parameters, query } } })).not.toContain(CANARY);
  });

  it('whose message has lines that look like frames shows none of them', () => {
    const { stack } = describeError(new Error(`x\n    at ${CANARY} (a.ts:1:1)`));
    expect(stack).not.toContain(CANARY);
    expect(stack).toContain('values.unit.test.ts');
  });

  it('that causes itself, or has a hundred causes, ends', () => {
    const self: Error & { errors?: unknown[] } = new Error('self');
    self.cause = self;
    self.errors = [self, self];
    expect(describeError(self)).toMatchObject({ cause: { message: '[circular]' }, errors: [{ message: '[circular]' }, { message: '[circular]' }] });
    let chain = new Error('0');
    for (let i = 1; i <= 100; i += 1) chain = new Error(String(i), { cause: chain });
    const messages: unknown[] = [];
    for (let at: Record<string, unknown> | undefined = describeError(chain); at; at = at.cause as Record<string, unknown> | undefined)
      messages.push(at.message);
    expect(messages).toEqual(['100', '99', '98', '97', '96', '95']);
    // Three branches at each level, all the way down.
    const tree = (depth: number): Error => new AggregateError(depth === 0 ? [] : Array.from({ length: 3 }, () => tree(depth - 1)), 'tree');
    expect(JSON.stringify(describeError(tree(9))).length).toBeLessThan(1_000_000);
  });

  it('that is none is not repeated', () => {
    for (const thrown of [CANARY, { password: CANARY }, [CANARY], 4711, undefined]) expect(JSON.stringify(describeError(thrown))).not.toMatch(/canary|4711/);
  });
});

describe('the work', () => {
  /** An object whose fields count how often one is read. */
  const counting = (count: { reads: number }, width: number, inner: () => unknown): object =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        Array.from({ length: width }, (_, index) => [
          `f${index}`,
          {
            enumerable: true,
            get: () => {
              count.reads += 1;
              return inner();
            },
          },
        ]),
      ),
    );

  it('is bounded for what is wide and deep, and shared in many places', () => {
    const count = { reads: 0 };
    // 100 fields at each of 8 levels, each of them the same object: 10^16 paths.
    let shared: object = counting(count, 100, () => 'leaf');
    for (let depth = 0; depth < 8; depth += 1) {
      const below = shared;
      shared = counting(count, 100, () => below);
    }
    expect(written(shared)).toContain('[too large]');
    expect(count.reads).toBeLessThan(20_000);
    const long = { list: Array.from({ length: 1_000_000 }, (_, n) => n), set: new Set(Array.from({ length: 100_000 }, (_, n) => n)) };
    expect(written(long).length).toBeLessThan(5_000);
    expect(written(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n]))).length).toBeLessThan(5_000);
  });

  it('ends for cycles through maps, sets and toJSON', () => {
    const map = new Map<string, unknown>();
    map.set('self', map).set('set', new Set([map]));
    expect(maskForLog(map)).toEqual({ self: '[circular]', set: ['[circular]'] });
    const again = { toJSON: (): unknown => ({ inner: again, more: { toJSON: () => again } }) };
    expect(written(again)).toContain('[circular]');
    const fresh = (): object => ({ toJSON: fresh });
    expect(maskForLog(fresh())).toBe('[too deep]');
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    expect(written(deep)).toContain('[too deep]');
  });

  it('never throws, whatever is handed in', () => {
    const throwing = (): never => {
      throw new Error(CANARY);
    };
    const odd = [
      {
        get broken() {
          return throwing();
        },
        fine: 1,
      },
      { toJSON: throwing },
      new Proxy({}, { ownKeys: throwing }),
      new Proxy({}, { get: throwing, has: throwing, getPrototypeOf: throwing }),
      Object.create(null),
      new Date(Number.NaN),
      Symbol(CANARY),
      () => CANARY,
      new String(`https://u:${CANARY}@x/`),
      Object.defineProperty(new Error('x'), 'message', { get: throwing }),
      Object.defineProperty(new Error('x'), 'stack', { get: throwing }),
    ];
    for (const value of odd) expect(written({ at: value, list: [value] })).not.toContain(CANARY);
    expect(maskForLog(odd[0])).toEqual({ broken: '[unreadable]', fine: 1 });
  });
});
