import type { Page } from 'playwright-core';
import type { DateNotice } from '../recipe/outcomes.ts';
import { locate } from './locate.ts';

const READ_MS = 1_000;
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<YYYY>\\d{4})',
  MM: '(?<MM>\\d{1,2})',
  DD: '(?<DD>\\d{1,2})',
  HH: '(?<HH>\\d{1,2})',
  mm: '(?<mm>\\d{2})',
};

/** Reads a date from the page; `null` where it is not there or is no date: a notice that cannot be read must not fail a login. */
export async function readDate(page: Page, notice: DateNotice): Promise<Date | null> {
  try {
    const words = await locate(page, notice.in).filter({ visible: true }).first().textContent({ timeout: READ_MS });
    return parseDate(words ?? '', notice.format);
  } catch {
    return null;
  }
}

/** The first date in `words` that is written like `format`, as UTC. */
export function parseDate(words: string, format: string): Date | null {
  const pattern = format.replace(/YYYY|MM|DD|HH|mm|[.*+?^${}()|[\]\\]/g, (token) => TOKENS[token] ?? `\\${token}`);
  const groups = new RegExp(`(?<!\\d)${pattern}(?!\\d)`).exec(words)?.groups;
  if (!groups) return null;
  const part = (name: string, otherwise: number) => (groups[name] === undefined ? otherwise : Number(groups[name]));
  const [year, month, day] = [part('YYYY', 0), part('MM', 1), part('DD', 1)];
  const date = new Date(Date.UTC(year, month - 1, day, part('HH', 0), part('mm', 0)));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : null;
}
