/**
 * How a cell's number is shown. `plain`: as it is, `whole`: without a fraction, digit by digit both; `date`: as a day; `decimals`: with at most so many, grouped,
 * beside a currency. `unknown`: scaled (50 % is kept as 0.5), as a fraction, only under a condition, or not at all.
 */
export type NumberFormat = 'plain' | 'whole' | 'date' | 'unknown' | { readonly decimals: number };

/** Formats that every workbook knows (ECMA-376, 18.8.30). */
const KNOWN: ReadonlyMap<number, NumberFormat> = new Map<number, NumberFormat>([
  ...[0, 49].map((id) => [id, 'plain'] as const),
  [1, 'whole'],
  ...[14, 15, 16, 17, 22].map((id) => [id, 'date'] as const),
  ...[3, 5, 6, 37, 38, 41, 42].map((id) => [id, { decimals: 0 }] as const),
  ...[2, 4, 7, 8, 39, 40, 43, 44].map((id) => [id, { decimals: 2 }] as const),
]);

/** `code`: of a format of the workbook's own; `null`: one that every workbook knows. */
export function formatOf(id: number, code: string | null): NumberFormat {
  if (code === null) return KNOWN.get(id) ?? 'unknown';
  if (/^general$/i.test(code) || code === '@') return 'plain';
  if (code === '0') return 'whole';
  const [first = ''] = code.split(';');
  if (/\[[<>=]/.test(first)) return 'unknown';
  // Without what is quoted, escaped or left blank, and colours, languages and currencies in brackets.
  const bare = first.replace(/"[^"]*"|\\.|[_*].|\[[^\]]*\]/g, '').toLowerCase();
  if (isDay(bare)) return 'date';
  const parts = /^[^#0?%/e]*([#?]*0*[#?,0]*[0#?])(?:\.([0#?]+))?[^#0?%/e,]*$/.exec(bare);
  return parts ? { decimals: parts[2]?.length ?? 0 } : 'unknown';
}

/** Year, month and day, and no digits of a number but parts of a second. */
const isDay = (bare: string): boolean => ['y', 'm', 'd'].every((part) => bare.includes(part)) && !/[#0?](?!$)/.test(bare.replace(/\.0+/, ''));

/** A number as a workbook keeps it (`1.5E-3`), as decimal text of at most fifteen digits, which is all that it shows; `null`: none. */
export function decimalOf(raw: string): string | null {
  if (!/^-?\d+(\.\d+)?(E[+-]?\d{1,3})?$/i.test(raw)) return null;
  const value = Number(raw);
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-9)) return null;
  const { sign, whole, fraction } = digitsOf(value);
  const kept = fraction.replace(/0+$/, '');
  return kept === '' && whole === '0' ? '0' : `${sign}${whole}${kept === '' ? '' : `.${kept}`}`;
}

/** The fifteen digits of a number below 1E15. Never through a number again: 15671.92 has no exact one. */
function digitsOf(value: number): { readonly sign: string; readonly whole: string; readonly fraction: string } {
  const [mantissa = '', power = '0'] = value.toPrecision(15).split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  // Below a millionth it is written as a power of ten.
  return Number(power) < 0 ? { sign, whole: '0', fraction: `${'0'.repeat(-Number(power) - 1)}${whole}${fraction}` } : { sign, whole, fraction };
}

const DAY_MS = 86_400_000;
/** Day 0 of each calendar. In the one of 1900 there is a 29 February, day 60, that never was; days before it are one off. */
const DAY_ZERO = { 1900: Date.UTC(1899, 11, 30), 1904: Date.UTC(1904, 0, 1) } as const;
const LAST_DAY = 2_958_465;

/** The day of a serial number as `YYYY-MM-DD`; a time beside it is let be. `null`: it is none. */
export function dayOf(raw: string, calendar: 1900 | 1904): string | null {
  const serial = Number(raw);
  const day = Math.floor(serial);
  if (!Number.isFinite(serial) || day < (calendar === 1900 ? 61 : 1) || day > LAST_DAY) return null;
  return new Date(DAY_ZERO[calendar] + day * DAY_MS).toISOString().slice(0, 10);
}
