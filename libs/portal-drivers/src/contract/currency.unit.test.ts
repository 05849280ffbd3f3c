import { expect, it } from 'vitest';
import { typedValue } from '../interpreter/typed-value.ts';
import { currencyProblem, moneyOf } from './currency.ts';

const read = (words: string, currency: string, decimal: '.' | ',' = '.') => {
  const value = typedValue(words, { type: 'money', decimal });
  return typeof value === 'string' ? moneyOf(value, words, currency) : 'no amount';
};

it.each([
  ['$1,234.50', 'USD', '1234.50'],
  ['1,234.5 USD', 'USD', '1234.50'],
  ['12', 'USD', '12.00'],
  ['($0.05)', 'USD', '-0.05'],
  ['$123,456,789,012.34', 'USD', '123456789012.34'],
  ['$90,071,992,547,409.93', 'USD', '90071992547409.93'],
  ['¥1,200', 'JPY', '1200'],
  ['1.250 KWD', 'KWD', '1.250'],
])('writes %s in %s as %s, without a float on its way', (words, currency, amount) => {
  expect(read(words, currency)).toEqual({ amount, currency });
});

it('reads amounts with a comma for the decimal sign', () => {
  expect(read('1.234,50 €', 'EUR', ',')).toEqual({ amount: '1234.50', currency: 'EUR' });
});

it.each([
  ['1,234.50 CAD', 'USD'],
  ['EUR 5.00', 'USD'],
  ['£5.00', 'USD'],
  ['$5.00', 'EUR'],
  ['1.234', 'USD'],
  ['5.001', 'USD'],
  ['¥1200.50', 'JPY'],
])('makes no amount of %s in %s', (words, currency) => {
  expect(read(words, currency)).toBeTypeOf('string');
});

it.each([
  ['USD', true],
  ['EUR', true],
  ['usd', false],
  ['US$', false],
  ['XQZ', false],
  ['', false],
])('knows whether %j is a currency', (code, known) => {
  expect(currencyProblem(code) === null).toBe(known);
});
