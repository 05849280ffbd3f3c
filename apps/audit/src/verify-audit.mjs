#!/usr/bin/env node
// Checks an exported audit trail against signed heads. Plain JavaScript for Node 20 or later; imports nothing but Node, so it can be read,
// copied and run by whoever does not trust the platform. The format is in docs/audit.md. Linear in time; it keeps the heads and one event.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * @typedef {{ org_id: string, seq: number, at: string, actor: string, action: string, subject: string, reason: string, details: string, previous_hash: string, hash: string }} AuditLine
 * @typedef {{ v: string, org: string, count: number, hash: string, at: string, key: string }} HeadStatement
 * @typedef {HeadStatement & { sig: string }} Head
 * @typedef {'line_damaged' | 'event_changed' | 'link_broken' | 'events_missing' | 'out_of_order' | 'chain_cut' | 'chain_missing' | 'chain_rewritten'
 *   | 'head_forged' | 'head_damaged' | 'head_key_unknown' | 'heads_contradict' | 'no_heads'} FindingKind
 * @typedef {{ kind: FindingKind, org: string | null, message: string }} Finding
 * @typedef {{ org: string, events: number, proven: number, head: HeadStatement | null }} Chain
 * @typedef {{ ok: boolean, findings: Finding[], unlisted: number, notes: string[], chains: Chain[], events: number, heads: number }} Report
 * @typedef {{ chain: Chain, heads: HeadStatement[], next: number, hash: string, broken: boolean }} OpenChain
 * @typedef {{ id: string, holds(text: string, signature: Buffer): boolean }} HeadKey
 */

export const HEAD_VERSION = 'rcm-audit-head/1';
/** Ends a line that was cut when a writer of heads died. */
export const TORN = '#torn';
const EVENT_FIELDS = ['org_id', 'seq', 'at', 'actor', 'action', 'subject', 'reason', 'details', 'previous_hash', 'hash'];
const HEAD_FIELDS = ['v', 'org', 'count', 'hash', 'at', 'key', 'sig'];
const HASH = /^[0-9a-f]{64}$/;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;
const LONGEST_LINE = 64 * 1024 * 1024;
/** So many findings, and notes, are kept word by word; of other findings only how many there were. */
const LISTED = 200;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Microseconds since 1970 as the database hashes them, `null` for what is no time. @param {string} at */
export function microseconds(at) {
  const [, seconds, fraction] = TIME.exec(at) ?? [];
  if (seconds === undefined) return null;
  const date = new Date(`${seconds}Z`);
  // The 30th of February would be read as a day in March.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== `${seconds}.000Z`) return null;
  return String(BigInt(date.getTime()) * 1000n + BigInt(fraction ?? ''));
}

/** Every field with its length in bytes, so that no text can be shifted from one field to the next. @param {AuditLine} e @returns {string | null} */
export function eventHash(e) {
  const at = microseconds(e.at);
  if (at === null) return null;
  const fields = [e.previous_hash, e.org_id, String(e.seq), at, e.actor, e.action, e.subject, e.reason, e.details];
  return createHash('sha256')
    .update(fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join(','))
    .digest('hex');
}

/** What is signed: the head's line without its signature. @param {HeadStatement} head */
export const signedText = ({ v, org, count, hash, at, key }) => JSON.stringify({ v, org, count, hash, at, key });

/** @param {import('node:crypto').KeyObject} key public */
export const keyId = (key) =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 32);

/** How a key signs follows from the key, never from what a head says of itself. @param {string} pem @returns {HeadKey} */
export function headKey(pem) {
  if (/PRIVATE KEY/.test(pem))
    throw new Error('this is a private key; a verifier needs the public one, and nobody else than the writer of heads may have this');
  const key = createPublicKey(pem);
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const digest = key.asymmetricKeyType === 'ed25519' ? null : key.asymmetricKeyType === 'ec' && curve === 'prime256v1' ? 'sha256' : undefined;
  if (digest === undefined) throw new Error('this is no Ed25519 or P-256 key');
  return { id: keyId(key), holds: (text, signature) => verify(digest, Buffer.from(text), key, signature) };
}

/**
 * The text of a line as an object with exactly these fields in this order, written the one way in which JSON.stringify writes it: no reader
 * can take it for something else. @param {string} text @param {readonly string[]} fields @returns {Record<string, unknown> | null}
 */
