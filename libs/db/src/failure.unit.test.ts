import { RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { translateFailure } from './failure.ts';

/** As the adapter of Prisma tells of Postgres's error, and Prisma of the adapter's. */
const ofAdapter = (cause: object): unknown => Object.assign(new Error('quoted: secret'), { code: 'P2010', meta: { driverAdapterError: { cause } } });
const ofPg = (code: string, message = 'quoted: secret', more: object = {}): unknown => Object.assign(new Error(message), { code, ...more });

test.each([
  [
    'a server that is not there',
    ofPg('ECONNREFUSED'),
    'database_unavailable',
    'Postgres cannot be used right now: nobody answers at its address.',
    { driverCode: 'ECONNREFUSED' },
  ],
  ['a login that is refused', ofPg('28P01'), 'database_unavailable', 'Postgres cannot be used right now: it refused the login.', { sqlState: '28P01' }],
  ['a disk that is full', ofPg('53100'), 'database_unavailable', 'Postgres cannot be used right now: its disk is full.', { sqlState: '53100' }],
  [
    'a disk that is full, as the adapter tells of it',
    ofAdapter({ originalCode: '53100', kind: 'postgres', originalMessage: 'could not extend file "base/1/2": No space left on device' }),
    'database_unavailable',
    'Postgres cannot be used right now: its disk is full.',
    { sqlState: '53100', driverCode: 'postgres' },
  ],
  ['memory that is used up', ofPg('53200'), 'database_unavailable', 'Postgres cannot be used right now: it is out of memory.', { sqlState: '53200' }],
  ['words alone', new Error('Connection terminated unexpectedly'), 'database_unavailable', 'Postgres cannot be used right now: the connection was lost.', {}],
  [
    'a row that is there',
    ofPg('23505', 'x', { constraint: 'a_key' }),
    'state_conflict',
    'A row like this is already there (a_key).',
    { sqlState: '23505', constraint: 'a_key' },
  ],
  [
    'a row that is there, by its index',
    ofAdapter({ originalCode: '23505', kind: 'UniqueConstraintViolation', constraint: { index: 'a_key' } }),
    'state_conflict',
    'A row like this is already there (a_key).',
    { sqlState: '23505', constraint: 'a_key', driverCode: 'UniqueConstraintViolation' },
  ],
  [
    'a value that a check refuses, by Postgres’s words',
    ofAdapter({ originalCode: '23514', kind: 'postgres', originalMessage: 'new row violates check constraint "a_check"', constraint: null }),
    'input_invalid',
    'Postgres refused a value (a_check).',
    { sqlState: '23514', constraint: 'a_check', driverCode: 'postgres' },
  ],
  ['a value that is none', ofPg('22P02'), 'input_invalid', 'Postgres refused a value.', { sqlState: '22P02' }],
  [
    'a right that is missing',
    ofPg('42501', 'permission denied for table a'),
    'database_failed',
    'A database operation failed: permission denied for table a.',
    { sqlState: '42501' },
  ],
  ['what Postgres alone knows', ofPg('XX000'), 'database_failed', 'A database operation failed: XX000.', { sqlState: 'XX000' }],
  ['what Prisma alone knows', ofPg('P2025'), 'database_failed', 'A database operation failed: P2025.', { driverCode: 'P2025' }],
  ['what nobody knows', 'secret', 'database_failed', 'A database operation failed: unknown.', {}],
])('%s', (_what, error, code, message, details) => {
  const failure = translateFailure(error);
  expect(failure).toMatchObject({ code, message });
  expect((failure as RcmError).details).toEqual(details);
  expect((failure as RcmError).cause).toBeUndefined();
});

test('an error of ours goes on as it is', () => {
  const ours = new RcmError('endpoint_unknown', 'There is none.');
  expect(translateFailure(ours)).toBe(ours);
});
