import type { Database } from '@rcm/db';
import { type ChainHead, readChainHeads, readEventHashes } from '@rcm/db/audit';
import { isRcmError, type Logger, type Metrics, withDeadline } from '@rcm/telemetry';
import type { HeadSigner } from '../signing/signer.ts';
import type { HeadSink } from '../sinks/sink.ts';
import { headOf, type SignedHead } from './head.ts';

export interface HeadWriterOptions {
  /** As a member of `rcm_head_writer`. */
  readonly db: Database;
  readonly signer: HeadSigner;
  readonly sinks: readonly HeadSink[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For signing a part of a round, and for each sink to take it, in ms. */
  readonly deadlineMs: number;
  /** Unix time in ms. Default: the machine's. */
  readonly now?: () => number;
}

export interface Round {
  /** Chains whose head some sink was to be given, and how many heads each sink took. */
  readonly chains: number;
  readonly sinks: readonly { readonly name: string; readonly heads: number; readonly problem: string | null }[];
  /** Organizations whose chain is not any more what was signed before. */
  readonly contradictions: readonly { readonly orgId: string; readonly count: number; readonly message: string }[];
}

/** Signed and given together. A key service that takes a tenth of a second signs so many within the deadline. */
const AT_ONCE = 200;

type Known = Pick<ChainHead, 'orgId' | 'count' | 'hash'>;

/** Two writers, or one that has forgotten everything, do no harm: a head is a statement about a chain, true whoever says it and however often. */
export class HeadWriter {
  readonly #options: HeadWriterOptions;
  /** The longest that was signed of each chain, by this process. */
  readonly #signed = new Map<string, Known>();
  /** What each sink has, by organization. A sink that was down is given the newest heads, not all that it missed: nothing is queued. */
  readonly #taken: ReadonlyMap<HeadSink, Map<string, Known>>;
  readonly #writtenAt = new Map<string, number>();
  readonly #metrics;