function exactly(text, fields) {
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Object.keys(value).join() !== fields.join()) return null;
    return JSON.stringify(value) === text ? value : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {value is number} */
const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) > 0;
/** @param {Record<string, unknown>} value @param {readonly string[]} names */
const areTexts = (value, names) => names.every((name) => typeof value[name] === 'string');

/** @param {string} text @returns {AuditLine | null} */
function parseEvent(text) {
  const value = exactly(text, EVENT_FIELDS);
  const isEvent =
    value !== null &&
    Number.isSafeInteger(value['seq']) &&
    areTexts(
      value,
      EVENT_FIELDS.filter((name) => name !== 'seq'),
    );
  return isEvent ? /** @type {AuditLine} */ (/** @type {unknown} */ (value)) : null;
}

/** @param {string} text @returns {Head | null} */
export function parseHead(text) {
  const value = exactly(text, HEAD_FIELDS);
  if (
    value === null ||
    value['v'] !== HEAD_VERSION ||
    !isCount(value['count']) ||
    !areTexts(
      value,
      HEAD_FIELDS.filter((name) => name !== 'count'),
    )
  )
    return null;
  const head = /** @type {Head} */ (/** @type {unknown} */ (value));
  return HASH.test(head.hash) && microseconds(head.at) !== null && Buffer.from(head.sig, 'base64').toString('base64') === head.sig ? head : null;
}

/** Gathers findings, the first of them word by word. */
class Findings {
  /** @type {Finding[]} */ listed = [];
  unlisted = 0;
  /** @param {FindingKind} kind @param {string | null} org @param {string} message */
  add(kind, org, message) {
    if (this.listed.length < LISTED) this.listed.push({ kind, org, message });
    else this.unlisted += 1;
  }
}

/** One verification: first every heads file, then the export, line by line, then `report`. */
export class AuditVerifier {
  #findings = new Findings();
  /** @type {string[]} */ #notes = [];
  /** @type {Map<string, HeadStatement[]>} */ #heads = new Map();
  /** @type {Map<string, HeadKey>} */ #keys;
  #headCount = 0;
  #sorted = false;
  /** @type {Chain[]} */ #chains = [];
  /** @type {Set<string>} */ #closed = new Set();
  #lines = 0;
  /** @type {OpenChain | null} */ #open = null;
  /** @type {ReadonlySet<string> | null} */ #orgs;
  /** @type {number} */ #until;

