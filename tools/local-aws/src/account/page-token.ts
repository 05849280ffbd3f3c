import { z } from 'zod';
import type { RootKey } from '../storage/root-key.ts';
import { seal, unseal } from '../keys/sealed-box.ts';

const positionSchema = z.string();

/** A page token says where the next page begins; sealed, so nobody reads or builds one, and bound to the question it answers. */
export const pageToken = (root: RootKey, question: string, position: string): string =>
  seal(root.derive('page-token'), Buffer.from(JSON.stringify(position)), question).toString('base64');

/** The position, or `null` for a token that was not given for this question. */
export function readPageToken(root: RootKey, question: string, token: string): string | null {
  const opened = unseal(root.derive('page-token'), Buffer.from(token, 'base64'), question);
  return opened && positionSchema.parse(JSON.parse(opened.toString('utf8')));
}
