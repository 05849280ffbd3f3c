import { createPublicKey } from 'node:crypto';
import { keyId, type AuditLine, type Head } from '@rcm/audit/verify-audit';
import { chainsText, digestOf, evidenceOf, linesText, provenOf, provenOrgs, recomputed, signedHead, strangersKey, type Trail } from '../trail.ts';
import type { Random } from '../random.ts';
import { onHeads, type Tampering } from './tampering.ts';

/** The chain of somebody’s choice, and the heads that it would have had. */
function rewritten(trail: Trail, random: Random, sign: (head: Head, hash: string) => Head) {
  const org = random.pick(provenOrgs(trail));
  const { export: exported, chain } = rewrittenChain(trail, random, org);
  const heads = trail.heads.map((head) => (head.org === org ? sign(head, chain[head.count - 1]?.hash ?? '') : head));
  return { export: exported, heads: [linesText(heads)] };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Whoever rewrote the chain waited until the writer signed it: its old heads are still there. */
function signedAgain(trail: Trail, random: Random, org: string, countOf: (length: number) => number) {
  const { export: exported, chain } = rewrittenChain(trail, random, org);
  const count = countOf(chain.length);
  const statement = { org, count, hash: chain[count - 1]?.hash ?? '', at: '2026-12-01T08:00:00.000000Z' };
  const head = signedHead(statement, trail.signingKey, keyId(createPublicKey(trail.publicKey)));
  return { export: exported, heads: [linesText([...trail.heads, head])] };
}

function rewrittenChain(trail: Trail, random: Random, org: string): { readonly export: Buffer; readonly chain: readonly AuditLine[] } {
  const at = random.int(provenOf(trail, org));
  const events = (trail.chains.get(org) ?? []).map((event, index): AuditLine => (index === at ? { ...event, actor: `person:${random.hex(6)}` } : event));
  const chain = recomputed(events);
  return { export: chainsText(new Map(trail.chains).set(org, chain)), chain };
}

export const OF_HEADS: readonly Tampering[] = [
  {
    name: 'chain rewritten, heads signed by another key that they name',
    named: ['head_key_unknown'],
    act(trail, random) {
      const stranger = strangersKey();
      return rewritten(trail, random, (head, hash) => signedHead({ ...head, hash }, stranger.key, stranger.id));
    },
  },
  {
    name: 'chain rewritten, heads signed by another key in the right one’s name',
    named: ['head_forged'],
    act(trail, random) {
      const stranger = strangersKey();
      return rewritten(trail, random, (head, hash) => signedHead({ ...head, hash }, stranger.key, head.key));
    },
  },
  {
    name: 'chain rewritten, heads changed and their signatures left',
    named: ['head_forged'],
    act: (trail, random) => rewritten(trail, random, (head, hash) => ({ ...head, hash })),
  },
  {
    name: 'chain rewritten, its heads taken from every file',
    named: ['no_heads'],
    act: (trail, random) => ({ ...rewritten(trail, random, (head) => head), heads: [Buffer.alloc(0)] }),
  },
  {
    name: 'chain rewritten, and signed again at its end by the writer of heads',
    named: ['chain_rewritten'],
    act(trail, random) {
      const longer = provenOrgs(trail).filter((org) => (trail.chains.get(org)?.length ?? 0) > provenOf(trail, org));
      return longer.length === 0 ? null : signedAgain(trail, random, random.pick(longer), (length) => length);
    },
  },
  {
    name: 'chain rewritten, and signed again where it was signed before',
    named: ['heads_contradict'],
    act(trail, random) {
      const org = random.pick(provenOrgs(trail));
      return signedAgain(trail, random, org, () => provenOf(trail, org));
    },
  },
  onHeads('a signature written in another way', ['head_damaged'], (heads, random) => {
    const at = random.int(heads.length);
    const head = heads[at] as Head;
    // The last digit before the padding has four bits that mean nothing.
    const sig = head.sig.replace(/.(?===$)/, (digit) => ALPHABET[ALPHABET.indexOf(digit) + 1 + random.int(15)] ?? '');
    return heads.with(at, { ...head, sig });
  }),
  onHeads('a field of a head changed', ['head_forged', 'head_key_unknown'], (heads, random) => {
    const at = random.int(heads.length);
    const head = heads[at] as Head;
    const other = random.pick<Partial<Head>>([
      { count: head.count + 1 + random.int(3) },
      ...(head.count > 1 ? [{ count: head.count - 1 }] : []),
      { hash: digestOf(random.hex(8)) },
      { org: `${head.org}x` },
      { at: head.at.replace(/^2/, '3') },
      { key: random.hex(32) },
      { sig: Buffer.from(random.hex(128), 'hex').toString('base64') },
    ]);
    return heads.with(at, { ...head, ...other });
  }),
  onHeads('a head of one organization passed off as another’s', ['head_forged'], (heads, random, trail) => {
    const [from, to] = [random.pick(heads), random.pick([...trail.chains.keys()])];
    return from.org === to ? null : [...heads, { ...from, org: to }];
  }),
  onHeads('a forged head put in', ['head_forged'], (heads, random) => {
    const [head, stranger] = [random.pick(heads), strangersKey()];
    const forged = signedHead({ ...head, count: head.count + 1 + random.int(9), hash: digestOf(random.hex(8)) }, stranger.key, head.key);
    return random.shuffled([...heads, forged]);
  }),
  {
    name: 'one bit of the heads turned',
    named: 'anything',
    act(trail, random) {
      const bytes = Buffer.from(evidenceOf(trail).heads[0] ?? Buffer.alloc(0));
      // Without its newline the last line would be one that was cut: as good as taken away, which nobody can see in one file.
      const at = random.int(bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
      return { ...evidenceOf(trail), heads: [bytes] };
    },
  },
];
