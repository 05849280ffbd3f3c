import type { Database } from '@rcm/db';
import type { AuditCheckEnd, AuditCheckReport, AuditedEvent } from '@rcm/db/audit';
import { checkAudit, type HeadKey } from '../commands/verify.ts';
import type { HeadSource } from '../sinks/sink.ts';

/** What a person is shown; the rest is counted, and `audit verify` says it. */
const SHOWN = 20;
const LONGEST = 500;

interface ChainToCheck {
  readonly db: Database;
  readonly orgId: string;
  readonly sources: readonly HeadSource[];
  readonly keys: readonly HeadKey[];
  readonly signal: AbortSignal;
}

/**
 * One organization's chain, as `audit verify --org` checks it: with what is wrong with its own heads and with lines that are nobody's, and nothing of another organization. Fails as `checkAudit`.
 */
export async function checkChain({ db, orgId, sources, keys, signal }: ChainToCheck): Promise<AuditCheckEnd> {
  const seen: { first?: AuditedEvent | undefined; last?: AuditedEvent | undefined } = {};
  const found = await checkAudit({
    ...{ db, keys, signal, orgIds: [orgId] },
    // Where a head lies is nothing to whoever reads the answer.
    sources: sources.map((source) => ({ place: 'the heads', read: (until) => source.read(until) })),
    onPage: (events) => {
      seen.first ??= events[0];
      seen.last = events.at(-1) ?? seen.last;
    },
  });
  const findings = found.findings.filter(({ org }) => org === null || org === orgId);
  const chain = found.chains.find(({ org }) => org === orgId);
  const report: AuditCheckReport = {
    ...{ events: found.events, firstAt: seen.first?.at ?? null, lastAt: seen.last?.at ?? null },
    ...{ heads: found.heads, proven: chain?.proven ?? 0, provenAt: chain?.head?.at ?? null },
    findings: findings.slice(0, SHOWN).map(({ kind, message }) => ({ kind, message: message.slice(0, LONGEST) })),
    unlisted: found.unlisted + Math.max(0, findings.length - SHOWN),
  };
  return { outcome: outcomeOf(findings, found.unlisted), report };
}

/** `unproven`: nothing speaks against it, and no head for it. */
function outcomeOf(findings: AuditCheckReport['findings'], unlisted: number): 'sound' | 'unproven' | 'broken' {
  if (findings.length === 1 && findings[0]?.kind === 'no_heads') return 'unproven';
  return findings.length === 0 && unlisted === 0 ? 'sound' : 'broken';
}
