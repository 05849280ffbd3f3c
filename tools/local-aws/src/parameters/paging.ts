import { pageToken, readPageToken } from '../account/page-token.ts';
import { AwsError } from '../aws-error.ts';
import type { Call } from '../operation.ts';

export interface PageRequest {
  /** What is being asked, without MaxResults and NextToken: a token of another question is refused. */
  readonly question: unknown;
  readonly limit: number;
  readonly token: string | undefined;
}

/** Where this page begins: behind that item; `''` for the first page. Fails with InvalidNextToken. */
export function pageStart(call: Call, request: PageRequest): string {
  if (request.token === undefined || request.token === '') return '';
  const position = readPageToken(call.root, JSON.stringify(request.question), request.token);
  if (position === null) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  return position;
}

/** The items of this page and the token of the next. `candidates` begins at the page's start and may be longer than the page. */
export function cutPage<Item>(
  call: Call,
  request: PageRequest,
  candidates: readonly Item[],
  positionOf: (item: Item) => string,
): { readonly items: readonly Item[]; readonly next: { readonly NextToken?: string } } {
  const items = candidates.slice(0, request.limit);
  const last = items.at(-1);
  if (candidates.length <= request.limit || last === undefined) return { items, next: {} };
  return { items, next: { NextToken: pageToken(call.root, JSON.stringify(request.question), positionOf(last)) } };
}
