import type { ChainHead } from '@rcm/db/audit';
import type { HeadSigner } from '../signing/signer.ts';
import { HEAD_VERSION, signedText } from '../verify-audit.mjs';

/** A head as it is written: one line of JSON, without its newline (docs/audit.md). */
export interface SignedHead {
  readonly orgId: string;
  readonly count: number;
  readonly hash: string;
  readonly line: string;
}

/** What is signed names the key, so that a head cannot be passed off as another key's. */
export async function headOf(
  chain: ChainHead,
  { signer, keyId, signal }: { readonly signer: HeadSigner; readonly keyId: string; readonly signal: AbortSignal },
): Promise<SignedHead> {
  const { orgId, count, hash, at } = chain;
  const statement = { v: HEAD_VERSION, org: orgId, count, hash, at, key: keyId };
  const sig = (await signer.sign(signedText(statement), signal)).toString('base64');
  return { orgId, count, hash, line: JSON.stringify({ ...statement, sig }) };
}