  /** `orgs`: the export holds these organizations only. `until`: heads that were written later are left out. @param {{ keys: readonly HeadKey[], orgs?: readonly string[], until?: Date }} options */
  constructor({ keys, orgs, until }) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#orgs = orgs && orgs.length > 0 ? new Set(orgs) : null;
    this.#until = until?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  /** A line of a heads file. @param {Buffer} line @param {{ from: string, number: number, complete: boolean }} place */
  takeHead(line, { from, number, complete }) {
    const where = `line ${number} of ${from}`;
    const text = decoded(line);
    if (!complete || text?.endsWith(TORN)) return this.#note(`${where} was cut when it was written and is left out.`);
    const head = text === null ? null : parseHead(text);
    if (!head) return this.#findings.add('head_damaged', null, `${where} is no head: it was changed, or is not of this format.`);
    // Whatever it is, it is another organization's: to leave a head out, whoever can change its line could take the line away as well.
    if (this.#orgs && !this.#orgs.has(head.org)) return;
    const { sig, ...statement } = head;
    const key = this.#keys.get(head.key);
    if (!key) return this.#findings.add('head_key_unknown', head.org, `${where} names the key ${head.key}, which was not given.`);
    if (!key.holds(signedText(statement), Buffer.from(sig, 'base64')))
      return this.#findings.add('head_forged', head.org, `${where} does not carry a signature of the key ${head.key} that it names: it was forged or changed.`);
    if (Date.parse(head.at) > this.#until) return;
    this.#headCount += 1;
    const known = this.#heads.get(head.org);
    if (known) known.push(statement);
    else this.#heads.set(head.org, [statement]);
  }

  /** @param {string} text */
  #note(text) {
    if (this.#notes.length < LISTED) this.#notes.push(text);
  }

  /** A line of the export. @param {Buffer} line @param {{ complete: boolean }} place */
  takeEvent(line, { complete }) {
    this.#sortHeads();
    this.#lines += 1;
    const text = decoded(line);
    const event = text === null ? null : parseEvent(text);
    if (!event || !complete) {
      if (this.#open) this.#open.broken = true;
      return this.#findings.add('line_damaged', null, `Line ${this.#lines} of the export is no event: it was changed or cut, or is not of this format.`);
    }
    if (this.#open?.chain.org !== event.org_id) {
      if (this.#closed.has(event.org_id) || (this.#open && event.org_id < this.#open.chain.org))
        return this.#findings.add(
          'out_of_order',
          event.org_id,
          `Event ${event.seq} stands at line ${this.#lines}, among another organization’s: it was moved or inserted.`,
        );
      this.#close();
      this.#open = {
        chain: { org: event.org_id, events: 0, proven: 0, head: null },
        heads: this.#heads.get(event.org_id) ?? [],
        next: 0,
        hash: '',
        broken: false,
      };
    }
    this.#follow(event, this.#open);
  }

  /** @param {AuditLine} event @param {OpenChain} open */
  #follow(event, open) {
    const { chain } = open;
    const expected = chain.events + 1;
    /** @param {FindingKind} kind @param {string} message */
    const wrong = (kind, message) => {
      open.broken = true;
      this.#findings.add(kind, chain.org, message);
    };
    if (eventHash(event) !== event.hash) wrong('event_changed', `Event ${event.seq} is not what was written: its fields do not give its hash.`);
    if (event.seq < expected) return wrong('out_of_order', `Event ${event.seq} stands after event ${chain.events}: it was inserted, repeated or moved.`);
    if (event.seq > expected) wrong('events_missing', `Events ${expected} to ${event.seq - 1} are missing.`);
    else if (event.previous_hash !== open.hash)
      wrong('link_broken', `Event ${event.seq} does not follow from the event before it: one of the two was changed.`);
    chain.events = event.seq;
    open.hash = event.hash;
    for (let head = open.heads[open.next]; head && head.count <= event.seq; head = open.heads[(open.next += 1)]) {
      // A head of an event that is missing: that is said already.
      if (head.count < event.seq) continue;
      if (head.hash !== event.hash)
        wrong(
          'chain_rewritten',
          `Events ${chain.proven + 1} to ${event.seq} were rewritten, or some of them: the head of ${head.at} has another hash for event ${event.seq}.`,
        );
      else if (!open.broken) [chain.proven, chain.head] = [head.count, head];
    }
  }

  #close() {
    if (!this.#open) return;
    const { chain, heads } = this.#open;
    this.#open = null;
    this.#closed.add(chain.org);
    this.#chains.push(chain);
    const last = heads.at(-1);
    if (last && last.count > chain.events)
      this.#findings.add(
        'chain_cut',
        chain.org,
        `The chain was cut: it ends with event ${chain.events}, and the head of ${last.at} counts ${last.count}. (Or the export is older than that head.)`,
      );
  }

