/** STS allows 64 characters in a session name, of these. */
const LENGTH = 64;
const NOT_ALLOWED = /[^\w+=,.@-]/g;
/** Of a name that is too long so much of its beginning stays, and of its end what fits: an app's name comes first, a process's number last. */
const BEGINNING = 20;

/**
 * The name of a tenant's session: the process that asked for it, where it is known. It stands in the ARN under which the account's own
 * records (CloudTrail) know every read and write, so that each can be found in that process's log; the tenant is in the secret's path
 * and in the session's tags.
 *
 * @example
 * ```ts
 * // Looked for in CloudTrail, at the end of userIdentity.arn.
 * const name = sessionName('rotator-host-1-4242', 'hospital-a'); // 'rotator-host-1-4242'
 * ```
 */
export function sessionName(processName: string | undefined, orgId: string): string {
  const name = (processName ?? `rcm-${orgId}`).replace(NOT_ALLOWED, '-');
  const whole = name.length < 2 ? `rcm-${name}` : name;
  return whole.length <= LENGTH ? whole : `${whole.slice(0, BEGINNING)}-${whole.slice(-(LENGTH - BEGINNING - 1))}`;
}
