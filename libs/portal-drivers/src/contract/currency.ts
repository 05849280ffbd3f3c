import type { Money } from './contract.ts';

const KNOWN: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Why a text is no currency's code; `null` if it is one. */
export const currencyProblem = (code: string): string | null => (KNOWN.has(code) ? null : 'must be the code of a currency (ISO 4217), such as USD');

/** What Unicode's data say of a currency: how many decimals it has, and the sign that is written for it. */
function written(code: string): { readonly decimals: number; readonly sign: string } {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' });
  const sign = format.formatToParts(1).find(({ type }) => type === 'currency')?.value ?? code;
  return { decimals: format.resolvedOptions().maximumFractionDigits ?? 2, sign };
}

/**
 * An amount as a contract gives it, of the decimal text that was read and the words that it was read from; a text says why it is none.
 * Three decimals of a currency of two are most likely thousands of a portal that groups by points: that is no amount to guess at.
 */
export function moneyOf(decimal: string, words: string, currency: string): Money | string {
  const { decimals, sign } = written(currency);
  const codes: readonly string[] = words.match(/\b[A-Z]{3}\b/g) ?? [];
  if (codes.some((code) => code !== currency)) return `is not in ${currency}, as the page writes it`;
  const signs: readonly string[] = words.match(/\p{Sc}/gu) ?? [];
  if (signs.some((one) => one !== sign)) return `has a sign that is not that of ${currency}`;
  const [whole = '', fraction = ''] = decimal.split('.');
  if (fraction.length > decimals) return `has more decimals than ${currency}`;
  return { amount: decimals === 0 ? whole : `${whole}.${fraction.padEnd(decimals, '0')}`, currency };
}