  constructor(options: HeadWriterOptions) {
    this.#options = options;
    this.#taken = new Map(options.sinks.map((sink) => [sink, new Map()]));
    const { metrics } = options;
    this.#metrics = {
      written: metrics.gauge('rcm_audit_heads_written_seconds'),
      failures: metrics.counter('rcm_audit_heads_failures_total'),
      contradictions: metrics.gauge('rcm_audit_contradictions'),
    };
    const begunAt = this.#now();
    for (const { name } of options.sinks) this.#writtenAt.set(name, begunAt);
    metrics.watched('rcm_audit_heads_age_seconds', (gauge) => {
      for (const [sink, at] of this.#writtenAt) gauge.set({ sink }, (this.#now() - at) / 1000);
    });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /**
   * Reads every chain's end, signs those that some sink has not, and gives them to the sinks, a part at a time: however many chains there are, what was given stays given. Fails
   * where the database or the signer does.
   */
  async round(signal: AbortSignal): Promise<Round> {
    const { db, sinks } = this.#options;
    const chains = await readChainHeads(db);
    const contradictions = await this.#contradictions(chains);
    const refused = new Set(contradictions.map(({ orgId }) => orgId));
    const due = chains.filter((chain) => !refused.has(chain.orgId) && sinks.some((sink) => this.#lacks(sink, chain)));
    const given = sinks.map((sink) => ({ sink, heads: 0, problem: null as string | null }));
    for (let at = 0; at < due.length; at += AT_ONCE) {
      const open = given.filter(({ problem }) => problem === null);
      // Where none takes any more there is nobody to sign for.
      if (open.length === 0) break;
      const part = due.slice(at, at + AT_ONCE).filter((chain) => open.some(({ sink }) => this.#lacks(sink, chain)));
      const heads = await this.#sign(part, signal);
      await Promise.all(
        given.map((each) =>
          this.#giveOn(
            each,
            part.filter((chain) => this.#lacks(each.sink, chain)).flatMap(({ orgId }) => heads.get(orgId) ?? []),
            signal,
          ),
        ),
      );
    }
    // Where a chain was left out, the heads of all are not there: the time stands still until somebody has seen to it.
    if (contradictions.length === 0) for (const { sink, problem } of given) if (problem === null) this.#hasAll(sink);
    return { chains: due.length, sinks: given.map(({ sink: { name }, heads, problem }) => ({ name, heads, problem })), contradictions };
  }

  #lacks(sink: HeadSink, { orgId, count, hash }: Known): boolean {
    return !isSame(this.#taken.get(sink)?.get(orgId), { count, hash });
  }

  #hasAll({ name }: HeadSink): void {
    this.#writtenAt.set(name, this.#now());
    this.#metrics.written.set({ sink: name }, Math.floor(this.#now() / 1000));
  }

  /** A round that failed as a whole counts for every sink. */
  failed(error: unknown): void {
    for (const { name } of this.#options.sinks) this.#metrics.failures.inc({ sink: name });
    this.#options.logger.error({ err: error }, 'audit heads not written');
  }

  /** A chain that was signed is still there, as long as it was, with the same hash: else it is not signed again, and everybody is told. */
  async #contradictions(chains: readonly ChainHead[]): Promise<Round['contradictions'][number][]> {
    const { db, logger } = this.#options;
    const now = new Map(chains.map((chain) => [chain.orgId, chain]));
    const grown = [...this.#signed.values()].filter(({ orgId, count }) => (now.get(orgId)?.count ?? 0) >= count);
    const hashes = await readEventHashes(db, grown);
    const found = [...this.#signed.values()].flatMap(({ orgId, count, hash }) => {
      const length = now.get(orgId)?.count ?? 0;
      if (length < count) return [{ orgId, count, message: `the chain has ${length} events, and a head of ${count} was signed` }];
      return hashes.get(orgId) === hash ? [] : [{ orgId, count, message: `event ${count} has another hash than was signed` }];
    });
    this.#metrics.contradictions.set(found.length);
    for (const { orgId, count, message } of found) logger.error({ orgId, count }, `audit chain contradicts its head: ${message}`);
    return found;
  }

  async #sign(chains: readonly ChainHead[], signal: AbortSignal): Promise<ReadonlyMap<string, SignedHead>> {
    const { signer, deadlineMs } = this.#options;
    return withDeadline({ ms: deadlineMs, what: 'Signing the heads', signal }, async (within) => {
      const heads = new Map<string, SignedHead>();
      const { id: keyId } = await signer.publicKey(within);
      for (const chain of chains) {
        within.throwIfAborted();
        heads.set(chain.orgId, await headOf(chain, { signer, keyId, signal: within }));
        this.#signed.set(chain.orgId, { orgId: chain.orgId, count: chain.count, hash: chain.hash });
      }
      return heads;
    });
  }

  /** One sink that is down keeps no other waiting, and is given the heads of the day when it is back: after a part that it did not take it is given no other in this round. */
  async #giveOn(to: { readonly sink: HeadSink; heads: number; problem: string | null }, heads: readonly SignedHead[], signal: AbortSignal): Promise<void> {
    const { deadlineMs, logger } = this.#options;
    const { sink } = to;
    if (heads.length === 0 || to.problem !== null) return;
    try {
      await withDeadline({ ms: deadlineMs, what: `Writing heads to ${sink.name}`, signal }, (within) => sink.write(heads, within));
      for (const { orgId, count, hash } of heads) this.#taken.get(sink)?.set(orgId, { orgId, count, hash });
      to.heads += heads.length;
    } catch (error) {
      this.#metrics.failures.inc({ sink: sink.name });
      logger.error({ err: error, sink: sink.name }, 'audit heads not written');
      to.problem = isRcmError(error) ? error.message : 'something unexpected failed; the log has it';
    }
  }
}

const isSame = (known: Known | undefined, { count, hash }: Pick<ChainHead, 'count' | 'hash'>): boolean => known?.count === count && known.hash === hash;
