import { isRcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { ISA, payment, remittance } from './remittance.fixture.ts';
import { paymentsOf } from './remittance-835.ts';

const read = (text: string, currency = 'USD') => paymentsOf(Buffer.from(text, 'latin1'), currency);

function refusal(text: string, currency = 'USD'): string {
  try {
    return `given: ${JSON.stringify(read(text, currency))}`;
  } catch (error) {
    return isRcmError(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

const FIRST = {
  payment_number: 'EFT-1',
  payment_date: '2031-01-17',
  amount: { amount: '1234.50', currency: 'USD' },
  method: 'ach',
  payer_name: 'SAMPLE PAYER',
  payee_npi: '1234567893',
  raw: { BPR02: '1234.5', BPR03: 'C', BPR04: 'ACH', BPR16: '20310117', TRN02: 'EFT-1', CUR02: null, N102_PR: 'SAMPLE PAYER', N104_PE: '1234567893' },
};

describe('the payments of an 835', () => {
  it.each(['', '\n', '\r\n'])('are given one for each transaction, however lines end: %j', (newline) => {
    expect(read(remittance([payment('EFT-1'), payment('EFT-2')], newline))).toMatchObject([FIRST, { payment_number: 'EFT-2' }]);
    expect(read(remittance([payment('EFT-1')], newline))).toEqual([FIRST]);
  });

  it('are read by the separators that the file itself names', () => {
    expect(
      read(
        remittance([payment('EFT-1')])
          .replaceAll('*', '|')
          .replaceAll('~', '\n'),
      ),
    ).toEqual([FIRST]);
  });

  it.each(['utf8', 'latin1'] as const)('have names as they were written in %s', (encoding) => {
    const text = remittance([payment('EFT-1')]).replace('SAMPLE PAYER', 'Santé');
    expect(paymentsOf(Buffer.from(text, encoding), 'USD')).toMatchObject([{ payer_name: 'Santé', amount: FIRST.amount }]);
  });

  it.each([
    ['0', 'NON', '0.00', 'none'],
    ['.5', 'CHK', '0.50', 'check'],
    ['0012.', 'FWT', '12.00', 'wire'],
    ['90071992547409.93', 'BOP', '90071992547409.93', 'payer_choice'],
  ])('write %s by %s as %s, %s', (bpr02, bpr04, amount, method) => {
    expect(read(remittance([payment('1', `I*${bpr02}*C*${bpr04}************20310117`)]))).toMatchObject([{ amount: { amount }, method }]);
  });

  const whole = remittance([payment('EFT-1')]);
  it.each<[string, string, RegExp]>([
    ['a page', '<html>ISA</html>', /is no X12 interchange/],
    ['nothing', '', /is no X12 interchange/],
    ['a file that begins like one', 'ISA'.padEnd(200, '*'), /is no X12 interchange/],
    ['a claim', whole.replace('ST*835', 'ST*837'), /holds something else/],
    ['a file without payments', ISA + 'IEA*0*1~', /holds no remittance/],
    ['a file that ends early', whole.slice(0, -30), /is cut off|is not whole/],
    ['a file without its end', whole.replace(/IEA.*/, ''), /has no end/],
    ['a transaction that lost a segment', whole.replace('LX*1~', ''), /not as many segments/],
    ['a group that lost a transaction', remittance([payment('1'), payment('2')]).replace(payment('2').join('~') + '~', ''), /not as many transactions/],
    ['an end of fewer groups', whole.replace('IEA*1', 'IEA*2'), /not as many groups/],
    ['two files in one', whole + whole, /goes on after its end/],
    ['a debit', whole.replace('1234.5*C', '1234.5*D'), /is no credit/],
    ['another currency', remittance([payment('1', undefined, ['CUR*PR*CAD'])]), /is not in USD/],
    ['a method that is none', whole.replace('*ACH*', '*XYZ*'), /method is none that there is/],
    ['an amount that is none', whole.replace('1234.5*C', '1e3*C'), /is no number/],
    ['thousandths', whole.replace('1234.5*C', '1.234*C'), /has more decimals/],
    ['a day that is none', whole.replace('20310117', '20310231'), /payment_date is not as the contract/],
    ['no number', whole.replace('TRN*1*EFT-1', 'TRN*1*'), /payment_number is not as the contract/],
  ])('are not given of %s', (_what, text, message) => {
    const told = refusal(text);
    expect(told).toMatch(/^contract_unmet: /);
    expect(told).toMatch(message);
    for (const value of ['EFT', 'SAMPLE', '1234']) expect(told).not.toContain(value);
  });

  it('are never a part of a file that was cut at any place', () => {
    for (let end = 0; end < whole.length - 1; end += 1) expect(refusal(whole.slice(0, end))).toMatch(/^contract_unmet/);
  });
});
