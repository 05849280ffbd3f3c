import type { AwsError } from '../aws-error.ts';
import { seal, unseal } from '../keys/sealed-box.ts';
import type { Call } from '../operation.ts';

export interface PageRequest {
  /** What is being asked, without MaxResults and NextToken: a token of another question is refused. */
  readonly question: unknown;
  readonly limit: number;
  /** Behind which item the page begins; sealed, so nobody reads or builds one, and bound to the question it answers. */
  readonly token: string | undefined;
  /** In the service's own words. */
  readonly refusal: () => AwsError;
}

const PURPOSE = 'page-token';

/** Where this page begins: behind that item; `''` for the first page. Throws the refusal of a token that was not given for this question. */
export function pageStart({ root }: Call, { question, token, refusal }: PageRequest): string {
  if (token === undefined || token === '') return '';
  const opened = unseal(root.derive(PURPOSE), Buffer.from(token, 'base64'), JSON.stringify(question));
  if (!opened) throw refusal();
  return opened.toString('utf8');
}

/** The items of this page and the token of the next. `candidates` begins at the page's start and may be longer than the page. */
export function cutPage<Item>(
  { root }: Call,
  { question, limit }: PageRequest,
  candidates: readonly Item[],
  positionOf: (item: Item) => string,
): { readonly items: readonly Item[]; readonly next: { readonly NextToken?: string } } {
  const items = candidates.slice(0, limit);
  const last = items.at(-1);
  if (candidates.length <= limit || last === undefined) return { items, next: {} };
  const position = Buffer.from(positionOf(last), 'utf8');
  return { items, next: { NextToken: seal(root.derive(PURPOSE), position, JSON.stringify(question)).toString('base64') } };
}
