import { describe, expect, it } from 'vitest';
import { ISA, payment, remittance } from './remittance.fixture.ts';
import { paymentsOf } from './remittance-835.ts';

const GS = 'GS*HP*PAYER*PROVIDER*20310115*1200*1*X*005010X221A1';
const file = (...segments: readonly string[]): string => ISA + segments.map((segment) => `${segment}~`).join('');
const numbersOf = (text: string) => paymentsOf(Buffer.from(text), 'USD').map(({ payment_number }) => payment_number);
const LAST = payment('EFT-1').at(-1) ?? '';

describe('an interchange', () => {
  it('counts the transactions of each of its groups', () => {
    const two = file(GS, ...payment('1'), ...payment('2'), 'GE*2*1', GS, ...payment('3'), 'GE*1*2', 'IEA*2*1');
    expect(numbersOf(two)).toEqual(['1', '2', '3']);
    expect(() => numbersOf(two.replace('GE*1*2', 'GE*3*2'))).toThrow('not as many transactions');
  });

  it.each([
    ['a transaction that begins in another', file(GS, ...payment('1').slice(0, -1), ...payment('2'), 'GE*2*1', 'IEA*1*1'), 'holds something else'],
    ['a transaction that ends as another', file(GS, ...payment('1').slice(0, -1), LAST.replace('0001', '0002'), 'GE*1*1', 'IEA*1*1'), 'not as many segments'],
    ['a transaction that ends and was none', file(GS, ...payment('1'), LAST, 'GE*1*1', 'IEA*1*1'), 'not as many segments'],
    ['a group that ends in a transaction', file(GS, ...payment('1').slice(0, -1), 'GE*1*1', 'IEA*1*1'), 'not as many transactions'],
    ['an end in a transaction', file(GS, ...payment('1').slice(0, -1), 'IEA*1*1'), 'not as many groups'],
    ['what is cut off before its end', file(GS, ...payment('1'), 'GE*1*1') + 'IEA*1', 'is cut off'],
    ['what is cut off behind its end', remittance([payment('1')]) + 'x', 'goes on after its end'],
  ])('is not whole with %s', (_what, text, words) => {
    expect(() => numbersOf(text)).toThrow(words);
  });

  it('holds no more payments than one day of one provider has', () => {
    const many = (count: number) => remittance(Array.from({ length: count }, (_, index) => payment(String(index))));
    expect(numbersOf(many(10_000))).toHaveLength(10_000);
    expect(() => numbersOf(many(10_001))).toThrow('holds more than 10000 payments');
  });
});
