import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { eventHash, HEAD_VERSION, keyId, signedText, type AuditLine, type Head, type HeadStatement } from '@rcm/audit/verify-audit';

/** An export, chain by chain, with the heads that were signed while it grew. */
export interface Trail {
  readonly chains: ReadonlyMap<string, readonly AuditLine[]>;
  readonly heads: readonly Head[];
  readonly publicKey: string;
  /** What the writer of heads has, for heads that it might have written. */
  readonly signingKey: KeyObject;
}

/** What a verifier is given. */
export interface Evidence {
  readonly export: Buffer;
  readonly heads: readonly Buffer[];
  readonly orgs?: readonly string[];
}

export const eventsOf = (trail: Trail): AuditLine[] => [...trail.chains.values()].flat();
export const linesText = (lines: readonly object[]): Buffer => Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
export const chainsText = (chains: ReadonlyMap<string, readonly AuditLine[]>): Buffer =>
  linesText([...chains.keys()].sort().flatMap((org) => chains.get(org) ?? []));
export const evidenceOf = (trail: Trail): Evidence => ({ export: chainsText(trail.chains), heads: [linesText(trail.heads)] });

/** Up to where the chain is proven. */
export const provenOf = (trail: Trail, org: string): number => Math.max(0, ...trail.heads.filter((head) => head.org === org).map(({ count }) => count));
export const provenOrgs = (trail: Trail): string[] => [...trail.chains.keys()].filter((org) => provenOf(trail, org) > 0);

/** The chain as its numbers and hashes would be if these events had been written one after the other. */
export function recomputed(events: readonly AuditLine[], orgId?: string): AuditLine[] {
  let previous = '';
  return events.map((event, index) => {
    const next = { ...event, org_id: orgId ?? event.org_id, seq: index + 1, previous_hash: previous };
    previous = eventHash(next) ?? '';
    return { ...next, hash: previous };
  });
}

export function signedHead(statement: Omit<HeadStatement, 'v' | 'key'>, key: KeyObject, publicId: string): Head {
  const head = { v: HEAD_VERSION, org: statement.org, count: statement.count, hash: statement.hash, at: statement.at, key: publicId };
  return { ...head, sig: sign(null, Buffer.from(signedText(head)), key).toString('base64') };
}

/** A key of somebody who is not the writer of heads. */
export function strangersKey(): { readonly key: KeyObject; readonly id: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, id: keyId(publicKey) };
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
