import { RcmError } from '@rcm/telemetry';
import type { ContractRow, PageWords } from '../outcome.ts';
import { moneyOf } from './currency.ts';
import { asPromised } from './fulfil.ts';
import { remittanceFile } from './remittance.ts';
import { type Segment, segmentsOf } from './x12.ts';

/** What of an 835 is given as `raw`: elements as they stand, by their names; of N1 by whom it is about. */
export const RAW_OF_835 = ['BPR02', 'BPR03', 'BPR04', 'BPR16', 'TRN02', 'CUR02', 'N102_PR', 'N104_PE'] as const;

/** More payments than this in one file are none of one day of one provider. */
const MOST_PAYMENTS = 10_000;

/** A transaction that is being read, ST to SE. */
interface Payment {
  readonly control: string;
  segments: number;
  readonly raw: Record<string, string | null>;
}

/**
 * The payments that an 835 file (005010X221A1) tells of: one for each transaction. Fails with `contract_unmet` where the file is none, holds
 * something else besides, or is not whole: transactions count their segments (SE01), groups their transactions (GE01) and the
 * interchange its groups (IEA01).
 */
export function paymentsOf(bytes: Uint8Array, currency: string): readonly ContractRow[] {
  const segments = segmentsOf(bytes);
  if (!segments) throw unmet('is no X12 interchange');
  const interchange = new Interchange();
  for (const segment of segments) interchange.take(segment);
  return interchange.whole().map(({ raw }, index) => asPromised('remittance_file', { record: recordOf(raw, { currency, index }), raw, index }));
}

/** What an interchange has told so far, and whether it holds as much as it says. */
class Interchange {
  readonly #payments: Payment[] = [];
  #open: Payment | null = null;
  #groups = 0;
  #inGroup = 0;
  #ended = false;

  take(segment: Segment): void {
    const [name] = segment;
    if (this.#ended) throw unmet('goes on after its end');
    if (name === 'cut off') throw unmet('is cut off');
    if (this.#open) this.#open.segments += 1;
    switch (name) {
      case 'GS':
        return void this.#beginGroup();
      case 'ST':
        return void this.#beginTransaction(segment);
      case 'SE':
        return void this.#endTransaction(segment);
      case 'GE':
        return void this.#endGroup(segment);
      case 'IEA':
        return void this.#end(segment);
      default:
        if (this.#open) read(segment, this.#open.raw);
    }
  }

  /** Its payments, once nothing more comes. */
  whole(): readonly Payment[] {
    if (!this.#ended) throw unmet('is not whole: it has no end');
    if (this.#payments.length === 0) throw unmet('holds no remittance (835)');
    return this.#payments;
  }

  #beginGroup(): void {
    this.#groups += 1;
    this.#inGroup = 0;
  }

  #beginTransaction([, kind, control = '']: Segment): void {
    if (kind !== '835' || this.#open) throw unmet('holds something else than remittances (835)');
    if (this.#payments.length === MOST_PAYMENTS) throw unmet(`holds more than ${MOST_PAYMENTS} payments`);
    this.#inGroup += 1;
    this.#open = { control, segments: 1, raw: Object.fromEntries(RAW_OF_835.map((key) => [key, null])) };
    this.#payments.push(this.#open);
  }

  #endTransaction([, segments = '', control]: Segment): void {
    const open = this.#open;
    if (!open || Number(segments) !== open.segments || control !== open.control) throw unmet('is not whole: a transaction has not as many segments as it says');
    this.#open = null;
  }

  #endGroup([, transactions = '']: Segment): void {
    if (this.#open || Number(transactions) !== this.#inGroup) throw unmet('is not whole: a group has not as many transactions as it says');
  }

  #end([, groups = '']: Segment): void {
    if (this.#open || Number(groups) !== this.#groups) throw unmet('is not whole: it has not as many groups as it says');
    this.#ended = true;
  }
}

function read(segment: Segment, raw: Record<string, string | null>): void {
  const [name, first] = segment;
  const take = (key: (typeof RAW_OF_835)[number], at: number): void => void (raw[key] ??= segment[at] || null);
  if (name === 'BPR') for (const at of [2, 3, 4, 16]) take(`BPR${String(at).padStart(2, '0')}` as 'BPR02', at);
  if (name === 'TRN' && first === '1') take('TRN02', 2);
  if (name === 'CUR' && first === 'PR') take('CUR02', 2);
  if (name === 'N1' && first === 'PR') take('N102_PR', 2);
  if (name === 'N1' && first === 'PE' && segment[3] === 'XX') take('N104_PE', 4);
}

function recordOf(raw: PageWords, { currency, index }: { readonly currency: string; readonly index: number }): Record<string, unknown> {
  const { BPR02: amount, BPR03: flag, BPR04: code, BPR16: day, CUR02: other } = raw;
  const problem = (key: string, words: string): RcmError => unmet(`holds, as payment ${index + 1}, one whose ${key} ${words}`);
  if (other && other !== currency) throw problem('amount', `is not in ${currency}`);
  if (flag !== 'C') throw problem('amount', 'is no credit (BPR03)');
  if (!amount || !/^-?(\d+\.?\d*|\.\d+)$/.test(amount)) throw problem('amount', 'is no number (BPR02)');
  const money = moneyOf(decimalOf(amount), '', currency);
  if (typeof money === 'string') throw problem('amount', money);
  const method = Object.entries(remittanceFile.fields.method.choices).find(([, choice]) => choice.code === code)?.[0];
  if (!method) throw problem('method', 'is none that there is (BPR04)');
  return {
    payment_number: raw.TRN02,
    payment_date: day?.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'),
    amount: money,
    method,
    payer_name: raw.N102_PR,
    payee_npi: raw.N104_PE,
  };
}

/** X12 leaves out what says nothing: zeros before and after, and the point of a whole number. */
function decimalOf(written: string): string {
  const [whole = '', fraction = ''] = written.replace('-', '').split('.');
  const plain = `${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  return written.startsWith('-') && /[1-9]/.test(plain) ? `-${plain}` : plain;
}

const unmet = (words: string): RcmError => new RcmError('contract_unmet', `The file ${words}, and the recipe says that it is an 835.`);