  #sortHeads() {
    if (this.#sorted) return;
    this.#sorted = true;
    for (const [org, heads] of this.#heads) {
      heads.sort((a, b) => a.count - b.count || (a.at < b.at ? -1 : 1));
      for (const [index, head] of heads.entries()) {
        const before = heads[index - 1];
        if (before?.count === head.count && before.hash !== head.hash)
          this.#findings.add(
            'heads_contradict',
            org,
            `Two signed heads have different hashes for event ${head.count}: the chain was rewritten between ${before.at} and ${head.at}.`,
          );
      }
    }
  }

  /** @returns {Report} */
  report() {
    this.#sortHeads();
    this.#close();
    for (const [org, heads] of this.#heads)
      if (!this.#closed.has(org))
        this.#findings.add('chain_missing', org, `The whole chain is missing: the head of ${heads.at(-1)?.at} counts ${heads.at(-1)?.count} events.`);
    // Beside others that are proven it would not be missed.
    for (const org of this.#headCount > 0 ? (this.#orgs ?? []) : [])
      if (!this.#closed.has(org) && !this.#heads.has(org))
        this.#findings.add('chain_missing', org, 'There is no event and no head of it: its name is misspelt, or all of it is gone.');
    if (this.#headCount === 0) this.#findings.add('no_heads', null, 'There is no head to check against: nothing is proven.');
    const { listed: findings, unlisted } = this.#findings;
    return { ok: findings.length === 0, findings, unlisted, notes: this.#notes, chains: this.#chains, events: this.#lines, heads: this.#headCount };
  }
}

/** @param {Buffer} line */
function decoded(line) {
  try {
    return utf8.decode(line);
  } catch {
    return null;
  }
}

/** Lines without their newline; `complete` is false for a last one that has none. @param {AsyncIterable<Buffer> | Iterable<Buffer>} chunks @returns {AsyncGenerator<{ line: Buffer, number: number, complete: boolean }>} */
export async function* linesOf(chunks) {
  /** @type {Buffer[]} */ let parts = [];
  let [size, number] = [0, 0];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      yield { line: Buffer.concat([...parts, chunk.subarray(start, end)]), number: (number += 1), complete: true };
      [parts, size, start] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} bytes`);
  }
  if (size > 0) yield { line: Buffer.concat(parts), number: number + 1, complete: false };
}

/** What is checked was written by whoever may have changed it: none of it steers a terminal, or stands there as a line of its own. @param {string} line */
const seen = (line) => line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7');

/** The report for people. @param {Report} report */
export function reportLines({ ok, findings, unlisted, notes, chains, events, heads }) {
  const lines = [
    ...chains.map(({ org, events: count, proven, head }) =>
      head
        ? `${org}: ${proven} of ${count} events are proven, by the head of ${head.at} (key ${head.key})${count > proven ? '; those after it are only as good as the database' : ''}.`
        : `${org}: none of ${count} events is proven.`,
    ),
    ...notes.map((note) => `Note: ${note}`),
    ...findings.map(({ kind, org, message }) => `WRONG ${org ?? 'export or heads'}: ${message} [${kind}]`),
    ...(unlisted > 0 ? [`WRONG: ${unlisted} more.`] : []),
    `${events} lines, ${chains.length} organizations, ${heads} heads: ${ok ? 'nothing wrong was found' : `${findings.length + unlisted} problems`}.`,
  ];
  return lines.map(seen);
}

const HELP = `node verify-audit.mjs --export FILE --heads FILE [--heads FILE …] --key PUBLIC.pem [--key PUBLIC.pem …] [--org ID …] [--until TIME] [--json]

--export  the export, NDJSON; - reads it from stdin
--heads   signed heads, NDJSON; several are taken together
--key     a public key (PEM) whose heads are accepted
--org     the export holds this organization alone: heads of others are left out
--until   heads written after this time are left out: for an export that is older than the heads
Exit codes: 0 nothing wrong, 1 something is wrong or could not be read, 2 wrong call.`;

/** @param {readonly string[]} argv */
async function main(argv) {
  const many = /** @type {const} */ ({ type: 'string', multiple: true, default: [] });
  const options = {
    export: { type: 'string' },
    heads: many,
    key: many,
    org: many,
    until: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  };
  /** @type {{ export?: string, heads: string[], key: string[], org: string[], until?: string, json?: boolean, help?: boolean }} */ let values;
  let keys;
  try {
    values = /** @type {any} */ (parseArgs({ args: [...argv], options: /** @type {any} */ (options) }).values);
    if (values.help) return void process.stdout.write(`${HELP}\n`);
    if (!values.export || values.heads.length === 0 || values.key.length === 0) throw new Error('--export, --heads and --key are needed');
    if (values.until && Number.isNaN(Date.parse(values.until))) throw new Error('--until is no time');
    keys = values.key.map((file) => headKey(readFileSync(file, 'utf8')));
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n${HELP}\n`);
    process.exitCode = 2;
    return;
  }
  try {
    const verifier = new AuditVerifier({ keys, orgs: values.org, ...(values.until ? { until: new Date(values.until) } : {}) });
    for (const from of values.heads) for await (const { line, ...place } of linesOf(createReadStream(from))) verifier.takeHead(line, { from, ...place });
    const source = values.export === '-' ? process.stdin : createReadStream(values.export, { highWaterMark: 1 << 20 });
    for await (const { line, complete } of linesOf(source)) verifier.takeEvent(line, { complete });
    const report = verifier.report();
    process.stdout.write(values.json ? `${JSON.stringify({ version: 1, ...report })}\n` : `${reportLines(report).join('\n')}\n`);
    process.exitCode = report.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`Not verified: ${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
