import { COUNTED_AT_MOST } from '@rcm/db/fleet';

/** A number of what was counted whole: `98,969`. */
export const thousands = (count: number): string => count.toLocaleString('en-US');

/** A number of what was counted up to a bound: `17`, `1,000 or more`. */
export const howMany = (count: number): string => (count < COUNTED_AT_MOST ? `${count}` : `${thousands(COUNTED_AT_MOST)} or more`);

/** The logins of an overview: `17`, `about 98,969`. */
export const howManyLogins = (o: { readonly logins: number; readonly loginsEstimated: boolean }): string =>
  o.loginsEstimated ? `about ${thousands(o.logins)}` : `${o.logins}`;
