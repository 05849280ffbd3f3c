import { sessionName } from '@rcm/credentials';
import type { Trace, TracedUse } from '@rcm/db/fleet';

/** The name of the session under which a process reads the store: in AWS's own records (CloudTrail) it is the end of `userIdentity.arn`. */
const storeSession = ({ process }: TracedUse, orgId: string): string | null => (process === null ? null : sessionName(process, orgId));

/** As it is printed for machines. */
export const jsonOf = (trace: Trace): object => ({
  ...trace,
  uses: trace.uses.map((use) => ({ ...use, storeSession: storeSession(use, trace.orgId) })),
  events: trace.events.map((event) => ({ ...event, seq: Number(event.seq) })),
});

/** For people: the request, each use of a login, and the lines of the audit trail. */
export function describeTrace(trace: Trace): string {
  const { request } = trace;
  const asked =
    request === null
      ? 'a check of the login; nobody asked for it'
      : `${request.kind} ${request.id ?? '(nobody asked; it was begun by the rotator)'}  ${request.what ?? ''}\n  asked by  ${request.by ?? 'unknown'}${request.issuer ? ` (${request.issuer})` : ''}  ${request.at?.toISOString() ?? ''}\n  why       ${request.reason ?? 'not said'}`;
  return [
    `${trace.orgId}  ${trace.endpointId}  ${trace.portalTypeCode}  ${trace.baseUrl}`,
    asked,
    ...trace.uses.map((use) => {
      const until = use.until ? ` to ${use.until.toISOString()}` : '';
      return [
        `  ${use.session === 'kept' ? 'kept session' : 'login'} ${use.loginAttemptId}  ${use.at.toISOString()}${until}  ${use.outcome ?? ''}`,
        `    by ${use.process ?? 'unknown'}  lease ${use.leaseId}  version ${use.version}  store session ${storeSession(use, trace.orgId) ?? 'unknown'}`,
      ].join('\n');
    }),
    ...trace.events.map((event) => `  #${event.seq}  ${event.at.toISOString()}  ${event.actor}  ${event.action}  ${event.reason}`),
    '',
  ].join('\n');
}
