import { listAttempts, listLeases, rotationCounts } from '@rcm/db';
import type { RotatorProcess } from '../services.ts';

const SHOWN = 200;

/** `status`: what is open, who holds what since when, and counts. Reads only. */
export async function statusCommand(opened: RotatorProcess, options: { readonly json: boolean }): Promise<number> {
  const [counts, leases, open] = await Promise.all([
    rotationCounts(opened.db),
    listLeases(opened.db),
    listAttempts(opened.db, { limit: SHOWN, states: ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked'] }),
  ]);
  const attempts = open.map((a) => ({
    attemptId: a.id,
    endpointId: a.endpointId,
    state: a.state,
    ...(a.waitingFrom ? { waitingFrom: a.waitingFrom, waitingUntil: a.waitingUntil?.toISOString() ?? null } : {}),
    owner: a.owner,
    detail: a.detail,
    since: a.updatedAt.toISOString(),
  }));
  const held = leases.map((l) => ({ endpointId: l.endpointId, kind: l.kind, holder: l.holder, since: l.acquiredAt.toISOString(), until: l.expiresAt.toISOString() }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ counts, attempts, leases: held })}\n`);
    return 0;
  }
  const lines = [
    `rotations: ${counts.done} done, ${counts.abandoned} abandoned, ${counts.blocked} blocked, ${counts.open} open`,
    ...attempts.map((a) => `  ${a.endpointId}  ${a.state}${a.waitingFrom ? ` (from ${a.waitingFrom} until ${a.waitingUntil})` : ''}  ${a.detail ?? ''}`),
    `logins in use: ${held.length}`,
    ...held.map((l) => `  ${l.endpointId}  ${l.kind} by ${l.holder} since ${l.since}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
