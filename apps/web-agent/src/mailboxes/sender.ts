import { parseAuthenticationResults } from './authentication-results.ts';

interface MailField {
  /** In lower case. */
  readonly key: string;
  readonly value: string;
}

export interface SenderQuestion {
  /** All fields of the mail, in the order in which they stand: each server writes its own above those that were there. */
  readonly fields: readonly MailField[];
  /** The receiving server's name for itself. */
  readonly authservId: string;
  /** Of the address that the mail says it is from. */
  readonly domain: string;
}

/**
 * Whether the receiving server says that a mail comes from the domain it names: `dmarc=pass` for that domain or, where it says nothing of DMARC, `dkim=pass` by a key of that domain itself. Of
 * the fields in that server's name the topmost counts, alone: what stands below may have come with the mail. Without a field of it, or with two words for one thing, it does not.
 */
export function isAuthentic({ fields, authservId, domain }: SenderQuestion): boolean {
  const own = fields
    .filter(({ key }) => key === 'authentication-results')
    .map(({ value }) => parseAuthenticationResults(value))
    .find((found) => found?.authservId === authservId.toLowerCase());
  if (!own) return false;
  const dmarc = own.results.filter(({ method }) => method === 'dmarc');
  if (dmarc.length > 0) return dmarc.every(({ result, properties }) => result === 'pass' && isDomain(properties.get('header.from'), domain));
  // Each signature of a mail has a result: one good one of the domain's own is what DMARC asks for.
  return own.results.some(({ method, result, properties }) => method === 'dkim' && result === 'pass' && isDomain(properties.get('header.d'), domain));
}

const isDomain = (said: string | undefined, domain: string): boolean => domain !== '' && said?.toLowerCase() === domain.toLowerCase();
