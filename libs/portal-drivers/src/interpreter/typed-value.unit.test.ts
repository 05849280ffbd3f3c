import { describe, expect, it } from 'vitest';
import { typedValue } from './typed-value.ts';

describe('typedValue', () => {
  it.each([
    ['as it is', {}, 'as it is'],
    ['', {}, ''],
    ['', { may_be_empty: true }, null],
    ['', { type: 'money', may_be_empty: true }, null],
    ['1,234.50', { type: 'number' }, 1234.5],
    ['-7', { type: 'number' }, -7],
    ['007', { type: 'number' }, 7],
    ['000123456789012345', { type: 'number' }, 123456789012345],
    ['$1,234.50', { type: 'money' }, '1234.50'],
    ['($40.25)', { type: 'money' }, '-40.25'],
    ['12.00-', { type: 'money' }, '-12.00'],
    ['USD 0.00', { type: 'money' }, '0.00'],
    ['($0.00)', { type: 'money' }, '0.00'],
    ['1.250,00 €', { type: 'money', decimal: ',' }, '1250.00'],
    ['12345678901234567.89', { type: 'money' }, '12345678901234567.89'],
    ['1 250,00 €', { type: 'money', decimal: ',' }, '1250.00'],
    ["CHF 1'250.00", { type: 'money' }, '1250.00'],
    ['$ 80', { type: 'money' }, '80'],
    ['paid on 3/9/2031', { type: 'date', format: 'MM/DD/YYYY' }, '2031-03-09'],
    ['01/15/2031 at 10:30 am', { type: 'date', format: 'MM/DD/YYYY' }, '2031-01-15'],
    ['15-Jan-2031 10:30:59', { type: 'date', format: 'DD-MMM-YYYY' }, '2031-01-15'],
    ['January 15, 2031', { type: 'date', format: 'MMMM DD, YYYY' }, '2031-01-15'],
  ] as const)('%j as %j is %j', (words, typed, value) => {
    expect(typedValue(words, typed)).toBe(value);
  });

  it.each([
    ['', { type: 'number' }],
    ['', { type: 'date', format: 'MM/DD/YYYY' }],
    ['n/a', { type: 'money' }],
    ['1,23,4', { type: 'number' }],
    ['1.234.567', { type: 'number' }],
    ['1.5e3', { type: 'number' }],
    ['120 50', { type: 'number' }],
    ['120 500', { type: 'number' }],
    ['12 50,00', { type: 'money', decimal: ',' }],
    ['12 USD 50', { type: 'money' }],
    ['9007199254740993', { type: 'number' }],
    ['0.1234567890123456', { type: 'number' }],
    ['13/45/2031', { type: 'date', format: 'MM/DD/YYYY' }],
    ['01/15/2031 - 01/17/2031', { type: 'date', format: 'MM/DD/YYYY' }],
    ['01/15 - 01/17/2031', { type: 'date', format: 'MM/DD/YYYY' }],
    ['Jan 15 - Jan 17, 2031', { type: 'date', format: 'MMM DD, YYYY' }],
  ] as const)('%j is nothing that %j describes', (words, typed) => {
    expect(typedValue(words, typed)).toBeUndefined();
  });
});
